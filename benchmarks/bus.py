"""Market data through the bus between two processes on one machine: how much, and how late.

A process of its own publishes batches of 1,000 trades at a million rows a second over a socket of
the file system; this process takes them as the engine's feed does. All must come, in order. Then
it publishes one quote every three milliseconds, and this process answers each with an order through
feed, loop, strategy, risk and a journal in memory: tick to order is from the call of `publish` over
there to the command here. The yardstick sends the same bytes over a bare Unix socket to a process
that reads them and does nothing else.

What limits it: rows at the rate, two copies of them at either end and the log that could replay
them (SHA-256 and a write to the file cache). From tick to order it is Python that runs cold
(`socket_to_order`). By stamps at each station, with real-time priority at a load of 11, in turn
before and since rows are taken in the call that finds them: `publish` to the socket 66 and 53 us,
the write 36 and 35, waking the reader 87 and 71, bytes to rows 97 and 82, quality 54 and 56, turn
21 and 22, engine, strategy and recording 167 and 171, group and journal 74 and 78; 642 and 615 in
all. `realtime` are the same quotes with TRADEWIND_PRIORITY=realtime: real-time priority of both
processes and a rehearsal beside the engine, by a way like the bus's, in turn with those without
within one run; the rows have the priority too, where it may be had. Tried without a gain: shorter
slices of the scheduler (0.1, 0.5 and 1.2 ms), which wake the reader sooner and let it be
interrupted before its order leaves; a rehearsal without the priority, which was worse in five of
five at a load of 14 to 18. On idle virtual processors, which sleep between two quotes, `realtime`
was 610 to 831 us (p99 4.2 to 8.3 ms) in four short runs and is 257 and 269 (0.9 and 1.2) since they
are kept awake; two loops at the lowest priority beside it showed the same (326 and 340).

`--minute` runs a whole minute instead of some seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _measure import report, sized
from _priority import undisturbed

import tradewind as tw
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.orders import Side, Sizing
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.feed import Feed
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.priority import real_time
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.spool import Spool
from tradewind.runtime.strategy_host import attach
from tradewind.wiring.rehearsal import AUTO_MS, rehearsed

TARGET = 0.02
ROWS = 1_000
RATE = 1_000_000
PAUSE_S = 0.003
ROUNDS = 2
"""Of quotes without and with priority, in turn."""
QUOTES_MAX = 100_000
"""The publisher is ended before."""
PRIORITY = "priority"
"""The file that says that the publisher has priority too."""
WARM_UP = 100
COIN = tw.Instrument("BTC/USDT.SIM", tick="0.01", lot="0.00001", currency="USDT")
LIMITS = tw.Limits(order_quantity="1", position_quantity="1000", price_collar="0.1")
SPAWN = multiprocessing.get_context("spawn")


class Taker(tw.Strategy):
    """Answers each quote with an order."""

    def on_start(self) -> None:
        """Ask for quotes."""
        self.is_long = 0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: tw.Quote) -> None:
        """Buy at the ask, sell at the bid, in turn."""
        self.is_long = 1 - self.is_long
        if self.is_long:
            self.buy("0.001", limit=quote.ask_exact)
        else:
            self.sell("0.001", limit=quote.bid_exact)


def trades(number: int) -> Columns:
    """A batch whose first update id is told apart."""
    times = np.arange(number * ROWS, (number + 1) * ROWS)
    ones = np.ones(ROWS, np.int64)
    return Columns("trades", COIN, {"time_ns": times, "price": times, "size": ones, "side": ones})


def quote(number: int) -> Columns:
    """One quote as an adapter makes it; its time is written when it is published."""
    bid = 6_000_000 + number % 50
    table = np.array([[0], [bid], [9], [bid + 1], [9]], np.int64)
    return Columns.of_table("quotes", COIN, REQUIRED["quotes"], table)


def play_publisher(folder: Path, batches: int, quotes: int) -> None:
    """The other process."""
    asyncio.run(publish(folder, batches, quotes))


async def publish(folder: Path, batches: int, quotes: int) -> None:
    """Publish batches at the rate, then quotes with pauses."""
    log = ReplayLog(Spool(folder / "spool"))
    publisher = ZeroMqPublisher(f"ipc://{folder}/bus.ipc", log, session=time.time_ns())
    await publisher.start([COIN])
    running = asyncio.create_task(publisher.run())
    made = [trades(number) for number in range(64)]
    await file_is_there(folder / "reader")
    begun_s = time.perf_counter()
    with undisturbed():
        for number in range(batches):
            publisher.publish(made[number % len(made)])
            ahead_s = (number + 1) * ROWS / RATE - (time.perf_counter() - begun_s)
            await asyncio.sleep(max(0.0, ahead_s) if ahead_s > 0.001 else 0)
    (folder / "rate").write_text(str(batches * ROWS / (time.perf_counter() - begun_s)))
    (folder / "replayed").write_text(str(publisher.replayed_count))
    await file_is_there(folder / "ordering")
    gc.freeze()
    with contextlib.ExitStack() as held:
        has_priority = False
        for number in range(quotes):
            one = quote(number)
            one.time_ns[0] = time.time_ns()
            publisher.publish(one)
            if (folder / PRIORITY).exists() is not has_priority:
                has_priority = not has_priority
                held.enter_context(real_time()) if has_priority else held.close()
            await asyncio.sleep(PAUSE_S)
        await running


async def file_is_there(path: Path) -> None:
    """Wait for the other process's sign."""
    while not path.exists():
        await asyncio.sleep(0.01)


