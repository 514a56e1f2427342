"""Routes of the Massive venue: bars of a range, of the day before, of all stocks, of one day."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from tradewind.venue.equities.bars import PriceBar, bars_between
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS, new_york_ns, session_of
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.timeframe import CALENDAR_UNITS, LENGTHS, Timeframe
from tradewind.venue.massive.answers import Payload, bad, not_found
from tradewind.venue.massive.desk import (
    NS_PER_MS,
    TICKERS,
    Call,
    Desk,
    endpoint,
    is_day,
    ticker_of,
    time_of,
)

LIMIT_DEFAULT = 5_000
LIMIT_MAX = 50_000
MULTIPLIER_MAX = 10_000
DAY_MINUTES = 390
DAY = Timeframe(1, "day")


def add_aggregate_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    for path, handle in (
        ("/v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{begin}/{end}", aggregates),
        ("/v2/aggs/ticker/{ticker}/prev", previous),
        ("/v2/aggs/grouped/locale/{locale}/market/{market}/{date}", grouped),
        ("/v1/open-close/{ticker}/{date}", open_close),
    ):
        application.router.add_get(path, endpoint(desk, handle))


def aggregates(call: Call) -> Payload:
    """Bars of a range, in pages; the limit counts the minutes or days that they are made of."""
    ticker = call.path["ticker"]
    timeframe = timeframe_of(call)
    is_adjusted = call.word("adjusted", "true", ("true", "false")) == "true"
    order = call.word("sort", "asc", ("asc", "desc"))
    limit = call.number("limit", LIMIT_DEFAULT, LIMIT_MAX)
    tape = call.desk.tape(ticker)
    begin_ns, end_ns = bounds(call, tape)
    rows: list[PriceBar] = []
    if tape is not None:
        rows = adjusted_bars(call, tape, timeframe, (begin_ns, end_ns), is_adjusted=is_adjusted)
    if order == "desc":
        rows.reverse()
    page, base_count = first_page(rows[call.offset :], timeframe, limit)
    payload = call.envelope(
        ticker=ticker,
        queryCount=base_count,
        resultsCount=len(page),
        adjusted=is_adjusted,
        count=len(page),
    )
    if page:
        payload["results"] = [bar_row(bar) for bar in page]
    if call.offset + len(page) < len(rows):
        word = "true" if is_adjusted else "false"
        payload["next_url"] = call.next_url(
            call.offset + len(page), sort=order, limit=limit, adjusted=word
        )
    return payload


def timeframe_of(call: Call) -> Timeframe:
    """Multiplier and timespan of a path."""
    multiplier, unit = call.path["multiplier"], call.path["timespan"]
    if not multiplier.isdecimal() or not 1 <= int(multiplier) <= MULTIPLIER_MAX:
        raise bad(f"The multiplier '{multiplier}' must be between 1 and {MULTIPLIER_MAX}.")
    if unit not in (*LENGTHS, *CALENDAR_UNITS):
        raise bad(f"The timespan '{unit}' is not supported.")
    if unit == "second":
        raise bad("Aggregates of seconds are not kept here: use minutes.")
    return Timeframe(int(multiplier), unit)


def bounds(call: Call, tape: Tape | None) -> tuple[int, int]:
    """From a time to another, as UTC nanoseconds; days are included whole, in New York's time."""
    begin, end = call.path["begin"], call.path["end"]
    is_crypto = tape is not None and tape.security.is_crypto

    def start_of(text: str) -> int:
        if is_day(text) and not is_crypto:
            return new_york_ns(date.fromisoformat(text), 0)
        return time_of(text)

    begin_ns, end_ns = start_of(begin), start_of(end)
    if begin_ns > end_ns:
        raise bad("The 'to' date must be after the 'from' date.")
    return begin_ns, end_ns + (DAY_NS if is_day(end) else 1)


def adjusted_bars(
    call: Call, tape: Tape, timeframe: Timeframe, span: tuple[int, int], *, is_adjusted: bool
) -> list[PriceBar]:
    """Bars, for splits only where they are adjusted."""
    return bars_between(
        tape,
        timeframe,
        begin_ns=span[0],
        end_ns=min(span[1], call.now_ns + 1),
        known_ns=call.now_ns,
        actions=call.desk.actions,
        adjustment="split" if is_adjusted else "raw",
    )


