"""What the exchange says: numbers its events, logs them and hands them to the listeners."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradewind.venue.accounts import Account
from tradewind.venue.book import Book
from tradewind.venue.events import Happened, Listener, OrderEvent, PublicTrade
from tradewind.venue.order_log import OrderLog
from tradewind.venue.orders import BUY, Fill, Order

OWN_TRADE_ID_START = 9_000_000_000_000
"""In a replay the accounts' trades are not on the tape and get numbers that no tape has."""


class Voice:
    """Speaks for the exchange; execution ids count over all, trade ids by symbol."""

    def __init__(self, log: OrderLog) -> None:
        self.log = log
        self.listeners: list[Listener] = []
        self._execution_id = 0
        self._trade_ids: dict[str, int] = {}

    def order(
        self,
        what: Happened,
        order: Order,
        time_ns: int,
        fill: Fill | None = None,
        client_id: str = "",
    ) -> None:
        """An order's event: into the log and to the listeners."""
        self._execution_id += 1
        facts: dict[str, Decimal | int] = {}
        if fill is not None:
            facts = {
                "fill": fill.quantity,
                "fill_price": fill.price,
                "trade_id": fill.trade_id,
                "counterparty": fill.counterparty,
            }
        self.log.note_order(what.value.lower(), time_ns, order, **facts)
        event = OrderEvent(what, order, self._execution_id, time_ns, fill, client_id)
        for listener in self.listeners:
            listener.on_order(event)

    def balances(self, account: Account, assets: Iterable[str], time_ns: int) -> None:
        """Balances of an account changed."""
        account.updated_ns = time_ns
        for listener in self.listeners:
            listener.on_balances(account, tuple(assets), time_ns)

    def trade_id(self, book: Book) -> int:
        """The next trade's number in a book."""
        symbol = book.listing.symbol
        start = OWN_TRADE_ID_START if book.is_replayed else 0
        self._trade_ids[symbol] = self._trade_ids.get(symbol, start) + 1
        return self._trade_ids[symbol]

    def own_trade(
        self, book: Book, trade_id: int, price: Decimal, quantity: Decimal, time_ns: int, maker: int
    ) -> None:
        """Tell the public of a trade of an account, except in a replay; `maker` is a side."""
        if not book.is_replayed:
            symbol = book.listing.symbol
            self.trade(PublicTrade(trade_id, symbol, price, quantity, time_ns, maker == BUY))
            self.book(symbol, time_ns)

    def trade(self, trade: PublicTrade) -> None:
        """Tell the public of a trade."""
        for listener in self.listeners:
            listener.on_trade(trade)

    def book(self, symbol: str, time_ns: int) -> None:
        """Tell the public that a book changed."""
        for listener in self.listeners:
            listener.on_book(symbol, time_ns)
