"""Calls about the market that anyone may make: book, trades, bars, tickers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError, illegal, mandatory
from tradewind.venue.binance.numbers import percent, text8
from tradewind.venue.binance.order_calls import limit_of
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.binance.traded_bars import INTERVALS_MS, bar_row, bars_of
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import PublicTrade
from tradewind.venue.history import AggregateTrade, TradedBar
from tradewind.venue.orders import BUY, SELL, ZERO

DEPTH_LIMIT_MAX = 5000
DAY_MS = 86_400_000
MINUTE_MS = 60_000
SYMBOLS_PATTERN = r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$'
WINDOWS_MS = {"m": 60_000, "h": 3_600_000, "d": DAY_MS}


def depth(call: Call) -> dict[str, Any]:
    """GET depth."""
    limit = limit_of(call.parameters, 100, DEPTH_LIMIT_MAX)
    return depth_answer(call, call.symbol(), limit)


def depth_answer(call: Call, symbol: str, limit: int) -> dict[str, Any]:
    """The payload: {"lastUpdateId": 1027024, "bids": [["4.00000000", "431.00000000"]], ...}"""
    book = call.venue.exchange.books[symbol]
    return {
        "lastUpdateId": book.update_id,
        "bids": levels_text(book.levels(BUY, limit)),
        "asks": levels_text(book.levels(SELL, limit)),
    }


def levels_text(levels: list[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Price and size of each level as text."""
    return [[text8(price), text8(size)] for price, size in levels]


def depth_weight(parameters: Parameters) -> int:
    """The weight of a depth call by how many levels it wants."""
    text = parameters.texts.get("limit", "")
    limit = int(text) if text.isascii() and text.isdecimal() else 100
    return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250


def trades(call: Call) -> list[dict[str, Any]]:
    """GET trades and historicalTrades."""
    history = call.venue.history[call.symbol()]
    limit = limit_of(call.parameters)
    from_id = call.parameters.optional_integer("fromId")
    if from_id is None:
        found = list(history.trades)[-limit:]
    else:
        found = [trade for trade in history.trades if trade.id >= from_id][:limit]
    return [trade_row(trade) for trade in found]


def trade_row(trade: PublicTrade) -> dict[str, Any]:
    """A trade as REST shows it."""
    return {
        "id": trade.id,
        "price": text8(trade.price),
        "qty": text8(trade.quantity),
        "quoteQty": text8(trade.price * trade.quantity),
        "time": milliseconds(trade.time_ns),
        "isBuyerMaker": trade.is_buyer_maker,
        "isBestMatch": True,
    }


def aggregate_trades(call: Call) -> list[dict[str, Any]]:
    """GET aggTrades."""
    history = call.venue.history[call.symbol()]
    parameters = call.parameters
    limit = limit_of(parameters)
    from_id, start, end = (
        parameters.optional_integer(name) for name in ("fromId", "startTime", "endTime")
    )
    found = [
        each
        for each in history.aggregates
        if (from_id is None or each.id >= from_id)
        and (start is None or each.time_ms >= start)
        and (end is None or each.time_ms <= end)
    ]
    chosen = found[-limit:] if from_id is None and start is None else found[:limit]
    return [aggregate_row(each) for each in chosen]


def aggregate_row(aggregate: AggregateTrade) -> dict[str, Any]:
    """Trades of one aggressor as REST shows them."""
    return {
        "a": aggregate.id,
        "p": text8(aggregate.price),
        "q": text8(aggregate.quantity),
        "f": aggregate.first_id,
        "l": aggregate.last_id,
        "T": aggregate.time_ms,
        "m": aggregate.is_buyer_maker,
        "M": True,
    }


def klines(call: Call) -> list[list[Any]]:
    """GET klines and uiKlines."""
    symbol, parameters = call.symbol(), call.parameters
    interval = parameters.required("interval")
    if interval not in INTERVALS_MS:
        raise ApiError(-1120)
    start, end = (parameters.optional_integer(name) for name in ("startTime", "endTime"))
    parameters.text("timeZone")
    limit = limit_of(parameters)
    bars = bars_of(call.venue.history[symbol], interval, call.venue.market_ms())
    if start is not None:
        bars = [bar for bar in bars if bar.open_ms >= start]
    if end is not None:
        bars = [bar for bar in bars if bar.open_ms <= end]
    chosen = bars[-limit:] if start is None else bars[:limit]
    return [bar_row(bar) for bar in chosen]


def average_price(call: Call) -> dict[str, Any]:
    """GET avgPrice: the mean of the last minutes by volume."""
    symbol = call.symbol()
    average = call.venue.average_price(symbol)
    last = call.venue.history[symbol].last
    if average is None or last is None:
        raise ApiError(-1000)
    return {"mins": 5, "price": text8(average), "closeTime": milliseconds(last.time_ns)}


# --- tickers -----------------------------------------------------------------------------------


