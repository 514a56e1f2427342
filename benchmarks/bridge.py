"""From a quote on the bus to an order of a strategy that runs in a signal-bridge of its own.

Three processes: one publishes a quote every three milliseconds, one is the trading core with a
journal in memory, one a signal-bridge that is lent a strategy which answers each quote. Tick to
order is from the call of `publish` to the command in the core: the way to the core, its turn, the
group and its rows to the bridge, the strategy there beside its replica of the core, its wish back,
and the turn that takes it. The yardstick is the same with the strategy in the core's process.

What limits it: a second and a third process to be woken, whose Python runs cold (`bus`), and every
row stepped twice, by the core and by the replica. In turn with real-time priority, at a load of 4
to 5, p50 1,270 and 1,464 us through ZeroMQ's threads, 1,012 and 1,132 since the bridge's link is a
socket of the file system that is written to and read without one (`adapters/zeromq/file_link`),
where the same strategy in the core took 501 to 576. Without that priority, at a load of 9 to 10,
both ways fell behind three milliseconds a quote. All processes have the priority here and the core
rehearses, as with TRADEWIND_PRIORITY=realtime, where it may be had: at a load of 18 994 us, and 470
in the core.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from _measure import report, sized
from _priority import undisturbed
from bus import COIN, PRIORITY, SPAWN, WARM_UP, Core, Taker, play_publisher

from tradewind.adapters.zeromq.file_link import FileExchange, FileLine
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model import messages as m
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.followed_recorder import FollowedRecorder
from tradewind.runtime.leases import Loan
from tradewind.runtime.lender import Lender
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.signal_bridge import SignalBridge
from tradewind.strategies.base import Strategy
from tradewind.wiring.rehearsal import AUTO_MS, rehearsed

TARGET = 0.25
READY_S = 60.0
TAKER = "taker"


class LentCore(Core):
    """The engine's side, whose strategy is lent to a bridge."""

    def __init__(self, exchange: FileExchange) -> None:
        recorder = FollowedRecorder(MemorySegments())
        super().__init__(recorder)
        self.lender = Lender(self.loop, recorder, exchange, session=1, now_s=time.monotonic)
        self.loop.listeners.append(self.lender.on_turn)

    def host(self) -> None:
        """Register the strategy and have it lent."""
        time_ns = self.engine.state.time_ns
        self.engine.step(m.StrategyRegistered(time_ns, TAKER, "main", "", {}, (COIN.id,)))
        self.lender.lend(Loan(TAKER, TAKER, {}, [COIN.id]))

    async def until_lent(self) -> None:
        """Wait until the bridge has it."""
        async with asyncio.timeout(READY_S):
            while not self.lender.leases.loans[TAKER].lease:
                await asyncio.sleep(0.05)


def play_bridge(folder: Path) -> None:
    """The process of the bridge."""
    asyncio.run(bridge(folder))


async def bridge(folder: Path) -> None:
    """Run what is lent, until terminated."""
    line = FileLine(f"ipc://{folder}/wishes.ipc")
    await line.start()
    with undisturbed():
        await SignalBridge(line, new_taker, time.monotonic).run(asyncio.Event())


def new_taker(name: str, parameters: dict[str, str]) -> Strategy:
    """The one strategy that is lent."""
    assert (name, parameters) == (TAKER, {})
    return Taker()


async def answered(folder: Path, core: Core, quotes: int) -> list[float]:
    """Let the core take what the publisher sends; microseconds from tick to order, sorted."""
    subscriber = ZeroMqSubscriber(f"ipc://{folder}/bus.ipc")
    await subscriber.start()
    (folder / "reader").touch()
    reading = asyncio.create_task(subscriber.run(core.take, lambda _: None))
    (folder / PRIORITY).touch()
    (folder / "ordering").touch()
    with undisturbed():
        async with rehearsed(AUTO_MS, SystemClock(), "bus"), asyncio.timeout(READY_S):
            while len(core.taken_us) < quotes * 9 // 10:
                await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await subscriber.close()
    return sorted(core.taken_us[WARM_UP:])


async def in_the_core(folder: Path, quotes: int) -> list[float]:
    """The yardstick."""
    core = Core()
    await core.start()
    turning = asyncio.create_task(core.loop.run())
    await asyncio.sleep(0)
    found = await answered(folder, core, quotes)
    core.loop.stop()
    await turning
    return found


async def in_a_bridge(folder: Path, quotes: int) -> list[float]:
    """The claim."""
    exchange = FileExchange(f"ipc://{folder}/wishes.ipc")
    await exchange.start()
    core = LentCore(exchange)
    turning = asyncio.create_task(core.loop.run())
    await core.start()
    lending = asyncio.create_task(core.lender.run())
    playing = SPAWN.Process(target=play_bridge, args=(folder,))
    playing.start()
    try:
        await core.until_lent()
        return await answered(folder, core, quotes)
    finally:
        playing.terminate()
        playing.join()
        lending.cancel()
        await asyncio.gather(lending, return_exceptions=True)
        core.loop.stop()
        await turning
        await exchange.close()


def measured(play: object, quotes: int) -> list[float]:
    """One run with a publisher of its own."""
    assert callable(play)
    with tempfile.TemporaryDirectory(prefix="tw-") as name:
        folder = Path(name)
        publisher = SPAWN.Process(target=play_publisher, args=(folder, 0, quotes))
        publisher.start()
        try:
            found: list[float] = asyncio.run(play(folder, quotes))
        finally:
            publisher.terminate()
            publisher.join()
    return found


def main() -> int:
    """Print microseconds from tick to order, through a bridge and without one."""
    quotes = sized(2_000, 400)
    alone = measured(in_the_core, quotes)
    late = measured(in_a_bridge, quotes)
    middle = len(late) // 2
    return report(
        "bridge", late[middle], "us", floor=alone[len(alone) // 2],
        ratio=alone[len(alone) // 2] / late[middle], target=TARGET,
        p10_us=late[len(late) // 10], p99_us=late[len(late) * 99 // 100],
        core_p99_us=alone[len(alone) * 99 // 100], orders=len(late), load=os.getloadavg()[0],
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
