"""Binance's history for downloads: bars and aggregate prints, without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tradewind.adapters.binance.history import (
    INTERVALS,
    AggregateRow,
    BarRow,
    BinanceHistory,
    bar_values,
    print_of,
)
from tradewind.adapters.binance.hosts import SERVICES, Hosts, MarketKind
from tradewind.adapters.binance.market_data import listed
from tradewind.adapters.binance.rest import Rest
from tradewind.adapters.binance.rows import Grid
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.page_columns import PageColumns
from tradewind.adapters.net.session import Session
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.platform import Clock

MILLISECOND_NS = 1_000_000


class BinanceDownloads:
    """Spot's or USD-M's bars, and its prints as aggregates of one taker order and price."""

    def __init__(self, kind: MarketKind, hosts: Hosts, *, clock: Clock, chance: Chance) -> None:
        self._service = SERVICES[kind]
        self._hosts, self._clock, self._chance = hosts, clock, chance
        self._session: Session | None = None
        self._rest: Rest

    @property
    def venue(self) -> str:
        """BINANCE or BINANCE-USDM."""
        return self._service.venue

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """What it has."""
        return frozenset({"bars", "trades"})

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes of its bars."""
        return INTERVALS

    async def start(self) -> None:
        """Make ready."""
        self._session = Session()
        self._rest = Rest(
            self._service, self._hosts, self._session, clock=self._clock, chance=self._chance
        )

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition as the venue lists it now."""
        await self._rest.learn_time()
        (listing,) = await listed(self._rest, [instrument_id])
        return listing.instrument

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """Rows, a thousand a page; a bar that is not over yet is left for the next download."""
        history, columns = BinanceHistory(self._rest), PageColumns(wanted)
        instrument, start_ns, end_ns = wanted.instrument, wanted.start_ns, wanted.end_ns
        grid = Grid.of(instrument)
        if wanted.kind == "bars" and wanted.timeframe is not None:
            length_ns = timeframe_ns(wanted.timeframe)

            def bar_row(row: BarRow) -> tuple[int, ...]:
                opened = row.open_time * MILLISECOND_NS
                return opened, opened + length_ns, *bar_values(row, grid)

            bars = history.bar_pages(instrument, wanted.timeframe, start_ns, end_ns)
            async for rows, is_last in bars:
                yield columns.page(rows, bar_row, is_last=is_last)
        elif wanted.kind == "trades":

            def trade_row(row: AggregateRow) -> tuple[int, ...]:
                found = print_of(row, grid)
                time_ns = found.venue_time_ns
                return time_ns, time_ns, found.price, found.size, found.side

            async for prints, is_last in history.print_pages(instrument, start_ns, end_ns):
                yield columns.page(prints, trade_row, is_last=is_last)
        else:
            raise UserError(f"Binance has no history of {wanted.kind}: download bars or trades")

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """None: coins do not split."""
        return []

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None