def symbols_of(call: Call) -> tuple[list[str], bool]:
    """The symbols a ticker call is about, and whether it named just one."""
    single = call.parameters.text("symbol")
    several = call.parameters.text("symbols")
    if single and several:
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    if single:
        return [call.listed(single)], True
    if several is None:
        return list(call.venue.exchange.books), False
    try:
        names = json.loads(several)
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not names:
        raise illegal("symbols", SYMBOLS_PATTERN)
    return [call.listed(str(name)) for name in names], False


def of_symbols(call: Call, one: Any) -> Any:
    """An answer for the one symbol named, or a list of answers."""
    symbols, is_single = symbols_of(call)
    return one(symbols[0]) if is_single else [one(symbol) for symbol in symbols]


def price_ticker(call: Call) -> Any:
    """GET ticker/price."""

    def one(symbol: str) -> dict[str, Any]:
        price = call.venue.exchange.books[symbol].reference_price()
        return {"symbol": symbol, "price": text8(price or ZERO)}

    return of_symbols(call, one)


def book_ticker(call: Call) -> Any:
    """GET ticker/bookTicker."""
    return of_symbols(call, lambda symbol: {"symbol": symbol, **best_of(call, symbol)})


def best_of(call: Call, symbol: str) -> dict[str, str]:
    """Best prices and their sizes; a side that is empty shows zeros."""
    book = call.venue.exchange.books[symbol]
    bid, ask = book.best(BUY) or (ZERO, ZERO), book.best(SELL) or (ZERO, ZERO)
    return {
        "bidPrice": text8(bid[0]),
        "bidQty": text8(bid[1]),
        "askPrice": text8(ask[0]),
        "askQty": text8(ask[1]),
    }


def day_ticker(call: Call) -> Any:
    """GET ticker/24hr."""
    kind = call.parameters.choice("type", ("FULL", "MINI")) or "FULL"
    now_ms = call.venue.market_ms()
    from_ms = now_ms - DAY_MS

    def one(symbol: str) -> dict[str, Any]:
        row = window_row(call, symbol, from_ms, now_ms, kind)
        if kind == "MINI":
            return row
        last = call.venue.history[symbol].last
        extra = {
            "prevClosePrice": row["openPrice"],
            "lastQty": text8(ZERO if last is None else last.quantity),
        }
        return {**row, **extra, **best_of(call, symbol)}

    return of_symbols(call, one)


def trading_day_ticker(call: Call) -> Any:
    """GET ticker/tradingDay: since midnight UTC."""
    kind = call.parameters.choice("type", ("FULL", "MINI")) or "FULL"
    call.parameters.text("timeZone")
    now_ms = call.venue.market_ms()
    from_ms = now_ms - now_ms % DAY_MS

    def one(symbol: str) -> dict[str, Any]:
        row = window_row(call, symbol, from_ms, now_ms, kind)
        return {**row, "openTime": from_ms, "closeTime": from_ms + DAY_MS - 1}

    return of_symbols(call, one)


def rolling_ticker(call: Call) -> Any:
    """GET ticker: over a window of 1m..59m, 1h..23h, 1d..7d."""
    if not (call.parameters.text("symbol") or call.parameters.text("symbols")):
        raise mandatory("symbol")
    kind = call.parameters.choice("type", ("FULL", "MINI")) or "FULL"
    window = call.parameters.text("windowSize") or "1d"
    unit, count = window[-1:], window[:-1]
    highest = {"m": 59, "h": 23, "d": 7}.get(unit, 0)
    if not count.isdecimal() or not 1 <= int(count) <= highest:
        raise ApiError(-1130, "Data sent for parameter 'windowSize' is not valid.")
    now_ms = call.venue.market_ms()
    from_ms = now_ms - int(count) * WINDOWS_MS[unit]
    from_ms -= from_ms % MINUTE_MS
    return of_symbols(call, lambda symbol: window_row(call, symbol, from_ms, now_ms, kind))


def window_row(call: Call, symbol: str, from_ms: int, to_ms: int, kind: str) -> dict[str, Any]:
    """What happened in a window of whole minutes."""
    bar = call.venue.history[symbol].window(from_ms, to_ms)
    if bar is None:
        price = call.venue.exchange.books[symbol].reference_price() or ZERO
        bar = TradedBar(from_ms, to_ms, price, price, price, price)
    row: dict[str, Any] = {"symbol": symbol}
    if kind == "FULL":
        mean = bar.value / bar.volume if bar.volume else ZERO
        row["priceChange"] = f"{bar.close - bar.open:.8f}"
        row["priceChangePercent"] = percent(bar.close - bar.open, bar.open)
        row["weightedAvgPrice"] = text8(mean)
    return row | {
        "openPrice": text8(bar.open),
        "highPrice": text8(bar.high),
        "lowPrice": text8(bar.low),
        "lastPrice": text8(bar.close),
        "volume": text8(bar.volume),
        "quoteVolume": text8(bar.value),
        "openTime": from_ms,
        "closeTime": to_ms,
        "firstId": bar.first_id,
        "lastId": bar.last_id,
        "count": bar.count,
    }
