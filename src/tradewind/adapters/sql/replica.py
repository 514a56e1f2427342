"""Reads from a replica that is no further behind than it may be, else from the primary."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from tradewind.adapters.sql.engine import connect_database, reading, shown
from tradewind.model.errors import OutsideError

LOOK_S = 0.5
"""How long a look at both servers holds."""
MARKS_MAX = 240
REPLICA_CONNECTIONS = 5
CALL_S = 5.0
WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
REPLAYED = "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"


class Look(NamedTuple):
    """What was seen: how far the replica is behind (None: not known), and who answers."""

    lag_s: float | None
    primary_failure: str
    replica_failure: str


class BoundedReplica:
    """Two engines over one database; readers get the replica while it is near enough.

    How far it is behind is measured against the primary: the end of its log at a time is noted,
    and what the replica has replayed tells the youngest such time that it has seen. That bound
    holds for a replica that is cut off, too, whose own clock of its last transaction stands still.
    """

    def __init__(
        self,
        primary: Engine,
        replica: Engine,
        *,
        lag_max_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._primary = primary
        self._replica = replica
        self._lag_max_s = lag_max_s
        self._now_s = now_s
        self._marks: deque[tuple[float, int]] = deque(maxlen=MARKS_MAX)
        self._lock = threading.Lock()
        self._looked_s = float("-inf")
        self._look = Look(None, "", "")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions; `OutsideError` where neither server may be asked."""
        with ExitStack() as opened:
            yield self._opened(opened)

    def _opened(self, opened: ExitStack) -> Connection:
        if self.is_near(self.look()):
            try:
                return opened.enter_context(reading(self._replica))
            except OutsideError as error:
                with self._lock:
                    self._look = self._look._replace(replica_failure=str(error))
        return opened.enter_context(reading(self._primary))

    def look(self) -> Look:
        """How far the replica is behind, asked at most twice a second."""
        with self._lock:
            if self._now_s() - self._looked_s >= LOOK_S:
                self._look = self._seen()
                self._looked_s = self._now_s()
            look = self._look
        if look.primary_failure and not self.is_near(look):
            behind = look.replica_failure or f"its replica is {lag_text(look.lag_s)} behind"
            raise OutsideError(
                f"{look.primary_failure}; {behind}, more than {self._lag_max_s:g} s: nothing is "
                "read until one of them is back",
                fault="theirs",
                retry=True,
            )
        return look

    def is_near(self, look: Look) -> bool:
        """True where readers get the replica: near enough until the next look, too."""
        lag_s = look.lag_s
        if look.replica_failure or lag_s is None:
            return False
        return lag_s + LOOK_S <= self._lag_max_s

    def close(self) -> None:
        """Close the connections to the replica; those to the primary are the caller's."""
        self._replica.dispose()

    def _seen(self) -> Look:
        primary_failure = replica_failure = ""
        now_s, lag_s = self._now_s(), None
        try:
            with reading(self._primary) as connection:
                written = connection.exec_driver_sql(WRITTEN).scalar_one()
            self._marks.append((now_s, int(written)))
        except OutsideError as error:
            primary_failure = str(error)
        try:
            with reading(self._replica) as connection:
                is_replica, replayed = connection.exec_driver_sql(REPLAYED).one()
            if is_replica:
                seen = [at_s for at_s, written in self._marks if written <= int(replayed or 0)]
                lag_s = self._now_s() - seen[-1] if seen else None
            else:
                replica_failure = f"{shown(self._replica)} is no replica"
        except OutsideError as error:
            replica_failure = str(error)
        return Look(lag_s, primary_failure, replica_failure)


def bounded_replica(primary: Engine, url: str, *, lag_max_s: float) -> BoundedReplica:
    """The replica at an address; nothing is asked of it yet."""
    replica = connect_database(url, connections=REPLICA_CONNECTIONS, call_s=CALL_S, target="any")
    return BoundedReplica(primary, replica, lag_max_s=lag_max_s)


def lag_text(lag_s: float | None) -> str:
    """How far behind, for people.

    >>> lag_text(0.51), lag_text(None)
    ('0.5 s', 'an unknown time')
    """
    return "an unknown time" if lag_s is None else f"{lag_s:.1f} s"
