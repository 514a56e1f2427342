"""Routes of market data of the Alpaca venue: the past in pages, and the latest."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial

from aiohttp import web

from tradewind.venue.alpaca.action_payloads import corporate_actions
from tradewind.venue.alpaca.data_payloads import Row, bar_row, quote_row, trade_row
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.endpoint import Call, endpoint
from tradewind.venue.alpaca.refusal import BAD_REQUEST, FORBIDDEN, Refusal
from tradewind.venue.equities.bars import PriceBar, bars_between
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS
from tradewind.venue.equities.paging import Place, page_of
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.timeframe import Timeframe
from tradewind.venue.equities.times import rfc3339
from tradewind.venue.orders import BUY, SELL

Payload = dict[str, object]
LIMIT_DEFAULT = 1_000
LIMIT_MAX = 10_000
RECENT_NS = 15 * MINUTE_NS
"""The free plan sees the consolidated tape only when it is older than this."""
UNITS = {"Min": "minute", "T": "minute", "Hour": "hour", "H": "hour", "Day": "day", "D": "day",
         "Week": "week", "W": "week", "Month": "month", "M": "month"}  # fmt: skip
UNIT_COUNTS = {
    "minute": range(1, 60), "hour": range(1, 24), "day": (1,), "week": (1,),
    "month": (1, 2, 3, 4, 6, 12),
}  # fmt: skip
BOOK_LEVELS = 10


def add_data_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    stocks, crypto = DataRoutes(desk, "us_equity"), DataRoutes(desk, "crypto")

    def add(path: str, handle: Callable[[Call], object]) -> None:
        application.router.add_get(path, endpoint(desk, handle, budget="data"))

    for kind in ("bars", "trades", "quotes"):
        add(f"/v2/stocks/{kind}", getattr(stocks, kind))
        add(f"/v2/stocks/{kind}/latest", getattr(stocks, f"latest_{kind}"))
        add(f"/v1beta3/crypto/us/{kind}", getattr(crypto, kind))
        add(f"/v1beta3/crypto/us/latest/{kind}", getattr(crypto, f"latest_{kind}"))
        add(f"/v2/stocks/{{symbol}}/{kind}", getattr(stocks, kind))
        add(f"/v2/stocks/{{symbol}}/{kind}/latest", getattr(stocks, f"latest_{kind}"))
    add("/v2/stocks/snapshots", stocks.snapshots)
    add("/v2/stocks/{symbol}/snapshot", stocks.snapshots)
    add("/v1beta3/crypto/us/snapshots", crypto.snapshots)
    add("/v1beta3/crypto/us/latest/orderbooks", crypto.orderbooks)
    add("/v2/stocks/meta/exchanges", exchanges)
    add("/v2/stocks/meta/conditions/{kind}", conditions)
    add("/v1beta1/news", news)
    add("/v1/corporate-actions", lambda call: corporate_actions(desk.actions, call))


class DataRoutes:
    """What the routes do, for stocks or for crypto."""

    def __init__(self, desk: Desk, asset_class: str) -> None:
        self._desk = desk
        self._class = asset_class

    # --- the past ----------------------------------------------------------------------------

    def bars(self, call: Call) -> Payload:
        """Bars of a timeframe."""
        timeframe = parse_timeframe(call.query.get("timeframe", ""))
        adjustment = call.word("adjustment", "raw", ("raw", "split", "dividend", "all"))

        def rows(tape: Tape, begin_ns: int, end_ns: int) -> list[Row]:
            bars = bars_between(
                tape,
                timeframe,
                begin_ns=begin_ns,
                end_ns=end_ns,
                known_ns=call.now_ns,
                actions=self._desk.actions,
                adjustment=adjustment,
            )
            return [bar_row(bar, tape.security) for bar in bars]

        days = 10 if timeframe.is_intraday else 400
        return self._pages(call, "bars", rows, days * DAY_NS)

    def trades(self, call: Call) -> Payload:
        """Trades."""
        return self._pages(
            call,
            "trades",
            lambda tape, begin_ns, end_ns: [
                trade_row(each, tape.security) for each in tape.trades_between(begin_ns, end_ns)
            ],
        )

    def quotes(self, call: Call) -> Payload:
        """Quotes."""
        return self._pages(
            call,
            "quotes",
            lambda tape, begin_ns, end_ns: [
                quote_row(each, tape.security) for each in tape.quotes_between(begin_ns, end_ns)
            ],
        )

    def _pages(
        self,
        call: Call,
        kind: str,
        rows_of: Callable[[Tape, int, int], list[Row]],
        chunk_ns: int = DAY_NS,
    ) -> Payload:
        """One page: symbol by symbol, the limit counts rows of all, a token tells the next row."""
        begin_ns, end_ns = self._span(call)
        limit = call.number("limit", LIMIT_DEFAULT, LIMIT_MAX)
        is_back = call.word("sort", "asc", ("asc", "desc")) == "desc"
        symbols, is_single = self._symbols(call)
        start_symbol, place = parse_token(call.query.get("page_token", ""), symbols)
        found: dict[str, list[Row]] = {}
        token = None
        for symbol in symbols[symbols.index(start_symbol) if start_symbol else 0 :]:
            tape = self._tape(symbol)
            if tape is None:
                continue
            page, following = page_of(
                partial(rows_of, tape),
                row_time,
                span_ns=(begin_ns, end_ns),
                limit=limit - sum(map(len, found.values())),
                chunk_ns=chunk_ns,
                is_back=is_back,
                place=place if symbol == start_symbol else None,
            )
            if page:
                found[symbol] = [with_text_time(row) for row in page]
            if following is not None:
                token = make_token(symbol, following)
                break
        if is_single:
            only = symbols[0]
            return {"symbol": only, kind: found.get(only, []), "next_page_token": token}
        return {kind: found, "next_page_token": token}

    def _span(self, call: Call) -> tuple[int, int]:
        """From start to end, which is included; today (UTC) where nothing is said."""
        begin_ns, end_ns = call.time("start"), call.time("end")
        if begin_ns is None:
            begin_ns = call.now_ns // DAY_NS * DAY_NS
        if end_ns is None:
            end_ns = call.now_ns
        elif "T" not in call.query["end"]:
            end_ns += DAY_NS - 1  # the whole day
        if begin_ns > end_ns and call.query.get("end"):
            raise Refusal(BAD_REQUEST, "end should not be before start")
        end_ns = min(end_ns, call.now_ns)
        self._check_plan(call, end_ns)
        return begin_ns, end_ns + 1

    def _check_plan(self, call: Call, end_ns: int) -> None:
        """The free plan has the consolidated tape only when it is old."""
        if self._class == "crypto" or call.customer.plan != "free":
            return
        if call.query.get("feed") == "sip" and end_ns > call.now_ns - RECENT_NS:
            raise Refusal(FORBIDDEN, "subscription does not permit querying recent SIP data")

    def _symbols(self, call: Call) -> tuple[list[str], bool]:
        """The symbols asked for, and whether the path names a single one."""
        single = call.path.get("symbol")
        symbols = sorted(set([single] if single else call.symbols()))
        if not symbols:
            raise Refusal(BAD_REQUEST, "symbols is required")
        for symbol in symbols:
            is_pair = "/" in symbol
            if is_pair != (self._class == "crypto"):
                raise Refusal(BAD_REQUEST, f"invalid symbol: {symbol}")
        return symbols, single is not None

    def _tape(self, symbol: str) -> Tape | None:
        """The tape of a symbol, or None where nothing is known of it."""
        tape = self._desk.market.tapes.get(symbol)
        return tape if tape is not None and tape.security.asset_class == self._class else None

    # --- the latest --------------------------------------------------------------------------

    def latest_bars(self, call: Call) -> Payload:
        """The last minute that is over."""
        return self._latest(call, "bar", lambda tape: self._last_bar(tape, call.now_ns, MINUTE))

    def latest_trades(self, call: Call) -> Payload:
        """The last trade."""
        return self._latest(call, "trade", last_trade_row)

    def latest_quotes(self, call: Call) -> Payload:
        """The last quote."""
        return self._latest(call, "quote", last_quote_row)

    def _latest(self, call: Call, kind: str, row_of: Callable[[Tape], Row | None]) -> Payload:
        symbols, is_single = self._symbols(call)
        found: dict[str, Row] = {}
        for symbol in symbols:
            tape = self._tape(symbol)
            row = row_of(tape) if tape is not None else None
            if row is not None:
                found[symbol] = with_text_time(row)
        if is_single:
            return {"symbol": symbols[0], kind: found.get(symbols[0])}
        return {f"{kind}s": found}

    def snapshots(self, call: Call) -> Payload:
        """Last trade and quote, last minute, this day and the one before."""
        symbols, is_single = self._symbols(call)
        found: Payload = {}
        for symbol in symbols:
            tape = self._tape(symbol)
            if tape is not None and tape.last_price:
                found[symbol] = self._snapshot(tape, call.now_ns)
        if is_single:
            return {"symbol": symbols[0], **found.get(symbols[0], {})}  # type: ignore[dict-item]
        return {"snapshots": found} if self._class == "crypto" else found

    def _snapshot(self, tape: Tape, now_ns: int) -> Payload:
        days = self._bars(tape, now_ns, DAY, 10 * DAY_NS)
        rows = [bar_row(bar, tape.security) for bar in days]
        parts: dict[str, Row | None] = {
            "latestTrade": last_trade_row(tape),
            "latestQuote": last_quote_row(tape),
            "minuteBar": self._last_bar(tape, now_ns, MINUTE),
            "dailyBar": rows[-1] if rows else None,
            "prevDailyBar": rows[-2] if len(rows) > 1 else None,
        }
        return {name: with_text_time(row) if row else None for name, row in parts.items()}

    def _bars(self, tape: Tape, now_ns: int, timeframe: Timeframe, back_ns: int) -> list[PriceBar]:
        return bars_between(
            tape,
            timeframe,
            begin_ns=now_ns - back_ns,
            end_ns=now_ns + 1,
            known_ns=now_ns,
            actions=self._desk.actions,
            adjustment="raw",
        )

    def _last_bar(self, tape: Tape, now_ns: int, timeframe: Timeframe) -> Row | None:
        """The newest bar that is over."""
        bars = self._bars(tape, now_ns, timeframe, 5 * DAY_NS)
        over = [bar for bar in bars if bar.time_ns + MINUTE_NS <= now_ns]
        return bar_row(over[-1], tape.security) if over else None

    def orderbooks(self, call: Call) -> Payload:
        """Crypto books."""
        symbols, _ = self._symbols(call)
        now = rfc3339(call.now_ns)
        return {
            "orderbooks": {
                symbol: {**self.book_levels(symbol), "t": now}
                for symbol in symbols
                if self._tape(symbol) is not None
            }
        }

    def book_levels(self, symbol: str) -> Payload:
        """The best levels of a book."""
        book = self._desk.exchange.books[symbol]
        return {
            name: [
                {"p": float(price), "s": float(size)}
                for price, size in book.levels(side, BOOK_LEVELS)
            ]
            for name, side in (("b", BUY), ("a", SELL))
        }


MINUTE = Timeframe(1, "minute")
DAY = Timeframe(1, "day")


def last_trade_row(tape: Tape) -> Row | None:
    """The last trade of a tape."""
    trade = tape.last_trade()
    return trade_row(trade, tape.security) if trade is not None else None


def last_quote_row(tape: Tape) -> Row | None:
    """The last quote of a tape."""
    quote = tape.last_quote()
    return quote_row(quote, tape.security) if quote is not None else None


def with_text_time(row: Row) -> Row:
    """A row with its time as JSON shows it."""
    return {**row, "t": rfc3339(row_time(row))}


def parse_timeframe(text: str) -> Timeframe:
    """A timeframe as `5Min`, `1Hour` or `1Day`.

    >>> parse_timeframe("15Min")
    Timeframe(count=15, unit='minute')
    """
    digits = "".join(filter(str.isdigit, text))
    unit = UNITS.get(text[len(digits) :])
    if not digits or unit is None or int(digits) not in UNIT_COUNTS[unit]:
        raise Refusal(BAD_REQUEST, f"invalid timeframe: {text}")
    return Timeframe(int(digits), unit)


def row_time(row: Row) -> int:
    """The time of a row in nanoseconds."""
    time_ns = row["t"]
    assert isinstance(time_ns, int)
    return time_ns


def make_token(symbol: str, place: Place) -> str:
    """Where the next page begins.

    >>> parse_token(make_token("AAPL", Place(100, 2)), ["AAPL"])
    ('AAPL', Place(time_ns=100, skip=2))
    """
    text = f"{symbol}|{place.time_ns}|{place.skip}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def parse_token(token: str, symbols: list[str]) -> tuple[str, Place | None]:
    """Symbol and place of a token; nothing for none."""
    if not token:
        return "", None
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        text = ""
    symbol, *numbers = text.split("|")
    if symbol not in symbols or len(numbers) != 2 or not all(map(str.isdecimal, numbers)):
        raise Refusal(BAD_REQUEST, "invalid page_token")
    return symbol, Place(int(numbers[0]), int(numbers[1]))


def exchanges(_: Call) -> dict[str, str]:
    """Codes of exchanges."""
    return {"Q": "NASDAQ", "P": "NYSE Arca", "N": "New York Stock Exchange", "V": "IEX"}


def conditions(call: Call) -> dict[str, str]:
    """Codes of conditions."""
    return {"@": "Regular Sale"} if call.path["kind"] == "trade" else {"R": "Regular Market Maker"}


def news(_: Call) -> Payload:
    """There are no news here."""
    return {"news": [], "next_page_token": None}
