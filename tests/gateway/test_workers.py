"""Several workers of one gateway: what they share, and how they are replaced without a loss."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.gateway.load import (
    PATIENCE_S,
    ask,
    under_load,
    wait_for_answer,
)
from tests.gateway.served import HASH
from tests.runtime.memory_engine import MemoryEngine, running
from tests.servers.redis_server import running_redis
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.gateway.authentication import new_key
from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.ports.identity import User

WORKERS = 2
YEAR_NS = 365 * 86_400 * 10**9
STATUS = "/api/v1/auth/me"


@pytest.fixture
def identities(tmp_path: Path) -> Iterator[SqlIdentities]:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    yield SqlIdentities(database)
    database.dispose()


@pytest.fixture
def gateway(
    tmp_path: Path, identities: SqlIdentities, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GatewayProcess]:
    """Two workers that ask for a login and count in a real Redis."""
    with running_redis(tmp_path) as redis:
        monkeypatch.setenv("REDIS_URL", redis.url)
        monkeypatch.setenv("TRADEWIND_AUTHENTICATION", "required")
        monkeypatch.setenv("RATE_LIMIT_REQUESTS_PER_MINUTE", "600")
        process = GatewayProcess(tmp_path, claim_port(0), WORKERS)
        process.start(time.monotonic())
        wait_until_all_serve(process)
        yield process
        process.stop()


def wait_until_all_serve(process: GatewayProcess) -> None:
    wait_for_answer(process.port)
    ends_at = time.monotonic() + PATIENCE_S
    while not all(worker.is_ready for worker in process.workers):
        assert time.monotonic() < ends_at, "a worker did not come up"
        time.sleep(0.05)


def answers_of_each(process: GatewayProcess, header: dict[str, str]) -> list[set[int]]:
    """What every worker says, each asked while the others are stopped and cannot answer."""
    pids = [worker.pid for worker in process.workers]
    found = []
    for asked in pids:
        others = [pid for pid in pids if pid != asked]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            found.append({ask(process.port, STATUS, header)[0] for _ in range(5)})
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)
    return found


def key_of(identities: SqlIdentities, name: str) -> tuple[str, dict[str, str]]:
    """A user with a key; returns the key's id and the header that shows it."""
    user = User(f"id-{name}", name, "trader", ("*",), HASH, time.time_ns())
    identities.add_user(user)
    now_ns = time.time_ns()
    key, text = new_key(
        user, name="k", scopes=("trading:read",), networks=(), time_ns=now_ns,
        expire_time_ns=now_ns + YEAR_NS,
    )  # fmt: skip
    identities.put_key(key)
    return key.key_id, {"X-API-Key": text}


def test_a_key_that_is_revoked_ends_in_every_worker_within_a_second(
    gateway: GatewayProcess, identities: SqlIdentities
) -> None:
    key_id, header = key_of(identities, "ann")
    assert answers_of_each(gateway, header) == [{200}] * WORKERS
    key = identities.key(key_id)
    assert key is not None
    identities.put_key(msgspec.structs.replace(key, revoked_time_ns=time.time_ns()))
    time.sleep(1.0)  # The promise itself, not a guess.
    assert answers_of_each(gateway, header) == [{401}] * WORKERS


def test_requests_are_counted_over_all_workers(
    gateway: GatewayProcess, identities: SqlIdentities
) -> None:
    _, header = key_of(identities, "bob")
    time.sleep(6.1)  # The address' own bucket fills up again: a burst of 60, ten a second.
    began_s = time.monotonic()
    statuses = [ask(gateway.port, STATUS, header)[0] for _ in range(150)]
    seconds = time.monotonic() - began_s
    assert 429 in statuses
    assert statuses.count(200) <= 60 + seconds * 10 + 1


def test_workers_are_replaced_without_dropping_a_request(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    before = {worker.pid for worker in gateway.workers}
    with (
        running(tmp_path, MemoryEngine()),
        under_load(gateway.port, "/ready", keeps_connections=True) as load,
    ):
        gateway.restart(time.monotonic())
        ends_at = time.monotonic() + PATIENCE_S
        while gateway._leaving or before & {worker.pid for worker in gateway.workers}:
            gateway.look_after(time.monotonic())
            assert time.monotonic() < ends_at, "the restart did not end"
            time.sleep(0.05)
        time.sleep(0.5)
    assert set(load.outcomes) <= {"200", "429"}, load.outcomes
    assert sum(load.outcomes.values()) > 100
    assert not before & {worker.pid for worker in gateway.workers}


def test_a_successor_that_does_not_come_up_changes_nothing(gateway: GatewayProcess) -> None:
    before = {worker.pid for worker in gateway.workers}
    gateway.restart(time.monotonic())
    gateway._successors[0].kill()
    gateway.look_after(time.monotonic())
    assert {worker.pid for worker in gateway.workers} == before
    assert gateway._successors == []
    assert ask(gateway.port, "/health")[0] in (200, 503)
