"""What the exchange tells its listeners: the protocol turns it into messages of its venue."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from tradewind.venue.accounts import Account
from tradewind.venue.orders import Fill, Order


class Happened(StrEnum):
    """What happened to an order."""

    NEW = "NEW"
    TRIGGERED = "TRIGGERED"
    TRADE = "TRADE"
    REPLACED = "REPLACED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    BUSTED = "BUSTED"


class OrderEvent(NamedTuple):
    """An event of an order. The order goes on changing: a listener writes down what it needs.

    `client_id` is that of the request which caused it: a cancel has one of its own.
    """

    what: Happened
    order: Order
    execution_id: int
    time_ns: int
    fill: Fill | None = None
    client_id: str = ""


class PublicTrade(NamedTuple):
    """A trade as the public sees it; `is_buyer_maker` where the seller was the aggressor."""

    id: int
    symbol: str
    price: Decimal
    quantity: Decimal
    time_ns: int
    is_buyer_maker: bool
    is_replayed: bool = False


class Listener(Protocol):
    """A protocol, as the exchange sees it. Calls come at once, within the step."""

    def on_order(self, event: OrderEvent) -> None:
        """Something happened to an order."""

    def on_balances(self, account: Account, assets: tuple[str, ...], time_ns: int) -> None:
        """Balances of an account changed."""

    def on_trade(self, trade: PublicTrade) -> None:
        """A trade was made."""

    def on_book(self, symbol: str, time_ns: int) -> None:
        """The book changed, perhaps its best prices."""
