"""Trades a minute on PostgreSQL, and how long each kind of call to it is waited for meanwhile.

Starts a PostgreSQL and a PgBouncer of its own, both with the shipped settings; all goes through the
pooler. The loop and the engine with limits, the journal there, the projector that builds rows of it
there, and in another process two readers that ask as the API does and write the audit trail. A
trade is an order decided, accepted and filled, each durable. 10,600 a minute come at their times,
whatever becomes of those before; figure is how many a minute had rows when the last one had its
own. No venue, no gateway. `slowest_p95_ms` is that of the slowest kind of call that somebody waits
for; the projector's two kinds stand beside it, for which nobody waits.

What limits it: the processor, shared by loop, projector, readers, pooler and server. Rows looked up
one by one held it at 5,100 a minute until a batch's were asked for together (py-spy).
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from _measure import IS_SHORT, report
from _questions import Stopwatch, TimedRecords, Times, ask_all_along, merged, shares_ms
from sqlalchemy import make_url

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.orders import Liquidity, OrderType, Side
from tradewind.ports.records import FillRow, Records
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.core_rows import CoreRows
from tradewind.runtime.loop import Loop
from tradewind.runtime.projector import Projector
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import MemorySegments
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers.pooler import running_pooler
from tests.servers.postgres_server import new_server

ASKED_PER_MINUTE = 10_000
OFFERED_PER_MINUTE = 10_600
SECONDS = 3 if IS_SHORT else 60
TRADES = OFFERED_PER_MINUTE * SECONDS // 60
ROWS_WAIT_S = 60.0
BEHIND = ("rows_written", "rows_looked_up")
"""What the projector does on its own time."""
PROCESSES = multiprocessing.get_context("spawn")
COIN = Instrument("COIN/USD.SIM", tick="0.01", lot="1")
LIMITS = Limits(
    order_quantity="10", position_quantity="1000000", gross_exposure="1000000000",
    price_collar="0.5", orders_per_second=1_000_000, open_orders=1_000_000, leverage="1000",
)  # fmt: skip


class Bench:
    """A loop over a journal in PostgreSQL, with the projector behind it."""

    def __init__(self, place: JournalPlace, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self.watch = Stopwatch()
        journal = executor.submit(place.open).result()
        epoch = executor.submit(journal.take_over).result()
        engine = Engine(State())
        self.loop = Loop(
            engine, journal, Recorder(MemorySegments()), clock=SystemClock(), epoch=epoch,
            commit=self._commit,
        )  # fmt: skip
        self.projector = Projector(
            place.read, lambda: TimedRecords(place.url, place.name, self.watch)
        )
        core_rows = self.projector.core_rows = CoreRows(engine.state)
        self.loop.listeners += [core_rows.on_turn, lambda turn: self.projector.wake()]
        self.durable_s: list[float] = []

    async def begin(self) -> asyncio.Task[None]:
        """Set up, and run."""
        for event in (
            m.RunStarted(0, "j0", 1, ""),
            m.InstrumentListed(0, COIN),
            m.AccountOpened(0, "main", "USD"),
            m.CashDeposited(0, "main", "USD", 10**15),
            m.LimitsChanged(0, "account:main", LIMITS, "benchmark"),
            m.StrategyRegistered(0, "cross", "main", "", {}),
        ):
            self.loop.offer(event)
        await self.loop.turn()
        row = {"time_ns": time.time_ns(), "bid": 9900, "bid_size": 9, "ask": 10_000, "ask_size": 9}
        self.loop.offer_rows(Columns("quotes", COIN, {k: np.array([v]) for k, v in row.items()}))
        await self.loop.turn()
        self.projector.start()
        return asyncio.create_task(self.loop.run())

    async def trade(self, number: int) -> None:
        """Decided, accepted, filled; each time the journal has it before it goes on."""
        name, side = f"j0-c-{number}", Side.BUY if number % 2 else Side.SELL
        begun_s = time.perf_counter()
        for event in (
            m.OrderIntended(0, name, "cross", COIN.id, side, 1, OrderType.LIMIT, 9_950),
            m.OrderAccepted(0, name, f"v{number}"),
            m.OrderFilled(0, name, f"f{number}", 9_950, 1, 1, "USD", Liquidity.TAKER),
        ):
            await self.loop.submit(event)
        self.durable_s.append(time.perf_counter() - begun_s)

    async def trades(self) -> None:
        """All of them, at their times."""
        begun_s, tasks = time.perf_counter(), []
        for number in range(TRADES):
            wait_s = begun_s + number * 60 / OFFERED_PER_MINUTE - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            tasks.append(asyncio.create_task(self.trade(number)))
        await asyncio.gather(*tasks)

    async def _commit(self, write: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._timed, write)

    def _timed(self, write: Callable[[], None]) -> None:
        with self.watch.of("journal_append"):
            write()


async def measured(
    place: JournalPlace, executor: ThreadPoolExecutor
) -> tuple[float, list[float], Times]:
    """Trades a minute that had their rows; seconds of each trade, and of each call by its kind."""
    bench, rows = Bench(place, executor), RecordsPlace(place)
    running = await bench.begin()
    await asyncio.sleep(1)
    gc.collect()
    gc.freeze()  # as `tradewind run` does
    is_ready, is_ending, answers = PROCESSES.Event(), PROCESSES.Event(), PROCESSES.Queue()
    reader = PROCESSES.Process(target=ask_all_along, args=(place, is_ready, is_ending, answers))
    reader.start()
    assert await asyncio.to_thread(is_ready.wait, ROWS_WAIT_S), "the reader does not start"
    with closing(rows):
        begun_s = time.perf_counter()
        await bench.trades()
        while not await asyncio.to_thread(is_there, rows.read()):
            assert time.perf_counter() - begun_s < SECONDS + ROWS_WAIT_S, bench.projector.failure
            await asyncio.sleep(0.05)
        took_s = time.perf_counter() - begun_s
    is_ending.set()
    asked = answers.get(timeout=ROWS_WAIT_S)
    reader.join()
    bench.loop.stop()
    await running
    bench.projector.stop()
    return TRADES * 60 / took_s, bench.durable_s, merged([dict(bench.watch.times_s), asked])


def is_there(records: Records) -> bool:
    """Whether the last trade has its row."""
    return bool(records.rows(FillRow, {"order_id": f"j0-c-{TRADES - 1}"}))


def main() -> int:
    """Run once and report."""
    server = new_server()
    try:
        server.start()
        database = make_url(server.new_database())
        with (
            running_pooler(server) as port,
            TemporaryDirectory() as folder,
            ThreadPoolExecutor(1) as executor,
        ):
            pooled = database.set(port=port).render_as_string(hide_password=False)
            place = JournalPlace(Path(folder), pooled, "desk")
            per_minute, trades_s, calls_s = asyncio.run(measured(place, executor))
    finally:
        server.stop()
    shares = shares_ms(calls_s)
    return report(
        "trades_postgres", per_minute, "trades/min", floor=ASKED_PER_MINUTE,
        ratio=per_minute / ASKED_PER_MINUTE, target=1.0,
        trade_p99_ms=float(np.percentile(trades_s, 99)) * 1e3,
        slowest_p95_ms=max(shares[f"{kind}_p95_ms"] for kind in calls_s if kind not in BEHIND),
        calls=float(sum(map(len, calls_s.values()))), **shares,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
