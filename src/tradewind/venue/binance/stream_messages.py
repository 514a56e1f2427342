"""Messages of the market streams, as spot sends them; what USD-M sends otherwise is its dialect."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradewind.venue.binance.numbers import percent, text8
from tradewind.venue.binance.traded_bars import bars_of
from tradewind.venue.book import Book, PriceLevel
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import PublicTrade
from tradewind.venue.history import AggregateTrade, TradedBar, TradeHistory
from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, SELL, ZERO

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue

WINDOWS_MS = {
    "ticker": 86_400_000, "miniTicker": 86_400_000, "ticker_1h": 3_600_000,
    "ticker_4h": 14_400_000, "ticker_1d": 86_400_000,
}  # fmt: skip
EVENTS = {
    "ticker": "24hrTicker", "miniTicker": "24hrMiniTicker", "ticker_1h": "1hTicker",
    "ticker_4h": "4hTicker", "ticker_1d": "1dTicker",
}  # fmt: skip


def trade(made: PublicTrade, now_ms: int) -> dict[str, Any]:
    """The payload: {"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",
    "T":1672515782136,"m":true,"M":true}
    """
    return {
        "e": "trade",
        "E": now_ms,
        "s": made.symbol,
        "t": made.id,
        "p": text8(made.price),
        "q": text8(made.quantity),
        "T": milliseconds(made.time_ns),
        "m": made.is_buyer_maker,
        "M": True,
    }


def aggregate(symbol: str, made: AggregateTrade, now_ms: int) -> dict[str, Any]:
    """The payload: {"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001",
    "q":"100","f":100,"l":105,"T":1672515782136,"m":true,"M":true}
    """
    return {
        "e": "aggTrade",
        "E": now_ms,
        "s": symbol,
        "a": made.id,
        "p": text8(made.price),
        "q": text8(made.quantity),
        "f": made.first_id,
        "l": made.last_id,
        "T": made.time_ms,
        "m": made.is_buyer_maker,
        "M": True,
    }


def bar(
    symbol: str, interval: str, made: TradedBar, now_ms: int, *, is_closed: bool
) -> dict[str, Any]:
    """The payload: {"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,...}}"""
    return {
        "e": "kline",
        "E": now_ms,
        "s": symbol,
        "k": {
            "t": made.open_ms,
            "T": made.close_ms,
            "s": symbol,
            "i": interval,
            "f": made.first_id,
            "L": made.last_id,
            "o": text8(made.open),
            "c": text8(made.close),
            "h": text8(made.high),
            "l": text8(made.low),
            "v": text8(made.volume),
            "n": made.count,
            "x": is_closed,
            "q": text8(made.value),
            "V": text8(made.taker_volume),
            "Q": text8(made.taker_value),
            "B": "0",
        },
    }


def bars_to_send(
    history: TradeHistory, interval: str, now_ms: int, shown_ms: int | None
) -> Iterator[tuple[TradedBar, bool]]:
    """The bars that closed since the last one shown, then the one that grows."""
    bars = bars_of(history, interval, now_ms)
    if not bars:
        return
    for closed in bars[:-1]:
        if shown_ms is not None and closed.open_ms >= shown_ms:
            yield closed, True
    yield bars[-1], False


def prices(message: dict[str, Any]) -> tuple[Any, ...]:
    """What of a book ticker tells it from the one before."""
    return tuple(message[letter] for letter in "bBaA")


def spoiled(message: Any) -> Any:
    """A message one of whose prices has more digits than the tick.

    >>> spoiled({"e": "trade", "p": "61837.63000000", "q": "0.1"})["p"]
    '61837.63000001'
    """
    if not isinstance(message, dict):
        return message
    for letter in "pb":
        if isinstance(message.get(letter), str):
            return {**message, letter: message[letter][:-1] + "1"}
    return message


class SpotDialect:
    """Messages that differ between spot and futures."""

    depth_speed_ms = 1_000

    def __init__(self, venue: BinanceVenue) -> None:
        self._venue = venue

    def listing(self, symbol: str) -> Listing:
        """The listing of a symbol."""
        return self._venue.exchange.listing(symbol)

    def trade(self, made: PublicTrade, now_ms: int) -> dict[str, Any]:
        """A trade."""
        return trade(made, now_ms)

    def aggregate(self, symbol: str, made: AggregateTrade, now_ms: int) -> dict[str, Any]:
        """Trades of one aggressor."""
        return aggregate(symbol, made, now_ms)

    def book_ticker(self, symbol: str) -> dict[str, Any] | None:
        """The payload: {"u":400900217,"s":"BNBUSDT","b":"25.35","B":"31","a":"25.36","A":"40"}

        None while a side is empty.
        """
        book = self._venue.exchange.books[symbol]
        bid, ask = book.best(BUY), book.best(SELL)
        if bid is None or ask is None:
            return None
        return {
            "u": book.update_id,
            "s": symbol,
            "b": text8(bid[0]),
            "B": text8(bid[1]),
            "a": text8(ask[0]),
            "A": text8(ask[1]),
        }

    def partial_depth(self, symbol: str, limit: int, now_ms: int) -> dict[str, Any]:
        """The payload: {"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}"""
        book = self._venue.exchange.books[symbol]
        return {
            "lastUpdateId": book.update_id,
            "bids": level_texts(book.levels(BUY, limit)),
            "asks": level_texts(book.levels(SELL, limit)),
        }

    def depth_update(
        self,
        book: Book,
        bids: list[PriceLevel],
        asks: list[PriceLevel],
        *,
        before_id: int,
        now_ms: int,
    ) -> dict[str, Any]:
        """The payload: {"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,
        "b":[["0.0024","10"]],"a":[["0.0026","100"]]}
        """
        return {
            "e": "depthUpdate",
            "E": now_ms,
            "s": book.listing.symbol,
            "U": before_id + 1,
            "u": book.update_id,
            "b": level_texts(bids),
            "a": level_texts(asks),
        }

    def ticker(self, symbol: str, kind: str, now_ms: int) -> dict[str, Any] | None:
        """A ticker of a window, or the average price; None while nothing traded."""
        if kind == "avgPrice":
            return self._average(symbol, now_ms)
        if kind not in WINDOWS_MS:
            return None
        made = self._venue.history[symbol].window(now_ms - WINDOWS_MS[kind], now_ms)
        if made is None:
            return None
        row: dict[str, Any] = {"e": EVENTS[kind], "E": now_ms, "s": symbol}
        ends = {
            "c": text8(made.close),
            "o": text8(made.open),
            "h": text8(made.high),
            "l": text8(made.low),
            "v": text8(made.volume),
            "q": text8(made.value),
        }
        if kind == "miniTicker":
            return row | ends
        row |= ends | self._changes(made, now_ms - WINDOWS_MS[kind], now_ms)
        return row | self._last_and_best(symbol) if kind == "ticker" else row

    def _changes(self, made: TradedBar, from_ms: int, to_ms: int) -> dict[str, Any]:
        return {
            "p": f"{made.close - made.open:.8f}",
            "P": percent(made.close - made.open, made.open),
            "w": text8(made.value / made.volume if made.volume else ZERO),
            "O": from_ms,
            "C": to_ms,
            "F": made.first_id,
            "L": made.last_id,
            "n": made.count,
        }

    def _last_and_best(self, symbol: str) -> dict[str, str]:
        book, last = self._venue.exchange.books[symbol], self._venue.history[symbol].last
        bid, ask = book.best(BUY) or (ZERO, ZERO), book.best(SELL) or (ZERO, ZERO)
        return {
            "x": text8(self._venue.history[symbol].trades[0].price),
            "Q": text8(ZERO if last is None else last.quantity),
            "b": text8(bid[0]),
            "B": text8(bid[1]),
            "a": text8(ask[0]),
            "A": text8(ask[1]),
        }

    def _average(self, symbol: str, now_ms: int) -> dict[str, Any] | None:
        average, last = self._venue.average_price(symbol), self._venue.history[symbol].last
        if average is None or last is None:
            return None
        return {
            "e": "avgPrice",
            "E": now_ms,
            "s": symbol,
            "i": "5m",
            "w": text8(average),
            "T": milliseconds(last.time_ns),
        }


def level_texts(levels: list[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Price and size of each level as text."""
    return [[text8(price), text8(size)] for price, size in levels]