class Taken:
    """What came, and how late: the publisher's clock is this machine's."""

    def __init__(self) -> None:
        self.rows = self.disorder = self.missed = 0
        self.expected = 0

    def take(self, columns: Columns) -> None:
        """Count a batch, and compare its place."""
        self.rows += len(columns)
        first = int(columns.time_ns[0])
        self.disorder += first != self.expected
        self.expected = (first + ROWS) % (64 * ROWS)


class Core:
    """The engine's side: feed, loop, strategy, risk, a journal in memory."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.taken_us: list[float] = []
        self.normal: list[float] = []
        self.prior: list[float] = []
        self.published_ns: dict[int, int] = {}
        journal = MemoryJournal("j0")
        self.engine = Engine(State())
        self.loop = Loop(
            self.engine, journal, recorder or Recorder(MemorySegments()),
            clock=SystemClock(), epoch=journal.take_over(), commit=at_once,
        )  # fmt: skip
        self.feed = Feed([self.loop.take_rows], self.loop.offer, clock=SystemClock(), bars={})
        self.loop.listeners.append(self.look)

    async def start(self) -> None:
        """List the instrument, fund the account, attach the strategy."""
        for event in (
            m.RunStarted(0, "j0", 1, "benchmark"),
            m.InstrumentListed(0, COIN),
            m.AccountOpened(0, "main", "USDT"),
            m.CashDeposited(0, "main", "USDT", 10**16),
            m.LimitsChanged(0, "account:main", LIMITS, "benchmark"),
        ):
            self.loop.offer(event)
        await self.loop.turn()
        self.host()

    def host(self) -> None:
        """Run the strategy in this process."""
        attach(
            self.engine, Taker(), name="taker", account="main", instruments=[COIN],
            sizing=Sizing.AT_FILL,
        )  # fmt: skip

    def take(self, columns: Columns) -> None:
        """Rows from the bus."""
        self.published_ns[int(columns["bid"][-1])] = int(columns.time_ns[-1])
        self.feed.take(columns)

    def look(self, turn: Turn) -> None:
        """An order leaves."""
        for command in turn.commands:
            if isinstance(command, m.SubmitOrder):
                bid = command.limit_price - (command.side is Side.BUY)  # what it answers
                self.taken_us.append((time.time_ns() - self.published_ns[bid]) / 1e3)
                self.loop.offer(m.OrderCanceled(0, command.order_id))


async def at_once(write: Callable[[], None]) -> None:
    """A commit to memory."""
    write()


async def through_the_bus(folder: Path, batches: int, quotes: int) -> tuple[Taken, Core, float]:
    """Read what the other process publishes; CPU seconds of this one for the rows."""
    taken, core = Taken(), Core()
    await core.start()
    takers = [taken.take]
    subscriber = ZeroMqSubscriber(f"ipc://{folder}/bus.ipc")
    await subscriber.start()
    reading = asyncio.create_task(
        subscriber.run(lambda rows: takers[0](rows), lambda _: setattr(taken, "missed", 1))
    )
    (folder / "reader").touch()
    begun_s = time.process_time()
    with undisturbed():
        while taken.rows < batches * ROWS and not taken.missed:
            await asyncio.sleep(0.01)
    cpu_s = time.process_time() - begun_s
    takers[0] = core.take
    turning = asyncio.create_task(core.loop.run())
    await asyncio.sleep(0)
    (folder / "ordering").touch()
    gc.freeze()
    for _ in range(ROUNDS):
        await played(core, core.normal, quotes)
        (folder / PRIORITY).touch()
        with real_time():
            async with rehearsed(AUTO_MS, SystemClock(), "bus"):
                await played(core, core.prior, quotes)
        (folder / PRIORITY).unlink()
    core.loop.stop()
    await turning
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await subscriber.close()
    return taken, core, cpu_s


async def played(core: Core, found: list[float], quotes: int) -> None:
    """Wait for so many orders, and keep how late they were, but for the first."""
    begin = len(core.taken_us)
    while len(core.taken_us) < begin + WARM_UP + quotes:
        await asyncio.sleep(0.05)
    found += core.taken_us[begin + WARM_UP :]


def send_bytes(path: Path, batches: int) -> None:
    """The yardstick's other process: the same bytes, nothing around them."""
    data = bytes(ROWS * 4 * 8)
    with socket.socket(socket.AF_UNIX) as connection:
        while connection.connect_ex(str(path)) != 0:
            time.sleep(0.01)
        for _ in range(batches):
            connection.sendall(data)


