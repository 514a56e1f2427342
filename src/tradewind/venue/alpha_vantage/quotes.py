"""Functions of the Alpha Vantage venue that are no time series: quotes, rates, search, hours."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from tradewind.venue.alpha_vantage.query import Query
from tradewind.venue.alpha_vantage.replies import Payload, csv_reply, invalid_call, json_reply
from tradewind.venue.equities.bars import bars_between
from tradewind.venue.equities.calendar import DAY_NS, is_open, new_york_time, utc_time
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.timeframe import Timeframe

BEST_MATCHES_MAX = 10
REGULAR_HOURS = {"local_open": "09:30", "local_close": "16:15"}


def global_quote(query: Query) -> web.Response:
    """The last price of a stock, and the day around it; empty for one that is not known."""
    tape = query.tapes.get(query.text("symbol").upper())
    names = (
        "symbol", "open", "high", "low", "price", "volume", "latest trading day",
        "previous close", "change", "change percent",
    )  # fmt: skip
    values = quote_values(query, tape) if tape is not None and tape.last_price else None
    if query.is_csv:
        header = ["symbol", "open", "high", "low", "price", "volume", "latestDay"]
        header += ["previousClose", "change", "changePercent"]
        return csv_reply(header, [values] if values else [])
    shown = {f"{number:02d}. {name}": text for number, (name, text) in
             enumerate(zip(names, values or [], strict=False), 1)}  # fmt: skip
    return json_reply({"Global Quote": shown})


def quote_values(query: Query, tape: Tape) -> list[str] | None:
    """The values of a quote, or None where there is no day yet."""
    days = bars_between(
        tape,
        Timeframe(1, "day"),
        begin_ns=query.now_ns - 10 * DAY_NS,
        end_ns=query.now_ns + 1,
        known_ns=query.now_ns,
        actions=query.actions,
        adjustment="raw",
    )
    if not days:
        return None
    today, before = days[-1], days[-2] if len(days) > 1 else days[-1]
    last = tape.last_price / 10.0**tape.security.price_digits
    change = last - before.close
    return [
        tape.security.symbol,
        f"{today.open:.4f}",
        f"{today.high:.4f}",
        f"{today.low:.4f}",
        f"{last:.4f}",
        f"{today.volume:.0f}",
        f"{new_york_time(today.time_ns):%Y-%m-%d}",
        f"{before.close:.4f}",
        f"{change:.4f}",
        f"{100 * change / before.close:.4f}%",
    ]


def exchange_rate(query: Query) -> web.Response:
    """The rate of a pair, currencies or crypto, in either direction."""
    base, quote = query.text("from_currency").upper(), query.text("to_currency").upper()
    tape, is_inverse = query.tapes.get(f"{base}/{quote}"), False
    if tape is None:
        tape, is_inverse = query.tapes.get(f"{quote}/{base}"), True
    best = tape.last_quote() if tape is not None else None
    if tape is None or best is None:
        raise invalid_call(query.function)
    unit = 10.0**tape.security.price_digits
    last, bid, ask = tape.last_price / unit, best.bid / unit, best.ask / unit
    if is_inverse:
        last, bid, ask = 1 / last, 1 / ask, 1 / bid
    rate: Payload = {
        "1. From_Currency Code": base,
        "2. From_Currency Name": base,
        "3. To_Currency Code": quote,
        "4. To_Currency Name": quote,
        "5. Exchange Rate": f"{last:.8f}",
        "6. Last Refreshed": f"{utc_time(query.now_ns):%Y-%m-%d %H:%M:%S}",
        "7. Time Zone": "UTC",
        "8. Bid Price": f"{bid:.8f}",
        "9. Ask Price": f"{ask:.8f}",
    }
    return json_reply({"Realtime Currency Exchange Rate": rate})


def symbol_search(query: Query) -> web.Response:
    """Symbols by words, the best match first."""
    words = query.text("keywords").lower()
    if not words:
        raise invalid_call(query.function)
    found = []
    for tape in query.tapes.values():
        security = tape.security
        if security.is_continuous or words not in f"{security.symbol} {security.name}".lower():
            continue
        score = 1.0 if words == security.symbol.lower() else len(words) / len(security.name)
        found.append((score, security))
    found.sort(key=lambda pair: (-pair[0], pair[1].symbol))
    matches = [
        {
            "1. symbol": security.symbol,
            "2. name": security.name,
            "3. type": "ETF" if "ETF" in security.name else "Equity",
            "4. region": "United States",
            "5. marketOpen": "09:30",
            "6. marketClose": "16:00",
            "7. timezone": "UTC-05",
            "8. currency": "USD",
            "9. matchScore": f"{min(score, 1.0):.4f}",
        }
        for score, security in found[:BEST_MATCHES_MAX]
    ]
    if query.is_csv:
        header = ["symbol", "name", "type", "region", "marketOpen", "marketClose", "timezone"]
        return csv_reply([*header, "currency", "matchScore"], [[*row.values()] for row in matches])
    return json_reply({"bestMatches": matches})


def market_status(query: Query) -> web.Response:
    """Which markets are open."""
    word = "open" if is_open(query.now_ns) else "closed"
    markets: list[Payload] = [
        {
            "market_type": "Equity",
            "region": "United States",
            "primary_exchanges": "NASDAQ, NYSE, AMEX, BATS",
            **REGULAR_HOURS,
            "current_status": word,
            "notes": "",
        },
        {
            "market_type": "Cryptocurrency",
            "region": "Global",
            "primary_exchanges": "Global",
            "local_open": "00:00",
            "local_close": "23:59",
            "current_status": "open",
            "notes": "",
        },
    ]
    return json_reply({"endpoint": "Global Market Open & Close Status", "markets": markets})


def splits(query: Query) -> web.Response:
    """Splits of a stock."""
    symbol = query.subject("stock").security.symbol
    rows = [
        {"effective_date": each.day.isoformat(), "split_factor": f"{each.new / each.old:.4f}"}
        for each in query.actions.splits
        if each.symbol == symbol
    ]
    return action_reply(query, symbol, ["effective_date", "split_factor"], rows)


def dividends(query: Query) -> web.Response:
    """Dividends of a stock, the newest first."""
    symbol = query.subject("stock").security.symbol
    rows = [
        {
            "ex_dividend_date": each.day.isoformat(),
            "declaration_date": each.declaration_day.isoformat(),
            "record_date": each.record_day.isoformat(),
            "payment_date": each.pay_day.isoformat(),
            "amount": f"{each.cash}",
        }
        for each in sorted(query.actions.dividends, key=lambda each: each.day, reverse=True)
        if each.symbol == symbol
    ]
    header = ["ex_dividend_date", "declaration_date", "record_date", "payment_date", "amount"]
    return action_reply(query, symbol, header, rows)


def action_reply(
    query: Query, symbol: str, header: list[str], rows: list[dict[str, str]]
) -> web.Response:
    """Corporate actions as JSON or CSV."""
    if query.is_csv:
        return csv_reply(header, [[row[name] for name in header] for row in rows])
    return json_reply({"symbol": symbol, "data": rows})


FUNCTIONS: dict[str, Callable[[Query], web.Response]] = {
    "GLOBAL_QUOTE": global_quote,
    "CURRENCY_EXCHANGE_RATE": exchange_rate,
    "SYMBOL_SEARCH": symbol_search,
    "MARKET_STATUS": market_status,
    "SPLITS": splits,
    "DIVIDENDS": dividends,
}
"""Every function that is served and is no time series."""
