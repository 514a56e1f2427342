"""Bars of the bus in the history: whole ones, once, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from tradewind.adapters.memory.bus import MemoryPublisher, MemorySubscriber
from tradewind.adapters.memory.history import MemoryHistory
from tradewind.model.columns import Columns
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import Missed
from tradewind.ports.history import Written
from tradewind.runtime.data_processor import DataProcessor

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS


class Clock:
    """Stands where it is put."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def now_ns(self) -> int:
        return self.time_ns


class Full(MemoryHistory):
    """A history whose disk is full while it is said to be."""

    is_full = False

    def write(self, columns: Columns, **words: object) -> Written:  # type: ignore[override]
        if self.is_full:
            raise OutsideError("the disk is full", fault="ours", retry=True)
        return super().write(columns, **words)  # type: ignore[arg-type]


class Work:
    """A processor that runs, its bus, its history and its clock."""

    def __init__(self, history: MemoryHistory) -> None:
        self.clock = Clock(100 * MINUTE_NS + 30 * SECOND_NS)
        self.publisher = MemoryPublisher()
        self.history = history
        self.processor = DataProcessor(
            MemorySubscriber(self.publisher), history, self.clock, ["1m", "5m"]
        )

    def trade(self, price: int, *, minute: int, second: int = 0, size: int = 1) -> None:
        """One trade, at a time of the clock."""
        self.clock.time_ns = minute * MINUTE_NS + second * SECOND_NS
        row = {"time_ns": self.clock.time_ns, "price": price, "size": size, "side": 1}
        arrays = {name: np.array([value], np.int64) for name, value in row.items()}
        self.processor.take(Columns("trades", GOOG, arrays))

    async def stored(self, timeframe: str = "1m") -> list[tuple[int, int, int]]:
        """Minute, close and volume of what is stored."""
        await self.processor.store()
        if not self.history.entries():
            return []
        bars = self.history.read("bars", GOOG.id, timeframe=timeframe)
        columns = (bars["open_time_ns"] // MINUTE_NS, bars["close"], bars["volume"])
        return list(zip(*(one.tolist() for one in columns), strict=True))

    def count(self, name: str, label: str = "") -> float:
        """A number that it tells."""
        found = [one for one in self.processor.metrics() if one.name == name]
        return sum(one.value for one in found if not label or label in one.labels.values())


def worked(play: Callable[[Work], Awaitable[None]], history: MemoryHistory | None = None) -> None:
    """Play with a processor that has heard of its bus."""

    async def whole() -> None:
        work, stop, ready = Work(history or MemoryHistory()), asyncio.Event(), asyncio.Event()
        await work.publisher.start([GOOG])
        running = asyncio.create_task(work.processor.run(stop, ready.set))
        await ready.wait()
        await play(work)
        stop.set()
        await running

    asyncio.run(whole())


def test_whole_bars_are_stored_and_the_one_of_the_start_is_not() -> None:
    async def play(work: Work) -> None:
        work.trade(100, minute=100, second=40)
        work.trade(101, minute=101, second=1, size=2)
        work.trade(102, minute=101, second=59, size=3)
        work.trade(103, minute=102)
        assert await work.stored() == [(101, 102, 5)]
        for minute in range(103, 111):
            work.trade(minute, minute=minute)
        assert [one[0] for one in await work.stored()] == list(range(101, 110))
        assert await work.stored("5m") == [(105, 109, 5)]
        assert work.count("bars_total", "stored") == 10
        assert work.count("bars_total", "partial") == 2

    worked(play)


def test_a_bar_with_a_gap_in_it_is_not_stored() -> None:
    async def play(work: Work) -> None:
        for minute in (101, 102):
            work.trade(100, minute=minute)
        work.processor.miss(Missed(1, 5, 6, "a test"))
        for minute in (103, 104):
            work.trade(100, minute=minute)
        assert [one[0] for one in await work.stored()] == [101, 103]
        assert work.count("bus_gaps_total") == 1

    worked(play)


def test_what_is_stored_of_the_same_time_stays() -> None:
    async def play(work: Work) -> None:
        for minute in (101, 102, 103, 104):
            work.trade(100, minute=minute)
        assert [one[1] for one in await work.stored()] == [100, 100, 100]

    async def again(work: Work) -> None:
        for minute in (101, 102, 103, 104, 105):
            work.trade(100 if minute != 102 else 90, minute=minute)
        assert [one[:2] for one in await work.stored()] == [
            (101, 100), (102, 100), (103, 100), (104, 100),
        ]  # fmt: skip
        assert work.count("bars_total", "differing") == 1

    history = MemoryHistory()
    worked(play, history)
    worked(again, history)


def test_bars_wait_for_a_history_that_cannot_be_written() -> None:
    history = Full()

    async def play(work: Work) -> None:
        history.is_full = True
        for minute in (101, 102, 103):
            work.trade(100, minute=minute)
        assert await work.stored() == []
        assert work.processor.reasons() == ["bars cannot be stored: the disk is full"]
        work.trade(100, minute=104)
        history.is_full = False
        assert [one[0] for one in await work.stored()] == [101, 102, 103]
        assert work.processor.reasons() == []

    worked(play, history)


def test_bad_rows_are_counted_by_reason_and_make_no_bars() -> None:
    async def play(work: Work) -> None:
        work.trade(100, minute=101)
        work.trade(100_000, minute=101, second=1)
        work.trade(101, minute=102)
        assert await work.stored() == [(101, 100, 1)]
        assert work.count("bad_ticks_total", "absurd") == 1

    worked(play)


def test_silence_is_said() -> None:
    async def play(work: Work) -> None:
        assert work.processor.reasons() == []
        work.clock.time_ns += 11 * SECOND_NS
        assert work.processor.reasons() == ["no market data for 11 s"]

    worked(play)
