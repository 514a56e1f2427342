"""History of bars of a spot venue through ccxt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from tradewind.adapters.ccxt.exchange import make_exchange, translated, venue_of
from tradewind.adapters.ccxt.instruments import instrument_of, symbol_of
from tradewind.adapters.net.decimals import price_units, size_units
from tradewind.adapters.net.page_columns import PageColumns
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.downloads import Page, Wanted

ROWS_MAX = 500
MILLISECOND_NS = 1_000_000


class CcxtDownloads:
    """Bars; `start` needs ccxt to be installed."""

    def __init__(self, exchange_id: str, *, address: str = "") -> None:
        self._id = exchange_id
        self._address = address
        self._exchange: Any = None

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return venue_of(self._id)

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """Bars only: what venues give of past trades differs too much."""
        return frozenset({"bars"})

    @property
    def timeframes(self) -> tuple[str, ...]:
        """What the venue has."""
        return tuple(self._exchange.timeframes or ()) if self._exchange else ()

    async def start(self) -> None:
        """Make ready."""
        self._exchange = make_exchange(self._id, address=self._address)

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition of a market."""
        markets = await self._asked(self._exchange.load_markets())
        market = markets.get(symbol_of(instrument_id, self.venue))
        if market is None:
            raise UserError(f"{instrument_id} is not listed at {self._id}: check its name")
        return instrument_of(market, self.venue, self._exchange.precisionMode)

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """Bars from the beginning on, as long as there are newer ones."""
        if wanted.timeframe not in self.timeframes:
            raise UserError(f"{self._id} has no bars of {wanted.timeframe}: use {self.timeframes}")
        step_ns = timeframe_ns(wanted.timeframe or "")
        columns = PageColumns(wanted)
        since_ns = wanted.start_ns
        while since_ns < wanted.end_ns:
            rows = await self._asked(
                self._exchange.fetch_ohlcv(
                    wanted.instrument.symbol, wanted.timeframe, since_ns // MILLISECOND_NS, ROWS_MAX
                )
            )
            last_ns = int(rows[-1][0]) * MILLISECOND_NS if rows else wanted.end_ns
            is_last = last_ns < since_ns or last_ns + step_ns >= wanted.end_ns
            yield columns.page(
                rows, lambda row: bar_row(row, wanted.instrument, step_ns), is_last=is_last
            )
            if is_last:
                return
            since_ns = last_ns + step_ns

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """None."""
        return []

    async def close(self) -> None:
        """Let go of the connection."""
        if self._exchange is not None:
            await self._exchange.close()
            self._exchange = None

    async def _asked(self, call: Any) -> Any:
        import ccxt

        try:
            return await call
        except ccxt.BaseError as error:
            raise translated(error, self._exchange) from None


def bar_row(row: list[Any], instrument: Instrument, length_ns: int) -> tuple[int, ...]:
    """A bar: open and close time, open, high, low, close, volume.

    [1504541580000,"4235.4","4240.6","4230.0","4230.7","37.72941911"]

    >>> btc = Instrument("BTC/USD.KRAKEN", tick="0.1", lot="0.00000001")
    >>> bar_row([60_000, "9.5", "9.7", "9.4", "9.6", "1.5"], btc, 60 * 10**9)[2:]
    (95, 97, 94, 96, 150000000)
    """
    opened = int(row[0]) * MILLISECOND_NS
    digits = instrument.price_digits
    first, high, low, last = (price_units(Decimal(str(each)), digits) for each in row[1:5])
    if not low <= min(first, last) <= max(first, last) <= high:
        raise BadData("a bar whose low and high do not enclose it")
    volume = size_units(Decimal(str(row[5])), instrument.quantity_digits)
    return (opened, opened + length_ns, first, high, low, last, volume)
