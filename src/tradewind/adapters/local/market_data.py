"""The generated market as a venue's live data: what happened since the last look."""

from __future__ import annotations

import asyncio

import msgspec

from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock
from tradewind.sim.demo import demo_instrument, demo_market
from tradewind.sim.market import MarketSnapshot
from tradewind.sim.market_faults import with_bad_rows

VENUE = "SIM"
LOOK_S = 0.05
"""How often the market is asked what happened."""
GAP_MAX_NS = 3_600_000_000_000
"""A market that stood still longer than this opens again at its last prices, now."""


class LocalMarketData:
    """The seeded demo market, in step with a clock; bad rows come among the good as in a feed.

    `saved` is what `snapshot` gave before: prices go on from there instead of from the start.
    """

    def __init__(
        self, instrument_ids: list[str], *, seed: int, clock: Clock, saved: bytes = b""
    ) -> None:
        self._clock = clock
        self._instruments = [demo_instrument(each) for each in instrument_ids]
        self._market = demo_market(seed, clock.now_ns(), instrument_ids)
        if saved:
            self._go_on(msgspec.msgpack.decode(saved, type=MarketSnapshot), seed, instrument_ids)

    @property
    def venue(self) -> str:
        """SIM."""
        return VENUE

    @property
    def instruments(self) -> list[Instrument]:
        """The demo instruments asked for."""
        return self._instruments

    async def start(self) -> None:
        """Do nothing: the instruments are ours."""

    async def run(self, take: TakeRows) -> None:
        """Deliver what happened, again and again, until cancelled."""
        while True:
            self.look(take)
            await asyncio.sleep(LOOK_S)

    def look(self, take: TakeRows) -> None:
        """Deliver what happened since the last look."""
        batches = self._market.advance(self._clock.now_ns())
        bad_rows = self._market.bad_rows
        for columns in batches:
            take(with_bad_rows(columns, bad_rows) if bad_rows else columns)

    def snapshot(self) -> bytes:
        """Where the market stands, for the next start."""
        return msgspec.msgpack.encode(self._market.snapshot())

    def _go_on(self, saved: MarketSnapshot, seed: int, instrument_ids: list[str]) -> None:
        """Continue a saved market of the same seed and instruments, skipping what was missed."""
        now_ns = self._clock.now_ns()
        missed_ns = now_ns - saved.delivered_ns
        if saved.seed != seed or list(saved.instruments) != instrument_ids or missed_ns < 0:
            return
        if missed_ns > GAP_MAX_NS:
            self._market.reopen(saved, now_ns)
            return
        self._market.restore(saved)
        self._market.advance(now_ns)
