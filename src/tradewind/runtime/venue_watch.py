"""The watch over one venue: when it is lost, when it is back, when to reconcile.

New orders go to a venue only while it is connected, its clock is near ours, the account was
reconciled since and its countdown, where it has one, stands. A venue begins as lost; the look that
succeeds lets the first order out.
"""

from __future__ import annotations

import asyncio

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Connection, Refused, Trading
from tradewind.runtime.countdown import Countdown
from tradewind.runtime.loop import Loop
from tradewind.runtime.read_models import VenueRow
from tradewind.runtime.reconciliation import DEADLINE_S, Reconciliation

CHECK_S = 0.1
"""How often the connection is looked at."""
INTERVAL_S = 60.0
"""Between two reconciliations while all is well."""
RETRY_MIN_S = 0.5
RETRY_MAX_S = 30.0
OFFSET_NS_MAX = 100_000_000
"""No trading while the venue's clock is farther from ours than this."""
UNSEEN_S_MAX = 300.0
"""No trading while no reconciliation has ended for so long."""
STARTING = "not reconciled since the start"


class VenueWatch:
    """Watches one venue; offers `VenueLost` first, before anything else is stepped."""

    def __init__(
        self,
        trading: Trading,
        reconciliation: Reconciliation,
        loop: Loop,
        *,
        interval_s: float = INTERVAL_S,
        countdown: Countdown | None = None,
    ) -> None:
        self.countdown = countdown
        self.reconciliation = reconciliation
        self._trading = trading
        self._loop = loop
        self._interval_s = interval_s
        self._lost = STARTING
        self._count = 0
        self._retry_s = RETRY_MIN_S
        self._next_s = 0.0
        self._seen_s = 0.0
        loop.offer(m.VenueLost(0, trading.venue, STARTING))

    @property
    def lost_reason(self) -> str:
        """Why no order goes there, "" where orders go."""
        return self._lost

    async def run(self) -> None:
        """Watch until cancelled, and keep the countdown of the venue going."""
        renewing = None if self.countdown is None else asyncio.create_task(self.countdown.run())
        try:
            while renewing is None or not renewing.done():
                await self.check()
                await asyncio.sleep(CHECK_S)
            renewing.result()
        finally:
            if renewing is not None:
                renewing.cancel()

    async def leave(self) -> None:
        """The engine stops in order: the venue is not to cancel its orders."""
        if self.countdown is not None:
            await self.countdown.end()

    async def check(self) -> None:
        """One round: notice what changed and reconcile where that is due."""
        now_s = asyncio.get_running_loop().time()
        connection = self._trading.connection
        problem = problem_of(connection) or await self._counting_problem()
        if problem:
            self._lose(problem)
            self._next_s = 0.0
            return
        is_new = connection.count != self._count
        if now_s < self._next_s and not (is_new and not self._lost):
            return
        try:
            done = await self._sessions() and await self.reconciliation.look()
        except Refused as error:
            self._lose(f"the venue refuses: {error}")
            done = False
        if done:
            self._settle(connection)
        else:
            self._fail(now_s)

    async def _counting_problem(self) -> str:
        """Why the countdown keeps orders from leaving; sets it where it never was."""
        if self.countdown is None:
            return ""
        if not self.countdown.is_set:
            await self.countdown.renew()
        return self.countdown.problem()

    def row(self) -> VenueRow:
        """How it stands, for people."""
        connection = self._trading.connection
        offset_ns = connection.clock_offset_ns
        return VenueRow(
            venue=self._trading.venue,
            state="lost" if self._lost else "trading",
            reason=self._lost or self.reconciliation.failed,
            circuit=connection.circuit,
            connections=connection.count,
            clock_offset_ms="" if offset_ns is None else f"{offset_ns / 1e6:.1f}",
            reconciled_ns=self.reconciliation.last_look_ns,
        )

    def _settle(self, connection: Connection) -> None:
        """A look has ended: trading goes on unless something changed meanwhile."""
        self._seen_s = asyncio.get_running_loop().time()
        self._next_s = self._seen_s + self._interval_s
        self._retry_s = RETRY_MIN_S
        self._count = connection.count
        now = self._trading.connection
        if now.count != connection.count or problem_of(now):
            self._next_s = 0.0
        elif self._lost:
            self._lost = ""
            self._loop.offer(m.VenueRecovered(0, self._trading.venue))

    def _fail(self, now_s: float) -> None:
        self._next_s = now_s + self._retry_s
        self._retry_s = min(self._retry_s * 2, RETRY_MAX_S)
        if now_s - self._seen_s > UNSEEN_S_MAX:
            self._lose(f"not reconciled for {UNSEEN_S_MAX:g} s: {self.reconciliation.failed}")

    def _lose(self, reason: str) -> None:
        if not self._lost:
            self._loop.offer(m.VenueLost(0, self._trading.venue, reason))
        self._lost = reason

    async def _sessions(self) -> bool:
        """Pause instruments that the venue does not trade now; False where it did not answer."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                closed = await self._trading.closed_instruments()
        except (OutsideError, TimeoutError) as error:
            self.reconciliation.failed = str(error) or "no answer about closed instruments"
            return False
        state = self._loop.engine.state
        for market in state.markets:
            if market.venue != self._trading.venue:
                continue
            reason = closed.get(market.id)
            if reason is not None and state.lost_venues.get(market.id) != reason:
                self._loop.offer(m.InstrumentPaused(0, market.id, reason))
            elif reason is None and market.id in state.lost_venues:
                self._loop.offer(m.InstrumentResumed(0, market.id))
        return True


def problem_of(connection: Connection) -> str:
    """Why no order may go over a connection, "" where it may.

    >>> problem_of(Connection(is_up=True, count=1, clock_offset_ns=-100_000_001))
    "the venue's clock is 100.0 ms from ours, at most 100 ms is allowed"
    >>> problem_of(Connection(is_up=True, count=1, clock_offset_ns=100_000_000))
    ''
    """
    if not connection.is_up:
        return f"not connected: {connection.reason}" if connection.reason else "not connected"
    if connection.circuit == "open":
        return f"too many errors in a row: {connection.reason}"
    offset_ns = connection.clock_offset_ns
    if offset_ns is not None and abs(offset_ns) > OFFSET_NS_MAX:
        allowed_ms = OFFSET_NS_MAX // 1_000_000
        away_ms = abs(offset_ns) / 1e6
        return (
            f"the venue's clock is {away_ms:.1f} ms from ours, at most {allowed_ms} ms is allowed"
        )
    return ""
