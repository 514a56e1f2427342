"""The check of the top: our book against the venue's best bid and ask of the same update."""

from __future__ import annotations

from collections import deque

from tradewind.adapters.binance.depth_sync import Applied, DepthGap
from tradewind.adapters.binance.rows import DepthSnapshotRow, QuoteRow
from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT

QUOTES_MAX = 10_000
"""Quotes ahead of the book that are kept; one more drops the oldest, which is then not compared."""


class TopCheck:
    """Keeps a book and counts how often a quote stood at its update, and how often both agreed.

    The quote stream runs ahead of the depth stream, so quotes wait for their update; a quote that
    comes late is compared when the book still stands there. Quotes come in the order of updates.

    >>> check = TopCheck(Book())
    >>> check.take_quote(QuoteRow("X", 0, 8, 99, 5, 101, 7))
    >>> check.apply(DepthSnapshotRow("X", 0, 8, [(99, 5)], [(101, 7)]))
    >>> check.compared, check.equal
    (1, 1)
    """

    __slots__ = ("_waiting", "book", "book_id", "compared", "equal", "quotes_max")

    def __init__(self, book: Book, quotes_max: int = QUOTES_MAX) -> None:
        self.book = book
        self.book_id = -1
        """Update id that the book stands at; -1 while it stands nowhere."""
        self.compared = 0
        self.equal = 0
        self.quotes_max = quotes_max
        self._waiting: deque[QuoteRow] = deque()

    def apply(self, event: Applied) -> None:
        """Apply what `DepthSync` says, then compare the quotes that waited for it."""
        if isinstance(event, DepthGap):
            self.book.apply(1, 1, 0, DEPTH_GAP | DEPTH_LAST)
            self.book_id = -1
            return
        if isinstance(event, DepthSnapshotRow):
            self.book.apply(1, self.book.tick, 0, DEPTH_SNAPSHOT | DEPTH_LAST)
        for price, size in event.bids:
            self.book.apply(1, price, size, 0)
        for price, size in event.asks:
            self.book.apply(-1, price, size, 0)
        self.book_id = event.last_id
        self._compare_waiting()

    def take_quote(self, quote: QuoteRow) -> None:
        """Compare a quote with the book, or let it wait."""
        if quote.update_id == self.book_id:
            self._compare(quote)
        elif quote.update_id > self.book_id:
            if len(self._waiting) == self.quotes_max:
                self._waiting.popleft()
            self._waiting.append(quote)

    def _compare_waiting(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0].update_id <= self.book_id:
            quote = waiting.popleft()
            if quote.update_id == self.book_id:
                self._compare(quote)

    def _compare(self, quote: QuoteRow) -> None:
        book = self.book
        ours = (book.best_bid, book.best_bid_size, book.best_ask, book.best_ask_size)
        self.compared += 1
        self.equal += ours == (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