def first_page(
    rows: list[PriceBar], timeframe: Timeframe, limit: int
) -> tuple[list[PriceBar], int]:
    """As many bars as the limit of base bars allows, one at least, and how many those are."""
    used = 0
    for place, bar in enumerate(rows):
        base = bar.minutes if timeframe.is_intraday else max(1, bar.minutes // DAY_MINUTES)
        if place and used + base > limit:
            return rows[:place], used
        used += base
    return rows, used


def bar_row(bar: PriceBar) -> Payload:
    """A bar; "t" is its start in milliseconds."""
    return {
        "v": bar.volume,
        "vw": bar.vwap,
        "o": bar.open,
        "c": bar.close,
        "h": bar.high,
        "l": bar.low,
        "t": bar.time_ns // NS_PER_MS,
        "n": bar.count,
    }


def day_bars(call: Call, tape: Tape, *, back_days: int = 10) -> list[PriceBar]:
    """The bars of the last days, the running one included."""
    return adjusted_bars(
        call, tape, DAY, (call.now_ns - back_days * DAY_NS, call.now_ns + 1), is_adjusted=True
    )


def day_before(call: Call, tape: Tape) -> PriceBar | None:
    """The last bar of a day that is over."""
    over = [bar for bar in day_bars(call, tape) if bar.time_ns + DAY_NS <= call.now_ns]
    return over[-1] if over else None


def previous(call: Call) -> Payload:
    """The bar of the day before."""
    ticker = call.path["ticker"]
    tape = call.desk.tape(ticker)
    bar = day_before(call, tape) if tape is not None else None
    rows = [{"T": ticker, **bar_row(bar)}] if bar is not None else []
    payload = call.envelope(
        ticker=ticker, queryCount=len(rows), resultsCount=len(rows), adjusted=True, count=len(rows)
    )
    return {**payload, "results": rows} if rows else payload


def grouped(call: Call) -> Payload:
    """The bars of one day of all stocks, or of all crypto pairs."""
    day = day_of_path(call)
    is_crypto = call.path["market"] == "crypto"
    rows = []
    for security in TICKERS.values():
        if security.is_crypto != is_crypto:
            continue
        bar = bar_of_day(call, call.desk.market.tapes[security.symbol], day)
        if bar is not None:
            rows.append({"T": ticker_of(security), **bar_row(bar)})
    return call.envelope(
        queryCount=len(rows),
        resultsCount=len(rows),
        count=len(rows),
        adjusted=True,
        results=rows,
    )


def day_of_path(call: Call) -> date:
    """The day that a path names."""
    if not is_day(call.path["date"]):
        raise bad(f"Could not parse the date: '{call.path['date']}'.")
    return date.fromisoformat(call.path["date"])


def bar_of_day(call: Call, tape: Tape, day: date) -> PriceBar | None:
    """The bar of one day."""
    begin_ns = new_york_ns(day, 0)
    if tape.security.is_crypto:
        begin_ns = time_of(day.isoformat())
    found = adjusted_bars(call, tape, DAY, (begin_ns, begin_ns + MINUTE_NS), is_adjusted=True)
    return found[0] if found else None


def open_close(call: Call) -> Payload:
    """Open and close of one day, with the first price before and the last behind it."""
    ticker, day = call.path["ticker"], day_of_path(call)
    tape = call.desk.tape(ticker)
    bar = bar_of_day(call, tape, day) if tape is not None else None
    if tape is None or bar is None:
        raise not_found()
    payload: Payload = {
        "status": "OK",
        "from": day.isoformat(),
        "symbol": ticker,
        "open": bar.open,
        "high": bar.high,
        "low": bar.low,
        "close": bar.close,
        "volume": bar.volume,
    }
    session = session_of(day)
    if session is None or tape.security.is_crypto:
        return payload
    minute = Timeframe(1, "minute")
    before = adjusted_bars(call, tape, minute, (session.pre_ns, session.open_ns), is_adjusted=True)
    after = adjusted_bars(call, tape, minute, (session.close_ns, session.post_ns), is_adjusted=True)
    payload["preMarket"] = before[0].open if before else bar.open
    payload["afterHours"] = after[-1].close if after else bar.close
    return payload
