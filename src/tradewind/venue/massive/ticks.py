"""Routes of the Massive venue: trades and quotes, past and last, and snapshots."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from tradewind.venue.equities.calendar import DAY_NS
from tradewind.venue.equities.paging import Place, page_of
from tradewind.venue.equities.tape import Tape, TapeQuote, TapeTrade
from tradewind.venue.equities.timeframe import Timeframe
from tradewind.venue.massive.aggregates import adjusted_bars, bar_row, day_bars, day_before
from tradewind.venue.massive.answers import Payload, bad, not_found
from tradewind.venue.massive.desk import TICKERS, Call, Desk, endpoint, is_day, ticker_of, time_of

LIMIT_DEFAULT = 1_000
LIMIT_MAX = 50_000
SPAN_DEFAULT_NS = 7 * DAY_NS
"""Without a lower bound so much of the past is looked through."""
EXCHANGE_IDS = {"NASDAQ": 12, "ARCA": 11, "CRYPTO": 1}
TAPES = {"NASDAQ": 3, "ARCA": 2}
LOWER_BOUNDS = {"gte": 0, "gt": 1}
UPPER_BOUNDS = {"lt": 0, "lte": 1}
"""Comparisons, and by how many ns their bound is off that of a stretch without its end."""
MINUTE = Timeframe(1, "minute")


def add_tick_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    stocks = "/v2/snapshot/locale/{locale}/markets/{market}"
    for path, handle in (
        ("/v3/trades/{ticker}", trades),
        ("/v3/quotes/{ticker}", quotes),
        ("/v2/last/trade/{ticker}", last_trade),
        ("/v2/last/nbbo/{ticker}", last_quote),
        ("/v1/last/crypto/{base}/{quote}", last_crypto),
        (f"{stocks}/tickers", snapshots),
        (f"{stocks}/tickers/{{ticker}}", snapshot),
        (f"{stocks}/{{direction}}", movers),
    ):
        application.router.add_get(path, endpoint(desk, handle))


# --- the past --------------------------------------------------------------------------------


def trades(call: Call) -> Payload:
    """Trades in pages, the newest first unless asked otherwise."""
    return pages(
        call, lambda tape, span: [trade_row(tape, row) for row in tape.trades_between(*span)]
    )


def quotes(call: Call) -> Payload:
    """Quotes in pages, the newest first unless asked otherwise."""
    return pages(
        call, lambda tape, span: [quote_row(tape, row) for row in tape.quotes_between(*span)]
    )


def pages(call: Call, rows_of: Callable[[Tape, tuple[int, int]], list[Payload]]) -> Payload:
    """One page of rows, and where the next is."""
    call.needs_paid()
    limit = call.number("limit", LIMIT_DEFAULT, LIMIT_MAX)
    order = call.word("order", "desc", ("asc", "desc"))
    begin_ns, end_ns = span_of(call)
    tape = call.desk.tape(call.path["ticker"])
    if tape is None:
        return call.envelope(results=[])
    page, following = page_of(
        lambda first_ns, last_ns: rows_of(tape, (first_ns, last_ns)),
        row_time,
        span_ns=(begin_ns, end_ns),
        limit=limit,
        chunk_ns=DAY_NS,
        is_back=order == "desc",
        place=Place(call.place_ns, call.offset) if call.place_ns else None,
    )
    payload = call.envelope(results=page)
    if following is not None:
        state = {"begin_ns": begin_ns, "end_ns": end_ns, "place_ns": following.time_ns}
        payload["next_url"] = call.next_url(following.skip, order=order, limit=limit, **state)
    return payload


def row_time(row: Payload) -> int:
    """The time of a row in nanoseconds."""
    time_ns = row["participant_timestamp"]
    assert isinstance(time_ns, int)
    return time_ns


def span_of(call: Call) -> tuple[int, int]:
    """The stretch of time that `timestamp` and its comparisons leave; the end is excluded."""
    if "begin_ns" in call.cursor:
        return call.count("begin_ns"), call.count("end_ns")
    begin_ns, end_ns = -1, call.now_ns + 1
    exact = call.text("timestamp")
    if exact:
        begin_ns = time_of(exact)
        end_ns = begin_ns + (DAY_NS if is_day(exact) else 1)
    for name, shift_ns in LOWER_BOUNDS.items():
        text = call.text(f"timestamp.{name}")
        if text:
            begin_ns = max(begin_ns, time_of(text) + shift_ns)
    for name, shift_ns in UPPER_BOUNDS.items():
        text = call.text(f"timestamp.{name}")
        if text:
            # A day stands for its midnight, except that "lte" includes it whole.
            whole_ns = DAY_NS - 1 if name == "lte" and is_day(text) else 0
            end_ns = min(end_ns, time_of(text) + shift_ns + whole_ns)
    if begin_ns < 0:
        begin_ns = end_ns - SPAN_DEFAULT_NS
    if begin_ns > end_ns:
        raise bad("The timestamps leave nothing between them.")
    return begin_ns, min(end_ns, call.now_ns + 1)


def trade_row(tape: Tape, trade: TapeTrade) -> Payload:
    """A trade; its times are nanoseconds."""
    security = tape.security
    row: Payload = {
        "conditions": [1 if trade.side < 0 else 2] if security.is_crypto else [],
        "exchange": EXCHANGE_IDS.get(security.exchange, 12),
        "id": str(trade.number),
        "participant_timestamp": trade.time_ns,
        "price": price(tape, trade.price),
        "size": size(tape, trade.size),
    }
    if not security.is_crypto:
        row["sip_timestamp"] = trade.time_ns
        row["sequence_number"] = trade.number
        row["tape"] = TAPES.get(security.exchange, 3)
    return row


def quote_row(tape: Tape, quote: TapeQuote) -> Payload:
    """A quote; its times are nanoseconds."""
    venue = EXCHANGE_IDS.get(tape.security.exchange, 12)
    return {
        "ask_exchange": venue,
        "ask_price": price(tape, quote.ask),
        "ask_size": size(tape, quote.ask_size),
        "bid_exchange": venue,
        "bid_price": price(tape, quote.bid),
        "bid_size": size(tape, quote.bid_size),
        "conditions": [1],
        "participant_timestamp": quote.time_ns,
        "sip_timestamp": quote.time_ns,
        "sequence_number": quote.time_ns // 1_000 % 10**9,
        "tape": TAPES.get(tape.security.exchange, 3),
    }


def price(tape: Tape, units: int) -> float:
    """A price as a number."""
    return units / 10.0**tape.security.price_digits


def size(tape: Tape, units: int) -> float | int:
    """A size as a number: whole where it is whole."""
    number = units / 10.0**tape.security.quantity_digits
    return int(number) if number.is_integer() else number


# --- the last --------------------------------------------------------------------------------


def known_tape(call: Call, ticker: str) -> Tape:
    """The tape of a ticker that has traded, or a failure."""
    tape = call.desk.tape(ticker)
    if tape is None or not tape.last_price:
        raise not_found()
    return tape


def last_trade(call: Call) -> Payload:
    """The last trade."""
    call.needs_paid()
    tape = known_tape(call, call.path["ticker"])
    trade = tape.last_trade()
    if trade is None:
        raise not_found()
    return call.envelope(results={"T": call.path["ticker"], **short_trade(tape, trade)})


def short_trade(tape: Tape, trade: TapeTrade) -> Payload:
    """A trade with short names."""
    return {
        "c": [],
        "i": str(trade.number),
        "p": price(tape, trade.price),
        "q": trade.number,
        "s": size(tape, trade.size),
        "t": trade.time_ns,
        "x": EXCHANGE_IDS.get(tape.security.exchange, 12),
        "y": trade.time_ns,
        "z": TAPES.get(tape.security.exchange, 3),
    }


def last_quote(call: Call) -> Payload:
    """The last quote."""
    call.needs_paid()
    tape = known_tape(call, call.path["ticker"])
    quote = tape.last_quote()
    if quote is None:
        raise not_found()
    return call.envelope(results={"T": call.path["ticker"], **short_quote(tape, quote)})


def short_quote(tape: Tape, quote: TapeQuote) -> Payload:
    """A quote with short names: small letters for the bid, capitals for the ask."""
    venue = EXCHANGE_IDS.get(tape.security.exchange, 12)
    return {
        "P": price(tape, quote.ask),
        "S": size(tape, quote.ask_size),
        "X": venue,
        "p": price(tape, quote.bid),
        "s": size(tape, quote.bid_size),
        "x": venue,
        "q": quote.time_ns // 1_000 % 10**9,
        "t": quote.time_ns,
        "y": quote.time_ns,
        "z": TAPES.get(tape.security.exchange, 3),
    }


def last_crypto(call: Call) -> Payload:
    """The last trade of a pair."""
    call.needs_paid()
    tape = known_tape(call, f"X:{call.path['base']}{call.path['quote']}".upper())
    trade = tape.last_trade()
    if trade is None:
        raise not_found()
    last = {
        "conditions": [2 if trade.side > 0 else 1],
        "exchange": 1,
        "price": price(tape, trade.price),
        "size": size(tape, trade.size),
        "timestamp": trade.time_ns // 1_000_000,
    }
    symbol = tape.security.symbol.replace("/", "-")
    return {"status": "success", "request_id": call.request_id, "symbol": symbol, "last": last}


# --- snapshots -------------------------------------------------------------------------------


def snapshots(call: Call) -> Payload:
    """All tickers of a market, or those that are named."""
    call.needs_paid()
    wanted = {each for each in call.text("tickers").split(",") if each}
    rows = [
        snapshot_row(call, tape)
        for tape in market_tapes(call)
        if not wanted or ticker_of(tape.security) in wanted
    ]
    return call.envelope(count=len(rows), tickers=rows)


def market_tapes(call: Call) -> list[Tape]:
    """The tapes of the market that a path names, as far as they trade."""
    is_crypto = call.path["market"] == "crypto"
    return [
        call.desk.market.tapes[security.symbol]
        for security in TICKERS.values()
        if security.is_crypto == is_crypto and security.is_active
    ]


def snapshot(call: Call) -> Payload:
    """One ticker."""
    call.needs_paid()
    tape = known_tape(call, call.path["ticker"])
    return call.envelope(ticker=snapshot_row(call, tape))


def movers(call: Call) -> Payload:
    """The tickers that rose most, or fell most."""
    call.needs_paid()
    if call.path["direction"] not in ("gainers", "losers"):
        raise not_found("The requested resource was not found.")
    is_gaining = call.path["direction"] == "gainers"
    rows = [snapshot_row(call, tape) for tape in market_tapes(call)]
    found = [row for row in rows if (change_of(row) > 0) == is_gaining and change_of(row)]
    found.sort(key=change_of, reverse=is_gaining)
    return call.envelope(tickers=found[:20])


def change_of(row: Payload) -> float:
    """By how many percent a ticker has moved since the day before."""
    return float(str(row["todaysChangePerc"]))


def snapshot_row(call: Call, tape: Tape) -> Payload:
    """Day, last minute, day before, last trade and quote of a ticker."""
    days = day_bars(call, tape)
    before = day_before(call, tape)
    today = days[-1] if days and days[-1] is not before else None
    minutes = adjusted_bars(
        call, tape, MINUTE, (call.now_ns - 5 * DAY_NS, call.now_ns + 1), is_adjusted=True
    )
    trade, quote = tape.last_trade(), tape.last_quote()
    row: Payload = {"ticker": ticker_of(tape.security), "updated": 0}
    row["todaysChange"] = row["todaysChangePerc"] = 0.0
    if before is not None:
        change = price(tape, tape.last_price) - before.close
        row["todaysChange"] = float(f"{change:.4f}")
        row["todaysChangePerc"] = float(f"{100 * change / before.close:.4f}")
        row["prevDay"] = bar_row(before)
    if today is not None:
        row["day"] = bar_row(today)
    if minutes:
        row["min"] = {**bar_row(minutes[-1]), "av": int(today.volume) if today else 0}
    if trade is not None:
        kept = ("c", "i", "p", "s", "t", "x")
        short = short_trade(tape, trade)
        row["lastTrade"] = {name: short[name] for name in kept}
        row["updated"] = trade.time_ns
    if quote is not None:
        short = short_quote(tape, quote)
        row["lastQuote"] = {name: short[name] for name in ("P", "S", "p", "s", "t")}
    return row
