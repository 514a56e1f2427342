"""Alpaca's history: bars, trades and quotes page by page, splits and dividends."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from tradewind.adapters.alpaca.account import AlpacaAccount
from tradewind.adapters.alpaca.instruments import VENUE
from tradewind.adapters.alpaca.page_wire import (
    BarsPage,
    CorporateActionsPage,
    QuotesPage,
    TradesPage,
)
from tradewind.adapters.alpaca.page_wire import (
    Page as WirePage,
)
from tradewind.adapters.alpaca.rest import AlpacaRest, Hosts, Keys, rest_of
from tradewind.adapters.alpaca.rows import bar_row, quote_row, trade_row
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.page_columns import PageColumns
from tradewind.adapters.net.query import Value
from tradewind.adapters.net.rfc3339 import day_ns_of, time_text_of
from tradewind.adapters.net.session import Session
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.platform import Clock

ROWS_MAX = 10_000
"""Rows of a page."""
PAGES_MAX = 1_000_000
TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d")
UNITS = {"m": "Min", "h": "Hour", "d": "Day"}
ACTION_TYPES = "forward_split,reverse_split,cash_dividend"

KINDS: dict[ColumnKind, type[BarsPage] | type[TradesPage] | type[QuotesPage]] = {
    "bars": BarsPage,
    "trades": TradesPage,
    "quotes": QuotesPage,
}


class AlpacaDownloads:
    """History of equities (raw, as traded) and of crypto."""

    def __init__(self, keys: Keys, hosts: Hosts, *, clock: Clock, chance: Chance) -> None:
        self._keys = keys
        self._hosts = hosts
        self._clock = clock
        self._chance = chance
        self._session: Session | None = None
        self._data: AlpacaRest
        self._account: AlpacaAccount

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """What it has."""
        return frozenset(KINDS)

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes of its bars."""
        return TIMEFRAMES

    async def start(self) -> None:
        """Make ready."""
        self._session = Session()
        self._data = self._rest("alpaca data", self._hosts.data)
        self._account = AlpacaAccount(
            self._rest("alpaca trading", self._hosts.trading), self._clock
        )

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition behind an asset."""
        await self._account.learn([instrument_id])
        return self._account.listings.of(instrument_id).instrument

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """Rows by symbol, up to 10,000 a page."""
        kind = KINDS.get(wanted.kind)
        if kind is None:
            raise UserError(f"Alpaca has no history of {wanted.kind}: download bars or trades")
        columns = PageColumns(wanted)
        row_of = _row_of(wanted)
        parameters = _parameters(wanted, self._hosts.feed)
        for _ in range(PAGES_MAX):
            answer: WirePage = await self._data.get(path_of(wanted), parameters, kind)
            given: list[Any] = (answer.rows or {}).get(wanted.instrument.symbol) or []
            yield columns.page(given, row_of, is_last=not answer.next_page)
            if not answer.next_page:
                return
            if answer.next_page == parameters.get("page_token"):
                raise BadAnswer("Alpaca names the same page as the next one again")
            parameters["page_token"] = answer.next_page

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """Splits and cash dividends."""
        if instrument.kind != "equity":
            return []
        parameters: dict[str, Value] = {
            "symbols": instrument.symbol,
            "types": ACTION_TYPES,
            "start": time_text_of(start_ns)[:10],
            "end": time_text_of(end_ns - 1)[:10],
            "limit": 1_000,
        }
        found: list[CorporateAction] = []
        while True:
            page = await self._data.get("/v1/corporate-actions", parameters, CorporateActionsPage)
            found += actions_of(page, instrument.symbol)
            if not page.next_page or page.next_page == parameters.get("page_token"):
                return sorted(found, key=lambda action: (action.ex_date_ns, action.kind))
            parameters["page_token"] = page.next_page

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _rest(self, name: str, base: str) -> AlpacaRest:
        assert self._session is not None, "started first"
        return rest_of(
            name, base, self._session, self._keys, clock=self._clock, chance=self._chance
        )


def path_of(wanted: Wanted) -> str:
    """Where a kind of rows is."""
    if wanted.instrument.kind == "equity":
        return f"/v2/stocks/{wanted.kind}"
    return f"/v1beta3/crypto/us/{wanted.kind}"


def venue_timeframe(timeframe: str) -> str:
    """A timeframe in the venue's words.

    >>> venue_timeframe("15m"), venue_timeframe("1d")
    ('15Min', '1Day')
    """
    match = re.fullmatch(r"([0-9]+)([mhd])", timeframe)
    if match is None or timeframe not in TIMEFRAMES:
        raise UserError(f"Alpaca has no bars of {timeframe}: use one of {', '.join(TIMEFRAMES)}")
    return match[1] + UNITS[match[2]]


def actions_of(page: CorporateActionsPage, symbol: str) -> list[CorporateAction]:
    """The corporate actions of a symbol."""
    actions = page.actions
    splits = [*actions.forward_splits, *actions.reverse_splits]
    return [
        CorporateAction("split", day_ns_of(s.ex_date), f"{s.new_rate:f}", f"{s.old_rate:f}")
        for s in splits
        if s.symbol == symbol
    ] + [
        CorporateAction("dividend", day_ns_of(d.ex_date), amount=f"{d.rate:f}")
        for d in actions.cash_dividends
        if d.symbol == symbol
    ]


def _parameters(wanted: Wanted, feed: str) -> dict[str, Value]:
    """The end is included at the venue, so ours lies one nanosecond before the range's."""
    parameters: dict[str, Value] = {
        "symbols": wanted.instrument.symbol,
        "start": time_text_of(wanted.start_ns),
        "end": time_text_of(wanted.end_ns - 1),
        "limit": ROWS_MAX,
        "sort": "asc",
    }
    if wanted.kind == "bars":
        parameters["timeframe"] = venue_timeframe(wanted.timeframe or "")
    if wanted.instrument.kind == "equity":
        parameters["feed"] = feed
        if wanted.kind == "bars":
            parameters["adjustment"] = "raw"
    return parameters


def _row_of(wanted: Wanted) -> Callable[[Any], tuple[int, ...]]:
    instrument = wanted.instrument
    if wanted.kind == "bars":
        length_ns = timeframe_ns(wanted.timeframe or "")
        return lambda bar: bar_row(bar, instrument, length_ns)
    one = trade_row if wanted.kind == "trades" else quote_row
    return lambda each: one(each, instrument)
