"""`tradewind.gateway.app:app` under the servers that people run: uvicorn, gunicorn, granian."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gateway.load import (
    PATIENCE_S,
    ask,
    under_load,
    wait_for_answer,
)
from tests.runtime.memory_engine import MemoryEngine, running
from tests.servers.found import end, free_port
from tests.servers.redis_server import running_redis
from tradewind.runtime.read_models import Status

APP = "tradewind.gateway.app:app"
SERVERS = {
    "uvicorn": ["uvicorn", APP, "--port", "{port}", "--workers", "{workers}",
        "--timeout-worker-healthcheck", "60"],
    "gunicorn": [
        "gunicorn", APP, "-k", "uvicorn.workers.UvicornWorker", "-b", "127.0.0.1:{port}",
        "-w", "{workers}",
    ],
    "granian": [
        "granian", "--interface", "asgi", APP, "--port", "{port}", "--workers", "{workers}",
        "--respawn-interval", "20",
    ],
}  # fmt: skip
STARTED = {
    "uvicorn": "Application startup complete",
    "gunicorn": "Application startup complete",
    "granian": "Started worker",
}
"""What a server logs once for each worker that is up."""


class LiveEngine(MemoryEngine):
    """Says that it trades live."""

    def status(self) -> Status:
        return {**super().status(), "mode": "live"}


def command(server: str, port: int, workers: int) -> list[str]:
    words = [word.format(port=port, workers=workers) for word in SERVERS[server]]
    return [sys.executable, "-W", "ignore", "-m", *words]


def settings(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TRADEWIND_HOME": str(home), "TRADEWIND_AUTHENTICATION": "local", **more}


@contextmanager
def served(server: str, home: Path, *, workers: int, **more: str) -> Iterator[tuple[int, int]]:
    """The application under a server; gives the port and the server's process id."""
    port = free_port()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command(server, port, workers), env=settings(home, **more), cwd=home,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for_answer(port)
        yield port, process.pid
    finally:
        end(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # workers that outlive their server


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    pytest.importorskip(name)
    return name


@pytest.mark.long
def test_it_serves_with_workers_and_restarts_without_dropping_a_request(
    server: str, tmp_path: Path
) -> None:
    with (
        running_redis(tmp_path) as redis,
        running(tmp_path, MemoryEngine()),
        served(server, tmp_path, workers=2, REDIS_URL=redis.url) as (port, pid),
    ):
        wait_for_text(tmp_path / "log", STARTED[server], count=2)
        with under_load(port, keeps_connections=False, repeats=1) as load:
            os.kill(pid, signal.SIGHUP)
            wait_for_text(tmp_path / "log", STARTED[server], count=4)
        assert set(load.outcomes) == {"200"}, load.outcomes
        assert sum(load.outcomes.values()) > 20


def test_it_serves_with_several_workers(server: str, tmp_path: Path) -> None:
    with (
        running_redis(tmp_path) as redis,
        running(tmp_path, MemoryEngine()),
        served(server, tmp_path, workers=2, REDIS_URL=redis.url) as (port, _),
    ):
        assert {ask(port, "/ready")[0] for _ in range(5)} == {200}


def test_several_workers_without_a_store_for_them_are_refused_in_one_sentence(
    server: str, tmp_path: Path
) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command(server, port, 2), env=settings(tmp_path), cwd=tmp_path, stdout=log, stderr=log
        )
        try:
            sentence = "several workers need PostgreSQL in DATABASE_URL or Redis in REDIS_URL"
            wait_for_text(tmp_path / "log", sentence)
        finally:
            end(process)


def test_without_a_login_it_does_not_start_beside_an_engine_that_trades_live(
    server: str, tmp_path: Path
) -> None:
    with running(tmp_path, LiveEngine()), (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command(server, free_port(), 1), env=settings(tmp_path), cwd=tmp_path,
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for_text(tmp_path / "log", "the engine trades live and this gateway asks for no")
        finally:
            end(process)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_an_engine_that_goes_live_later_is_not_served_either(tmp_path: Path) -> None:
    with served("uvicorn", tmp_path, workers=1) as (port, _):
        with running(tmp_path, MemoryEngine()):
            assert ask(port, "/api/v1/status")[0] == 200
        with running(tmp_path, LiveEngine()):
            ends_at = time.monotonic() + PATIENCE_S
            while (answer := ask(port, "/api/v1/status"))[0] != 503:
                assert time.monotonic() < ends_at, answer
            assert b"trades live" in answer[1]


def wait_for_text(path: Path, text: str, *, count: int = 1) -> None:
    ends_at = time.monotonic() + 3 * PATIENCE_S
    while path.read_text().count(text) < count:
        assert time.monotonic() < ends_at, path.read_text()[-2000:]
        time.sleep(0.1)
