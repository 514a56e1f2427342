"""Market data of the Alpaca venue as it is shown: bars, trades, quotes, books, statuses."""

from __future__ import annotations

from tradewind.venue.equities.bars import PriceBar
from tradewind.venue.equities.tape import TapeQuote, TapeTrade
from tradewind.venue.equities.universe import Security

EXCHANGE = {"NASDAQ": "Q", "ARCA": "P"}
TAPE = {"NASDAQ": "C", "ARCA": "B"}
Row = dict[str, object]
"""One row; its time "t" is in nanoseconds until it is written as JSON or MessagePack."""


def bar_row(bar: PriceBar, security: Security) -> Row:
    """A bar; volumes of stocks are whole shares."""
    return {
        "t": bar.time_ns,
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume if security.is_crypto else int(bar.volume),
        "n": bar.count,
        "vw": bar.vwap,
    }


def trade_row(trade: TapeTrade, security: Security) -> Row:
    """A trade; crypto tells the taker's side, stocks exchange, tape and conditions."""
    price = trade.price / 10.0**security.price_digits
    size = trade.size / 10.0**security.quantity_digits
    if security.is_crypto:
        side = "B" if trade.side > 0 else "S"
        return {"t": trade.time_ns, "p": price, "s": size, "tks": side, "i": trade.number}
    return {
        "t": trade.time_ns,
        "x": EXCHANGE.get(security.exchange, "Q"),
        "p": price,
        "s": int(size) if size.is_integer() else size,
        "c": ["@"],
        "i": trade.number,
        "z": TAPE.get(security.exchange, "C"),
    }


def quote_row(quote: TapeQuote, security: Security) -> Row:
    """Best bid and ask; sizes in shares."""
    prices, sizes = 10.0**security.price_digits, 10.0**security.quantity_digits
    bid_size, ask_size = quote.bid_size / sizes, quote.ask_size / sizes
    if security.is_crypto:
        return {
            "t": quote.time_ns,
            "bp": quote.bid / prices,
            "bs": bid_size,
            "ap": quote.ask / prices,
            "as": ask_size,
        }
    venue = EXCHANGE.get(security.exchange, "Q")
    return {
        "t": quote.time_ns,
        "ax": venue,
        "ap": quote.ask / prices,
        "as": int(ask_size),
        "bx": venue,
        "bp": quote.bid / prices,
        "bs": int(bid_size),
        "c": ["R"],
        "z": TAPE.get(security.exchange, "C"),
    }
