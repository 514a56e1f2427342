"""Finding an order at a venue by our id; that there is none is said only where it is sure.

A list of orders is a page: one that is not on it may have been pushed off by newer ones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from tradewind.adapters.ccxt.exchange import NotThere
from tradewind.adapters.net.outcome import BadAnswer

BY_OUR_ID = frozenset({"binance"})
"""Venues that ccxt asks for an order by the id that we gave it, tried against a local one."""
PAGE = 100
WHOLE_MAX = 20
"""A list that holds fewer orders than this is whole: no venue's page is smaller."""

Order = dict[str, Any]
Ask = Callable[[], Awaitable[Any]]


class Asked(Protocol):
    """One call of ccxt with its errors translated."""

    async def __call__(self, call: Ask) -> Any:
        """What it answers."""


class Lookup:
    """Orders of one exchange by our ids; `page` is how many a list is asked for."""

    def __init__(self, exchange: Any, asked: Asked, *, page: int = PAGE) -> None:
        self._exchange = exchange
        self._asked = asked
        self._page = page

    async def by_venue_id(self, venue_id: str, symbol: str) -> Order | None:
        """An order by the venue's id; None where the venue cannot be asked so."""
        if self._exchange.has.get("fetchOrder") is not True:
            return None
        try:
            found: Order = await self._asked(lambda: self._exchange.fetch_order(venue_id, symbol))
        except NotThere as error:
            raise BadAnswer(f"an order that was there is not: {error}") from None
        return found

    async def by_our_id(self, order_id: str, symbol: str, *, sent_ms: int | None) -> Order | None:
        """An order by our id; None where there surely is none, `BadAnswer` where nobody knows.

        `sent_ms` is the venue's time before it was sent; None: another process sent it.
        """
        if self._exchange.id in BY_OUR_ID:
            try:
                asked: Order = await self._asked(
                    lambda: self._exchange.fetch_order("", symbol, {"clientOrderId": order_id})
                )
            except NotThere:
                return None
            return asked
        return await self._on_lists(order_id, symbol, sent_ms)

    async def _on_lists(self, order_id: str, symbol: str, sent_ms: int | None) -> Order | None:
        exchange = self._exchange
        lists = [exchange.fetch_open_orders]
        if exchange.has.get("fetchOrders") is True:
            lists = [exchange.fetch_orders]
        elif exchange.has.get("fetchClosedOrders") is True:
            lists.append(exchange.fetch_closed_orders)
        is_whole = exchange.has.get("fetchOrders") is True or len(lists) == 2
        for orders_of in lists:
            page = await self._asked(lambda ask=orders_of: ask(symbol, sent_ms, self._page))  # type: ignore[misc]
            for order in page:
                if order.get("clientOrderId") == order_id:
                    found: Order = order
                    return found
            is_whole = is_whole and len(page) < min(WHOLE_MAX, self._page)
        if not is_whole or sent_ms is None:
            raise BadAnswer(
                f"{exchange.id} does not show {order_id} among its last orders, and it may be an "
                "older one: look for it at the venue"
            )
        return None
