"""Depth updates of one stream: what changed since the last one, ids without a gap."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradewind.venue.orders import BUY, SELL

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue


class DepthStream:
    """Collects the changes of a book for a stream of a certain speed."""

    def __init__(self, venue: BinanceVenue, symbol: str) -> None:
        self._venue = venue
        self._symbol = symbol
        self._changed: dict[tuple[int, Decimal], None] = {}
        book = venue.exchange.books.get(symbol)
        self._last_id = 0 if book is None else book.update_id
        if book is not None:
            book.watchers.append(self._changed)

    def close(self) -> None:
        """Collect no more."""
        book = self._venue.exchange.books.get(self._symbol)
        if book is not None:
            book.watchers = [each for each in book.watchers if each is not self._changed]

    def take(self, now_ms: int) -> dict[str, Any] | None:
        """The update for what changed since the last call, or None."""
        if not self._changed:
            return None
        book = self._venue.exchange.books[self._symbol]
        bids = [price for side, price in self._changed if side == BUY]
        asks = [price for side, price in self._changed if side == SELL]
        self._changed.clear()
        before_id, self._last_id = self._last_id, book.update_id
        return self._venue.dialect.depth_update(
            book,
            [(price, book.size_at(BUY, price)) for price in bids],
            [(price, book.size_at(SELL, price)) for price in asks],
            before_id=before_id,
            now_ms=now_ms,
        )
