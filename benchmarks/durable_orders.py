"""Orders from the decision to the journal: a burst at once, and a thousand a second for a while.

The loop, the engine with limits, and the journal in SQLite on this machine's disk, written by a
thread of its own as in a run; nothing is sent. An order counts when its group is durable. The
yardstick is what was asked: 10,000 orders a second in a burst.

What limits it: the fsync of a group, and in a burst the encoding of two records an order.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _measure import IS_SHORT, report

from tradewind.adapters.sqlite.journal import open_journal
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.loop import Loop
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import MemorySegments

BURST = 2_000 if IS_SHORT else 10_000
ROUNDS = 3
RATE = 1_000
SECONDS = 1 if IS_SHORT else 10
ASKED_PER_S = 10_000.0
COIN = Instrument("COIN/USD.SIM", tick="0.01", lot="1")
LIMITS = Limits(
    order_quantity="10", position_quantity="1000000", gross_exposure="1000000000",
    price_collar="0.5", orders_per_second=1_000_000, open_orders=1_000_000, leverage="1000",
)  # fmt: skip


class Bench:
    """A loop over a real journal."""

    def __init__(self, folder: Path, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._count = 0
        journal = executor.submit(open_journal, folder).result()
        epoch = executor.submit(journal.take_over).result()
        self.loop = Loop(
            Engine(State()), journal, Recorder(MemorySegments()), clock=SystemClock(),
            epoch=epoch, commit=self._commit,
        )  # fmt: skip

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
        now_ns = time.time_ns()
        row = {"time_ns": now_ns, "bid": 100_00, "bid_size": 10, "ask": 101_00, "ask_size": 10}
        columns = {name: np.array([value]) for name, value in row.items()}
        self.loop.offer_rows(Columns("quotes", COIN, columns))
        await self.loop.turn()
        return asyncio.create_task(self.loop.run())

    async def order(self) -> float:
        """One order; seconds until it is durable."""
        self._count += 1
        event = m.OrderIntended(
            0, f"j0-c-{self._count}", "cross", COIN.id, Side.BUY, 1, OrderType.LIMIT,
            99_00 - self._count % 1000,
        )  # fmt: skip
        begun_s = time.perf_counter()
        await self.loop.submit(event)
        return time.perf_counter() - begun_s

    async def burst(self) -> float:
        """Orders a second of a burst, from its first decision to its last durable group."""
        begun_s = time.perf_counter()
        await asyncio.gather(*(self.order() for _ in range(BURST)))
        return BURST / (time.perf_counter() - begun_s)

    async def sustain(self) -> list[float]:
        """A thousand a second, whatever becomes of those before; seconds of each."""
        begun_s, orders = time.perf_counter(), []
        for number in range(RATE * SECONDS):
            wait_s = begun_s + number / RATE - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            orders.append(asyncio.create_task(self.order()))
        return list(await asyncio.gather(*orders))

    async def _commit(self, write: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, write)


async def measured(folder: Path, executor: ThreadPoolExecutor) -> tuple[float, list[float]]:
    """The best burst and the times of the sustained orders."""
    bench = Bench(folder, executor)
    running = await bench.begin()
    gc.collect()
    gc.freeze()  # as `tradewind run` does
    per_second = max([await bench.burst() for _ in range(ROUNDS)])
    times = await bench.sustain()
    bench.loop.stop()
    await running
    return per_second, times


def main() -> int:
    """Run once and report."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as executor:
        per_second, times = asyncio.run(measured(Path(folder), executor))
    return report(
        "durable_orders",
        per_second,
        "orders/s in a burst",
        floor=ASKED_PER_S,
        ratio=per_second / ASKED_PER_S,
        target=1.0,
        p50_ms=float(np.percentile(times, 50)) * 1e3,
        p99_ms=float(np.percentile(times, 99)) * 1e3,
    )


if __name__ == "__main__":
    sys.exit(main())
