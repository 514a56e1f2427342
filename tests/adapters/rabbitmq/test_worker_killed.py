"""`kill -9` of a worker in the middle of a job: it is begun again, and its effect is there once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.rabbit_server import RabbitCluster
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.ports.jobs import Job, JobState

ROWS = 300_000
UPLOAD = "0f" * 16
PATIENCE_S = 150.0
pytestmark = pytest.mark.long


@pytest.fixture
def jobs(tmp_path: Path) -> SqlJobs:
    """A job that imports rows from a file, which takes some seconds."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    lines = ["time,open,high,low,close,volume"]
    start = 1_600_000_020
    lines += [f"{start + 60 * n},100.00,101.00,99.00,100.00,10" for n in range(ROWS)]
    (uploads / UPLOAD).write_text("\n".join(lines))
    request = {
        "upload_id": UPLOAD, "instrument": "GOOG.SIM", "format": "csv", "timeframe": "1m",
        "tick": "0.01", "lot": "1", "currency": "USD",
    }  # fmt: skip
    found = SqlJobs(open_database(sqlite_url(tmp_path / "security.db")))
    job = Job(
        job_id="import1", kind="import", user_id="u1", user_name="ann", request=json.dumps(request)
    )
    found.add(job)
    return found


def worker(home: Path, url: str) -> subprocess.Popen[bytes]:
    settings = {**os.environ, "TRADEWIND_HOME": str(home), "RABBITMQ_URL": url}
    words = [sys.executable, "-m", "tradewind", "jobs", "work"]
    return subprocess.Popen(words, env=settings, stderr=subprocess.DEVNULL)


def wait(jobs: SqlJobs, holds: Callable[[Job], bool]) -> Job:
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        job = jobs.job("import1")
        assert job is not None
        if holds(job):
            return job
        assert time.monotonic() < ends_at, job
        time.sleep(0.02)


@pytest.mark.parametrize("broker", ["database", "rabbitmq"])
def test_a_killed_workers_job_runs_again_and_its_rows_are_there_once(
    tmp_path: Path, jobs: SqlJobs, rabbit: RabbitCluster, broker: str
) -> None:
    url = rabbit.url if broker == "rabbitmq" else ""
    first, second = worker(tmp_path, url), None
    try:
        wait(jobs, lambda job: job.state is JobState.RUNNING)
        time.sleep(1.5)  # Its process has begun by then; when it is killed does not matter.
        first.kill()
        first.wait()
        killed = jobs.job("import1")
        assert killed is not None
        assert killed.state is JobState.RUNNING, "it was killed in the middle"
        second = worker(tmp_path, url)
        done = wait(jobs, lambda job: job.state is not JobState.RUNNING)
    finally:
        for each in (first, second):
            if each is not None:
                each.terminate()
                each.wait()
    assert (done.state, done.attempt) == (JobState.DONE, 2), done.log
    (entry,) = ParquetHistory(tmp_path).entries()
    assert entry.rows == ROWS
