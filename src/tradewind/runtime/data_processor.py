"""The data processor: checks what the bus carries, builds bars of it, and stores those.

A bar is stored when all of its interval was heard: the one that was under way at a start or at a
gap is not. What another source stored of the same time stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from tradewind.model.columns import Columns, concatenate
from tradewind.model.errors import BadData, OutsideError
from tradewind.model.messages import BadTick
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.bus import Missed, Subscriber
from tradewind.ports.history import History
from tradewind.ports.platform import Clock
from tradewind.runtime.feed import Feed
from tradewind.runtime.first_ended import until_one_ends
from tradewind.runtime.read_models import Metric

CLOSE_S = 0.1
STORE_S = 5.0
SILENT_S = 10.0
BARS_WAITING_MAX = 100_000
"""Bars that wait for a history which cannot be written; beyond it the oldest go, counted."""
SECOND_NS = 10**9

LOG = logging.getLogger("tradewind.data_processor")

Key = tuple[str, str]
"""Instrument and timeframe."""


class DataProcessor:
    """Bars of these timeframes of all instruments that a bus carries, into a history."""

    def __init__(
        self, subscriber: Subscriber, history: History, clock: Clock, timeframes: Sequence[str]
    ) -> None:
        self._subscriber = subscriber
        self._history = history
        self._clock = clock
        self._names = {timeframe_ns(name): name for name in timeframes}
        self._bad: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._waiting: dict[Key, list[Columns]] = {}
        self._whole_since_ns = 0
        self._heard_ns = clock.now_ns()
        self._failure = ""
        self._storing = asyncio.Lock()
        self.has_begun = False
        self._bars: dict[str, list[str]] = {}
        self._feed = Feed([self._keep], self._refuse, clock=clock, bars=self._bars)

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Process until told to stop; then store what is whole."""
        await self._subscriber.start()
        self._heard_ns = self._whole_since_ns = self._clock.now_ns()
        for instrument in self._subscriber.instruments:
            self._bars[instrument.id] = list(self._names.values())
        self.has_begun = True
        on_ready()
        try:
            await until_one_ends(
                self._subscriber.run(self.take, self.miss),
                self._close_bars(),
                self._store_now_and_then(),
                stop.wait(),
            )
        finally:
            await self.store()

    def take(self, columns: Columns) -> None:
        """One batch of the bus."""
        self._heard_ns = self._clock.now_ns()
        self._counts[columns.kind] += len(columns)
        self._feed.take(columns)

    def miss(self, missed: Missed) -> None:
        """Batches are lost: bars under way are not whole."""
        LOG.warning("bus_missed first=%d last=%d why=%r", missed.first, missed.last, missed.why)
        self._counts["gaps"] += 1
        self._whole_since_ns = self._clock.now_ns()

    async def store(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        async with self._storing:
            for key in list(self._waiting):
                await self._store_one(key)

    async def _store_one(self, key: Key) -> None:
        bars = concatenate(self._waiting.pop(key))
        try:
            await asyncio.to_thread(self._write, bars, key[1])
            self._failure = ""
        except OutsideError as error:
            self._failure = f"bars cannot be stored: {error}"
            LOG.error("bars_not_stored reason=%r", str(error))
            self._waiting[key] = [bars, *self._waiting.get(key, [])]
            self._bound(key)

    def reasons(self) -> list[str]:
        """What is wrong, nothing where all is well."""
        silent_s = (self._clock.now_ns() - self._heard_ns) / SECOND_NS
        silence = f"no market data for {silent_s:.0f} s" if silent_s > SILENT_S else ""
        return [one for one in (self._subscriber.complaint or silence, self._failure) if one]

    def metrics(self) -> list[Metric]:
        """Rows, bad ones by their reason, and what became of bars."""
        counts, now_ns = self._counts, self._clock.now_ns()
        kinds = ("trades", "quotes", "depth")
        bars = ("stored", "partial", "differing", "dropped")
        ages = self._feed.last_received_ns.items()
        return [
            *(Metric("rows_total", "counter", "Rows taken.", float(counts[kind]), {"kind": kind})
              for kind in kinds),
            *(Metric("bad_ticks_total", "counter", "Rows refused.", float(count), {"reason": why})
              for why, count in self._bad.items()),
            *(Metric("bars_total", "counter", "Bars.", float(counts[what]), {"outcome": what})
              for what in bars),
            Metric("bus_gaps_total", "counter", "Gaps in the bus.", float(counts["gaps"])),
            *(Metric("market_data_age_seconds", "gauge", "Since the last good row.",
                     (now_ns - heard_ns) / SECOND_NS, {"instrument": name})
              for name, heard_ns in ages),
        ]  # fmt: skip

    async def _close_bars(self) -> None:
        while True:
            await asyncio.sleep(CLOSE_S)
            self._feed.close_bars()

    async def _store_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(STORE_S)
            await self.store()

    def _keep(self, columns: Columns) -> None:
        if columns.kind != "bars":
            return
        for row in range(len(columns)):
            bar = columns.cut(row, row + 1)
            begun_ns, ended_ns = int(bar["open_time_ns"][0]), int(bar["close_time_ns"][0])
            if begun_ns <= self._whole_since_ns:
                self._counts["partial"] += 1
                continue
            key = (columns.instrument.id, self._names[ended_ns - begun_ns])
            self._waiting.setdefault(key, []).append(bar)

    def _bound(self, key: Key) -> None:
        """Let the oldest bars go where too many wait."""
        excess = sum(map(len, self._waiting[key])) - BARS_WAITING_MAX
        if excess > 0:
            self._counts["dropped"] += excess
            self._waiting[key] = [concatenate(self._waiting[key]).cut(excess)]

    def _write(self, bars: Columns, timeframe: str) -> None:
        """All at once; where some differ from what is stored, one by one without those."""
        try:
            self._history.write(bars, timeframe=timeframe)
            self._counts["stored"] += len(bars)
        except BadData:
            for row in range(len(bars)):
                try:
                    self._history.write(bars.cut(row, row + 1), timeframe=timeframe)
                    self._counts["stored"] += 1
                except BadData as error:
                    self._counts["differing"] += 1
                    LOG.warning("bar_not_stored reason=%r", str(error))

    def _refuse(self, tick: BadTick) -> None:
        self._bad[tick.reason] += 1
