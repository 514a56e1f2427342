"""A rehearsal: an engine beside the engine that answers made-up prices, so that code stays near.

What shares the hardware with a process clears its caches within a millisecond or two, and the next
price then meets code that has to be fetched anew. The rehearsal plays the way from a quote to an
order over and over, with an engine, a loop and a journal of its own: nothing of it is recorded,
nothing leaves, and the run's own state is not touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import Quote
from tradewind.model.orders import Sizing
from tradewind.ports.journal import Journal
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock
from tradewind.runtime.feed import Feed
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.strategy_host import attach
from tradewind.strategies.base import Strategy

QUOTES_PER_ENGINE = 10_000
"""Then it begins anew: what it keeps in memory is let go."""
LATE_S = 0.003
"""Waking so late says that others want the processor, who clear its caches as well."""
LEFT_ALONE_S = 0.05
COIN = Instrument("REHEARSAL/USDT.NOWHERE", tick="0.01", lot="0.00001", currency="USDT")
LIMITS = Limits(order_quantity="1", position_quantity="1000", price_collar="0.1")

Way = Callable[[TakeRows], AbstractContextManager[TakeRows]]
"""Opens a way to who takes rows: what rows are put into, to be taken in this call or soon."""


@contextmanager
def straight(take: TakeRows) -> Iterator[TakeRows]:
    """No way: rows are where they are taken."""
    yield take


class Rehearsal:
    """Plays one quote every `pause_s`; `new_journal` makes one that keeps nothing on disk.

    Quotes go the `way` that those of the run come, as far as it can be gone in one process.
    """

    def __init__(
        self,
        pause_s: float,
        new_journal: Callable[[], Journal],
        clock: Clock,
        *,
        way: Way = straight,
    ) -> None:
        assert pause_s > 0
        self.order_count = 0
        self._pause_s = pause_s
        self._new_journal = new_journal
        self._clock = clock
        self._way = way

    async def run(self) -> None:
        """Rehearse until cancelled."""
        while True:
            await self._play()

    async def _play(self) -> None:
        """One engine, from its first quote to its last."""
        loop, feed = await self._made()
        turning = asyncio.create_task(loop.run(), name="rehearsal")
        try:
            with self._way(feed.take) as put:
                for number in range(QUOTES_PER_ENGINE):
                    await self._pause()
                    if turning.done():
                        break
                    put(quote(self._clock.now_ns(), number))
        finally:
            loop.stop()
            await turning

    async def _pause(self) -> None:
        """Wait for the next quote; who wakes late leaves the processor to those who want it."""
        now_s = asyncio.get_running_loop().time
        due_s = now_s() + self._pause_s
        await asyncio.sleep(self._pause_s)
        if now_s() - due_s > LATE_S:
            await asyncio.sleep(LEFT_ALONE_S)

    async def _made(self) -> tuple[Loop, Feed]:
        journal, engine = self._new_journal(), Engine(State())
        loop = Loop(
            engine, journal, Recorder(MemorySegments()),
            clock=self._clock, epoch=journal.take_over(), commit=_at_once,
        )  # fmt: skip
        for event in (
            m.RunStarted(0, journal.journal_id, 1, "rehearsal"),
            m.InstrumentListed(0, COIN),
            m.AccountOpened(0, "main", "USDT"),
            m.CashDeposited(0, "main", "USDT", 10**16),
            m.LimitsChanged(0, "account:main", LIMITS, "rehearsal"),
        ):
            loop.offer(event)
        await loop.turn()
        attach(
            engine, _Taker(), name="rehearsal", account="main", instruments=[COIN],
            sizing=Sizing.AT_FILL,
        )  # fmt: skip
        loop.listeners.append(lambda turn: self._answer(loop, turn))
        return loop, Feed([loop.take_rows], loop.offer, clock=self._clock, bars={})

    def _answer(self, loop: Loop, turn: Turn) -> None:
        """Every order ends at once: it has no venue."""
        for command in turn.commands:
            if isinstance(command, m.SubmitOrder):
                self.order_count += 1
                loop.offer(m.OrderCanceled(0, command.order_id))


class _Taker(Strategy):
    """Answers each quote with an order."""

    def on_start(self) -> None:
        """Ask for quotes."""
        self.is_long = 0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: Quote) -> None:
        """Buy at the ask, sell at the bid, in turn."""
        self.is_long = 1 - self.is_long
        if self.is_long:
            self.buy("0.001", limit=quote.ask_exact)
        else:
            self.sell("0.001", limit=quote.bid_exact)


def quote(time_ns: int, number: int) -> Columns:
    """A made-up quote, another one each time."""
    bid = 6_000_000 + number % 50
    table = np.array([[time_ns], [bid], [9], [bid + 1], [9]], np.int64)
    return Columns.of_table("quotes", COIN, REQUIRED["quotes"], table)


async def _at_once(write: Callable[[], None]) -> None:
    write()
