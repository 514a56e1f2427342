"""Massive's history: bars, trades and quotes, splits, dividends, and the last quote."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

from tradewind.adapters.massive import wire
from tradewind.adapters.massive.instruments import VENUE, instrument_of, kind_of, ticker_of
from tradewind.adapters.massive.rest import REQUESTS_PER_MINUTE, Hosts, MassiveRest, rest_of
from tradewind.adapters.massive.rows import MILLISECOND_NS, bar_row, quote_row, trade_row
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.page_columns import PageColumns
from tradewind.adapters.net.query import Value, encoded
from tradewind.adapters.net.rfc3339 import day_ns_of, time_text_of
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused

ROWS_MAX = 50_000
"""Rows of a page; of bars the venue counts the minutes or days they are made of."""
TIMEFRAMES = ("1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d")
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


class MassiveDownloads:
    """History of equities (as traded, not adjusted), crypto and currencies."""

    def __init__(
        self,
        key: Secret,
        hosts: Hosts,
        *,
        clock: Clock,
        chance: Chance,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> None:
        self._key = key
        self._hosts = hosts
        self._clock = clock
        self._chance = chance
        self._requests_per_minute = requests_per_minute
        self._session: Session | None = None
        self._rest: MassiveRest

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """What it has."""
        return frozenset({"bars", "trades", "quotes"})

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes of its bars."""
        return TIMEFRAMES

    async def start(self) -> None:
        """Make ready."""
        self._session = Session()
        self._rest = rest_of(
            self._hosts,
            self._session,
            self._key,
            clock=self._clock,
            chance=self._chance,
            requests_per_minute=self._requests_per_minute,
        )

    async def check_key(self) -> None:
        """Ask for the last day of one equity; `Refused` where the key is not taken."""
        await self._rest.get("/v2/aggs/ticker/AAPL/prev", {"adjusted": False}, wire.BarsPage)

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition; that of crypto wants the last day's price."""
        ticker = ticker_of(instrument_id)
        if kind_of(instrument_id) == "fx":
            return instrument_of(instrument_id, Decimal(1))
        path = f"/v2/aggs/ticker/{encoded(ticker)}/prev"
        try:
            answer = await self._rest.get(path, {"adjusted": False}, wire.BarsPage)
        except Refused as error:
            raise UserError(f"{instrument_id}: {error}") from None
        if not answer.results:
            raise UserError(f"Massive has no {ticker}: name a ticker that it lists")
        return instrument_of(instrument_id, answer.results[-1].close)

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """Rows, a page behind the other."""
        path, parameters, answer, row_of = _question(wanted)
        columns = PageColumns(wanted)
        async for page in self._rest.pages(path, parameters, answer):
            yield columns.page(page.results, row_of, is_last=not page.next_url)

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """Splits and cash dividends."""
        if instrument.kind != "equity":
            return []
        ticker = instrument.symbol
        first, last = time_text_of(start_ns)[:10], time_text_of(end_ns - 1)[:10]
        found: list[CorporateAction] = []
        splits = _between(ticker, "execution_date", first, last)
        async for page in self._rest.pages("/v3/reference/splits", splits, wire.SplitsPage):
            found += [_split(one) for one in page.results if one.ticker == ticker]
        dividends = _between(ticker, "ex_dividend_date", first, last)
        async for paid in self._rest.pages(
            "/v3/reference/dividends", dividends, wire.DividendsPage
        ):
            found += [_dividend(one) for one in paid.results if one.ticker == ticker]
        return sorted(found, key=lambda action: (action.ex_date_ns, action.kind))

    async def snapshot(self, instrument: Instrument) -> wire.TickerSnapshot:
        """The last quote of an equity."""
        path = f"/v2/snapshot/locale/us/markets/stocks/tickers/{encoded(instrument.symbol)}"
        return (await self._rest.get(path, {}, wire.SnapshotAnswer)).ticker

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def venue_timeframe(timeframe: str) -> str:
    """A timeframe as it stands in a path.

    >>> venue_timeframe("15m"), venue_timeframe("1d")
    ('15/minute', '1/day')
    """
    match = re.fullmatch(r"([0-9]+)([smhd])", timeframe)
    if match is None or timeframe not in TIMEFRAMES:
        raise UserError(f"Massive has no bars of {timeframe}: use one of {', '.join(TIMEFRAMES)}")
    return f"{match[1]}/{UNITS[match[2]]}"


Question = tuple[str, dict[str, Value], type[Any], Callable[[Any], tuple[int, ...]]]


def _question(wanted: Wanted) -> Question:
    """Path, parameters, shape of the answer, and how its rows are read."""
    instrument = wanted.instrument
    ticker = encoded(ticker_of(instrument.id))
    if wanted.kind == "bars":
        first = wanted.start_ns // MILLISECOND_NS
        last = (wanted.end_ns - 1) // MILLISECOND_NS
        step = venue_timeframe(wanted.timeframe or "")
        length_ns = timeframe_ns(wanted.timeframe or "")
        path = f"/v2/aggs/ticker/{ticker}/range/{step}/{first}/{last}"
        given: dict[str, Value] = {"adjusted": False, "sort": "asc", "limit": ROWS_MAX}
        return path, given, wire.BarsPage, lambda bar: bar_row(bar, instrument, length_ns)
    given = {
        "timestamp.gte": wanted.start_ns,
        "timestamp.lt": wanted.end_ns,
        "order": "asc",
        "sort": "timestamp",
        "limit": ROWS_MAX,
    }
    if wanted.kind == "trades":
        row_of = lambda one: trade_row(one, instrument)  # noqa: E731
        return f"/v3/trades/{ticker}", given, wire.TradesPage, row_of
    if wanted.kind == "quotes":
        row_of = lambda one: quote_row(one, instrument)  # noqa: E731
        return f"/v3/quotes/{ticker}", given, wire.QuotesPage, row_of
    raise UserError(f"Massive has no history of {wanted.kind}: download bars, trades or quotes")


def _between(ticker: str, name: str, first: str, last: str) -> dict[str, Value]:
    return {
        "ticker": ticker,
        f"{name}.gte": first,
        f"{name}.lte": last,
        "order": "asc",
        "sort": name,
        "limit": 1_000,
    }


def _split(one: wire.Split) -> CorporateAction:
    new, old = f"{one.split_to:f}", f"{one.split_from:f}"
    return CorporateAction("split", day_ns_of(one.execution_date), new, old)


def _dividend(one: wire.Dividend) -> CorporateAction:
    day_ns = day_ns_of(one.ex_dividend_date)
    return CorporateAction("dividend", day_ns, amount=f"{one.cash_amount:f}")
