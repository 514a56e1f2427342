"""Redis killed, frozen, cut off and emptied while it is used: what was acknowledged is there.

Cut off means in both directions, or in one.

With TRADEWIND_WRITE_FIGURES set the figures are written into docs/operations/failover.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.adapters.figures import write_figures
from tests.servers.link import BACK, THERE
from tests.servers.sentinels import WatchedRedis, running_sentinels
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.security_store import RedisSecurityStore
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.testing.security_store_suite import NOW_NS

HEAD = """| fault | locks acknowledged | lost | Redis not used for | longest call | promised |
|---|---|---|---|---|---|
"""
PROMISED_S = 5.0
UNTIL_NS = NOW_NS + 10**15
PAUSE_S = 0.01
PATIENCE_S = 60.0
pytestmark = pytest.mark.long


class Fault(NamedTuple):
    """What is done to the primary, and what is undone afterwards."""

    name: str
    begin: Callable[[WatchedRedis], None]
    end: Callable[[WatchedRedis], None]


def empty(watched: WatchedRedis) -> None:
    with closing(connect_redis(watched.url)) as client:
        client.flushall()


def nothing(watched: WatchedRedis) -> None:
    """It stays as it is."""


FAULTS = (
    Fault("primary killed", lambda watched: watched.primary.kill(), nothing),
    Fault("primary frozen", lambda watched: watched.primary.freeze(), lambda w: w.primary.thaw()),
    Fault("primary cut off", lambda watched: watched.links[0].cut(), lambda w: w.links[0].heal()),
    Fault(
        "primary hears all, and is not heard",
        lambda watched: watched.links[0].cut(BACK),
        lambda watched: watched.links[0].heal(),
    ),
    Fault(
        "primary is heard, and hears nobody",
        lambda watched: watched.links[0].cut(THERE),
        lambda watched: watched.links[0].heal(),
    ),
    Fault("emptied", empty, nothing),
)


class Locker:
    """Locks one name after another on a thread, and keeps which locks were acknowledged."""

    def __init__(self, store: RedisSecurityStore) -> None:
        self.acknowledged: list[str] = []
        self.ended_s: list[float] = []
        self.redis_s: list[float] = []
        """When Redis itself had taken part in one."""
        self._store = store
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._lock, name="locker")
        self._thread.start()

    def wait_for(self, more: int) -> None:
        """Wait until Redis has taken part in so many more."""
        wanted, ends_at = len(self.redis_s) + more, time.monotonic() + PATIENCE_S
        while len(self.redis_s) < wanted:
            assert time.monotonic() < ends_at, "Redis is not used any more"
            time.sleep(0.02)

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join()

    def _lock(self) -> None:
        while not self._is_stopping.is_set():
            name, was_answering = f"name {len(self.acknowledged)}", self._store.is_answering
            self._store.block(name, until_ns=UNTIL_NS, now_ns=NOW_NS)
            self.acknowledged.append(name)
            self.ended_s.append(time.monotonic())
            if was_answering and self._store.is_answering:
                self.redis_s.append(time.monotonic())
            time.sleep(PAUSE_S)


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    """The lines of the table; written down when all faults were tried."""
    found: list[str] = []
    yield found
    if len(found) == len(FAULTS):
        write_figures("redis figures", HEAD, found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_redis_loses_no_lock(fault: Fault, tmp_path: Path, lines: list[str]) -> None:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    with running_sentinels(tmp_path) as watched, closing(connect_redis(watched.url)) as client:
        store = RedisSecurityStore(client, SqlSecurityStore(database))
        locker = Locker(store)
        try:
            locker.wait_for(100)
            began_s = time.monotonic()
            fault.begin(watched)
            locker.wait_for(100)
            fault.end(watched)
            locker.wait_for(100)
        finally:
            locker.stop()
        unused_s, call_s = (longest(times, began_s) for times in (locker.redis_s, locker.ended_s))
        lost = [name for name in locker.acknowledged if not store.blocked_until_ns(name)]
    database.dispose()
    lines.append(
        f"| {fault.name} | {len(locker.acknowledged)} | {len(lost)} | {unused_s:.1f} s "
        f"| {call_s - PAUSE_S:.2f} s | < {PROMISED_S:.0f} s |\n"
    )
    assert lost == []
    assert unused_s < PROMISED_S


def longest(times_s: list[float], since_s: float) -> float:
    """The longest time between two of them behind a time."""
    times = [since_s, *(one for one in times_s if one > since_s)]
    return max(after - before for before, after in pairwise(times))
