"""The market board: best prices for people and screens, told soon after they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence

import msgspec

from tradewind.core.market import Market
from tradewind.model.numbers import format_units
from tradewind.runtime.read_models import MarketRow

INTERVAL_S = 0.025
"""Prices of a follower are told no more often; those that change meanwhile are told once."""
WHOLE_S = 1.0
"""How often all rows are told, changed or not."""
MILLION = 1_000_000


class MarketTold(msgspec.Struct, frozen=True):
    """Rows as of a sequence of the journal."""

    sequence: int
    rows: list[MarketRow]


class MarketBoard:
    """Hands out followings, and wakes them by `notice`, which costs little where there are none.

    `marks` are what the rows depend on, in the order of the markets, and `row` makes one of them.
    """

    def __init__(
        self, marks: Callable[[], Sequence[Hashable]], row: Callable[[int], MarketRow]
    ) -> None:
        self._marks = marks
        self._row = row
        self._followings: set[Following] = set()

    @property
    def follower_count(self) -> int:
        """How many follow now."""
        return len(self._followings)

    def follow(self) -> Following:
        """A reader of what changes from here on; close it."""
        found = Following(self._marks, self._row, self._followings.discard)
        self._followings.add(found)
        return found

    def notice(self) -> None:
        """Something may have changed."""
        for each in self._followings:
            each.changed.set()


class Following:
    """One follower: what it has seen, and when it was told last."""

    def __init__(
        self,
        marks: Callable[[], Sequence[Hashable]],
        row: Callable[[int], MarketRow],
        forget: Callable[[Following], None],
    ) -> None:
        self.changed = asyncio.Event()
        self._marks = marks
        self._row = row
        self._forget = forget
        self._seen: list[Hashable] = []
        self._told_s = self._whole_s = 0.0

    async def rows(self) -> list[MarketRow]:
        """The rows that changed since the last call, at once where that is an interval ago.

        All rows come first, and again every `WHOLE_S`; so a reader that missed some has them then.
        """
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._told_s + INTERVAL_S - loop.time())
            left_s = self._whole_s + WHOLE_S - loop.time()
            if left_s > 0:
                await self._until_changed(left_s)
            found = self._found(loop.time())
            if found:
                self._told_s = loop.time()
                return found

    def close(self) -> None:
        """End it."""
        self._forget(self)

    async def _until_changed(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self.changed.wait()
        except TimeoutError:
            return

    def _found(self, now_s: float) -> list[MarketRow]:
        self.changed.clear()
        marks = list(self._marks())
        if now_s >= self._whole_s + WHOLE_S or len(marks) != len(self._seen):
            self._whole_s = now_s
            numbers: Sequence[int] = range(len(marks))
        else:
            pairs = zip(marks, self._seen, strict=True)
            numbers = [number for number, (new, old) in enumerate(pairs) if new != old]
        self._seen = marks
        return [self._row(number) for number in numbers]


def mark_of(market: Market) -> Hashable:
    """What a market's row depends on."""
    return market.bid, market.ask, market.mark, market.mark_time_ns


def market_row(market: Market, now_ns: int) -> MarketRow:
    """A market as people see it."""
    digits = market.instrument.price_digits
    prices = [market.bid, market.ask, market.mark]
    bid, ask, last = (format_units(price, digits) if price else "" for price in prices)
    age_ns = max(0, now_ns - market.mark_time_ns) if market.mark else 0
    return MarketRow(instrument=market.id, bid=bid, ask=ask, last=last, age_ms=age_ns // MILLION)
