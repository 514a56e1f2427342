"""Jobs in a SQL database: claimed once, given back, never begun too often."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.ports.jobs import ATTEMPTS_MAX, LOG_BYTES_MAX, Job, JobState


@pytest.fixture
def jobs(tmp_path: Path) -> SqlJobs:
    return SqlJobs(open_database(sqlite_url(tmp_path / "security.db")))


def job(job_id: str, user_id: str = "u1") -> Job:
    return Job(job_id=job_id, kind="backtest", user_id=user_id, user_name="ann", request="{}")


def claim(jobs: SqlJobs, owner: str = "a", now_ns: int = 10, slots: int = 4) -> Job | None:
    return jobs.claim(owner, now_ns=now_ns, until_ns=now_ns + 10, slots=slots)


def test_the_oldest_job_is_claimed_first_and_each_once(jobs: SqlJobs) -> None:
    for name in ("one", "two"):
        jobs.add(job(name))
    jobs.add(job("one"))
    found = [claim(jobs), claim(jobs, "b"), claim(jobs)]
    assert [each.job_id if each else None for each in found] == ["one", "two", None]


def test_no_more_jobs_run_than_there_are_slots(jobs: SqlJobs) -> None:
    for name in ("one", "two", "three"):
        jobs.add(job(name))
    assert claim(jobs, slots=2) is not None
    assert claim(jobs, slots=2) is not None
    assert claim(jobs, slots=2) is None
    assert claim(jobs, slots=3) is not None


def test_a_job_without_a_sign_of_life_is_begun_again_but_not_too_often(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    for attempt in range(1, ATTEMPTS_MAX + 1):
        found = claim(jobs, now_ns=100 * attempt)
        assert found is not None
        assert found.attempt == attempt
        assert claim(jobs, now_ns=100 * attempt + 10) is None, "it is alive just so long"
    assert claim(jobs, now_ns=1_000) is None
    ended = jobs.job("one")
    assert ended is not None
    assert (ended.state, "3 times" in ended.message) == (JobState.FAILED, True)


def test_an_owner_that_lost_its_job_writes_nothing_more(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    first = claim(jobs)
    second = claim(jobs, "b", now_ns=50)
    assert first is not None
    assert second is not None
    assert not jobs.keep(msgspec.structs.replace(first, progress=900), until_ns=99)
    jobs.finish(msgspec.structs.replace(first, state=JobState.DONE, result='{"wrong": 1}'))
    assert jobs.keep(msgspec.structs.replace(second, progress=100), until_ns=99)
    found = jobs.job("one")
    assert found is not None
    assert (found.state, found.progress, found.result) == (JobState.RUNNING, 100, "")


def test_a_cancel_ends_what_waits_and_is_told_to_what_runs(jobs: SqlJobs) -> None:
    for name in ("one", "two"):
        jobs.add(job(name))
    running = claim(jobs)
    assert running is not None
    for name in ("one", "two"):
        jobs.ask_cancel(name, 7)
    waiting = jobs.job("two")
    assert waiting is not None
    assert waiting.state is JobState.CANCELED
    assert not jobs.keep(running, until_ns=99)
    assert claim(jobs, now_ns=500) is None, "nobody begins again what shall not be"
    lost = jobs.job("one")
    assert lost is not None
    assert lost.state is JobState.CANCELED


def test_lists_are_newest_first_of_a_user_and_by_the_page(jobs: SqlJobs) -> None:
    for number in range(5):
        jobs.add(job(f"j{number}", "u1" if number != 2 else "u2"))
    page = jobs.jobs(user_id="u1", before=0, limit=2)
    assert [each.job_id for each in page] == ["j4", "j3"]
    rest = jobs.jobs(user_id="u1", before=page[-1].number, limit=5)
    assert [each.job_id for each in rest] == ["j1", "j0"]
    assert len(jobs.jobs(kind="sweep", before=0, limit=5)) == 0
    assert jobs.counts() == {JobState.QUEUED: 5}


def test_only_the_end_of_a_log_is_kept(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    running = claim(jobs)
    assert running is not None
    long = "x" * LOG_BYTES_MAX + "end"
    assert jobs.keep(msgspec.structs.replace(running, log=long), until_ns=99)
    found = jobs.job("one")
    assert found is not None
    assert (len(found.log), found.log[-3:]) == (LOG_BYTES_MAX, "end")