def bare_cpu_s(folder: Path, batches: int) -> float:
    """CPU seconds to read the same bytes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "bare.sock"))
        listener.listen()
        sender = SPAWN.Process(target=send_bytes, args=(folder / "bare.sock", batches))
        sender.start()
        connection, _ = listener.accept()
        begun_s = time.process_time()
        with connection:
            while connection.recv(1 << 16):
                pass
        sender.join()
        return time.process_time() - begun_s


def main() -> int:
    """Print the rate, what was lost, the times from tick to order, and what the rows cost."""
    seconds = 60 if "--minute" in sys.argv[1:] else sized(10, 2)
    batches, quotes = seconds * RATE // ROWS, sized(1_000, 300)
    with tempfile.TemporaryDirectory(prefix="tw-") as name:
        folder = Path(name)
        publisher = SPAWN.Process(target=play_publisher, args=(folder, batches, QUOTES_MAX))
        publisher.start()
        taken, core, cpu_s = asyncio.run(through_the_bus(folder, batches, quotes))
        publisher.terminate()
        publisher.join()
        rate, replayed = (float((folder / each).read_text()) for each in ("rate", "replayed"))
        floor_s = bare_cpu_s(folder, batches)
    late, near = sorted(core.normal), sorted(core.prior)
    return report(
        "bus",
        rate,
        "rows/s",
        floor=batches * ROWS / floor_s,
        ratio=floor_s / cpu_s,
        target=TARGET,
        lost=float(batches * ROWS - taken.rows),
        disorder=float(taken.disorder),
        replayed=replayed,
        seconds=float(seconds),
        rows_by_cpu=batches * ROWS / cpu_s,
        tick_to_order_p10_us=late[len(late) // 10],
        tick_to_order_p50_us=late[len(late) // 2],
        tick_to_order_p99_us=late[len(late) * 99 // 100],
        realtime_p10_us=near[len(near) // 10],
        realtime_p50_us=near[len(near) // 2],
        realtime_p99_us=near[len(near) * 99 // 100],
        load=os.getloadavg()[0],
    )


if __name__ == "__main__":
    sys.exit(main())
