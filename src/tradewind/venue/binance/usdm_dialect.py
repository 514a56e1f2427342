"""Messages of the futures streams where they differ from spot's."""

from __future__ import annotations

from typing import Any

from tradewind.venue.binance import stream_messages as messages
from tradewind.venue.binance.stream_messages import SpotDialect
from tradewind.venue.binance.usdm_rows import money, on_step
from tradewind.venue.book import Book, PriceLevel
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import PublicTrade
from tradewind.venue.history import AggregateTrade
from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, SELL

FUNDING_INTERVAL_MS = 28_800_000
DEPTH_SPEED_MS = 250


class UsdmDialect(SpotDialect):
    """USD-M's forms: every event has its times, depth updates chain by `pu`."""

    depth_speed_ms = DEPTH_SPEED_MS

    def trade(self, made: PublicTrade, now_ms: int) -> dict[str, Any]:
        """The payload: {"e":"trade","E":1723161256306,"T":1723161256303,"s":"ETHUSDT",
        "t":4308069000,"p":"2681.63","q":"0.030","X":"MARKET","m":false}
        """
        listing = self.listing(made.symbol)
        return {
            "e": "trade",
            "E": now_ms,
            "T": milliseconds(made.time_ns),
            "s": made.symbol,
            "t": made.id,
            "p": on_step(made.price, listing.tick),
            "q": on_step(made.quantity, listing.lot),
            "X": "MARKET",
            "m": made.is_buyer_maker,
        }

    def aggregate(self, symbol: str, made: AggregateTrade, now_ms: int) -> dict[str, Any]:
        """As spot's, without M."""
        row = messages.aggregate(symbol, made, now_ms)
        del row["M"]
        return row

    def book_ticker(self, symbol: str) -> dict[str, Any] | None:
        """The payload: {"e":"bookTicker","u":5123107838717,"s":"ETHUSDT","b":"2681.62",
        "B":"1.165","a":"2681.63","A":"73.077","T":1723161256310,"E":1723161256311}
        """
        book = self._venue.exchange.books[symbol]
        bid, ask = book.best(BUY), book.best(SELL)
        if bid is None or ask is None:
            return None
        now_ms = self._venue.chaos.clock.now_ms()
        listing = book.listing
        return {
            "e": "bookTicker",
            "u": book.update_id,
            "s": symbol,
            "b": on_step(bid[0], listing.tick),
            "B": on_step(bid[1], listing.lot),
            "a": on_step(ask[0], listing.tick),
            "A": on_step(ask[1], listing.lot),
            "T": now_ms,
            "E": now_ms,
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
        """The payload: {"e":"depthUpdate","E":1,"T":1,"s":"ETHUSDT","U":2,"u":5,"pu":2,...}

        A snapshot taken between two updates has the first one's `u`, and must lie within the
        second: so its U is that same number.
        """
        return {
            "e": "depthUpdate",
            "E": now_ms,
            "T": now_ms,
            "s": book.listing.symbol,
            "U": before_id,
            "u": book.update_id,
            "pu": before_id,
            "b": _levels(bids, book.listing),
            "a": _levels(asks, book.listing),
        }

    def partial_depth(self, symbol: str, limit: int, now_ms: int) -> dict[str, Any]:
        """Futures send the best levels as a depth update."""
        book = self._venue.exchange.books[symbol]
        bids, asks = book.levels(BUY, limit), book.levels(SELL, limit)
        return self.depth_update(book, bids, asks, before_id=book.update_id, now_ms=now_ms)

    def ticker(self, symbol: str, kind: str, now_ms: int) -> dict[str, Any] | None:
        """As spot's, without best prices; and the mark price."""
        if kind == "markPrice":
            return self._mark_price(symbol, now_ms)
        row = super().ticker(symbol, kind, now_ms)
        if row is not None:
            for letter in "xbBaA":
                row.pop(letter, None)
        return row

    def _mark_price(self, symbol: str, now_ms: int) -> dict[str, Any] | None:
        """The payload: {"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15",
        "i":"11784.62","P":"11784.25","r":"0.00038167","T":1562306400000}
        """
        price = self._venue.exchange.books[symbol].reference_price()
        if price is None:
            return None
        mark = money(price)
        return {
            "e": "markPriceUpdate",
            "E": now_ms,
            "s": symbol,
            "p": mark,
            "i": mark,
            "P": mark,
            "r": "0.00010000",
            "T": now_ms - now_ms % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS,
        }


def _levels(levels: list[PriceLevel], listing: Listing) -> list[list[str]]:
    return [[on_step(price, listing.tick), on_step(size, listing.lot)] for price, size in levels]
