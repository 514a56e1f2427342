"""How long a database is waited for, by the kind of call, and a process that asks as the API does.

A call is timed as its caller feels it: a connection from the pool, the statements of it with
their commit, the rows made into objects.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

import numpy as np

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database
from tradewind.adapters.sql.records import SqlRecords
from tradewind.ports.audit import NewEntry
from tradewind.ports.records import (
    BalanceRow,
    DenialRow,
    FillRow,
    OrderRow,
    PositionRow,
    Records,
    Row,
    RowType,
)
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

ASKERS = 2
PAUSE_S = 0.01
"""Between two rounds of one asker's questions."""
ROUNDS_AN_ACTION = 5
"""One round of so many is an action that is written into the audit trail."""
WRITE_CALL_S = 30.0
SHARES = (50, 95, 99)
Times = dict[str, list[float]]


class Stopwatch:
    """Seconds that calls took, by their kind."""

    def __init__(self) -> None:
        self.times_s: Times = defaultdict(list)

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        """Time what happens inside."""
        begun_s = time.perf_counter()
        yield
        self.times_s[kind].append(time.perf_counter() - begun_s)


class TimedRecords(SqlRecords):
    """The projector's records; its transactions and what it looks up for them are timed."""

    def __init__(self, url: str, journal: str, watch: Stopwatch) -> None:
        engine = open_database(url, connections=1, call_s=WRITE_CALL_S)
        super().__init__(engine, journal, on_close=engine.dispose)
        self._watch = watch

    def write(self, name: str, sequence: int, rows: Sequence[Row]) -> None:
        """Put rows, timed."""
        with self._watch.of("rows_written"):
            super().write(name, sequence, rows)

    def rows_of(self, kind: type[RowType], keys: Sequence[tuple[str | int, ...]]) -> list[RowType]:
        """Look rows up, timed."""
        with self._watch.of("rows_looked_up"):
            return super().rows_of(kind, keys)


class Asker:
    """Asks what screens and clients ask the API for, over and over."""

    def __init__(self, records: Records, audit: SqlAudit) -> None:
        self.watch = Stopwatch()
        self._records = records
        self._audit = audit
        self._rounds = 0

    def ask(self) -> None:
        """One round: pages, an order of them with all that happened to it, at times an action."""
        rows, of = self._records.rows, self.watch.of
        with of("newest_fills"):
            fills = rows(FillRow, limit=100)
        with of("newest_orders"):
            rows(OrderRow, limit=100)
        with of("open_orders"):
            rows(OrderRow, {"is_open": 1}, limit=200)
        with of("balances"):
            rows(BalanceRow)
        with of("positions"):
            rows(PositionRow)
        if fills:
            self._ask_for_one({"order_id": fills[-1].order_id})
        self._rounds += 1
        if self._rounds % ROUNDS_AN_ACTION == 0:
            with of("audit_entry"):
                self._audit.append_all(
                    [NewEntry(time.time_ns(), "ann", "look", "", "ok", "127.0.0.1", "")]
                )

    def _ask_for_one(self, order: dict[str, str | int]) -> None:
        with self.watch.of("one_order"):
            self._records.rows(OrderRow, order, limit=1)
        with self.watch.of("its_fills"):
            self._records.rows(FillRow, order, limit=1000)
        with self.watch.of("its_denials"):
            self._records.rows(DenialRow, order, limit=100)


def ask_all_along(
    place: JournalPlace, is_ready: Event, is_ending: Event, answers: Queue[Times]
) -> None:
    """Ask on `ASKERS` connections in a process of its own, and tell how long each took."""
    audited = open_database(place.url, connections=ASKERS)
    with closing(RecordsPlace(place, connections=ASKERS)) as rows:
        askers = [Asker(rows.read(), SqlAudit(audited)) for _ in range(ASKERS)]
        for asker in askers:
            asker.ask()  # connects
            asker.watch.times_s.clear()
        is_ready.set()
        with ThreadPoolExecutor(ASKERS) as threads:
            for done in [threads.submit(_ask_until, is_ending, asker.ask) for asker in askers]:
                done.result()
    audited.dispose()
    answers.put(merged([dict(asker.watch.times_s) for asker in askers]))


def _ask_until(is_ending: Event, ask: Callable[[], None]) -> None:
    while not is_ending.wait(PAUSE_S):
        ask()


def merged(found: Sequence[Times]) -> Times:
    """All times of each kind."""
    kinds = dict.fromkeys(kind for times in found for kind in times)
    return {kind: [one for times in found for one in times.get(kind, ())] for kind in kinds}


def shares_ms(times: Times) -> dict[str, float]:
    """`fills_p50_ms` and so on, of each kind."""
    return {
        f"{kind}_p{share}_ms": float(np.percentile(found, share)) * 1e3
        for kind, found in times.items()
        for share in SHARES
    }
