"""Exits: the legs of bracket, OCO and OTO orders, and how they end each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from tradewind.venue.alpaca.order import Order


class Market(Protocol):
    """What exits need of the router."""

    def enter(self, order: Order, time_ns: int) -> None:
        """Let an order work."""

    def withdraw(self, order: Order, end: str, time_ns: int) -> None:
        """Take an order out and end it."""

    def reduce(self, order: Order, quantity: Decimal, time_ns: int) -> None:
        """Lower what is left of an order."""


def begin_legs(market: Market, order: Order, time_ns: int) -> None:
    """Let the held legs of an order work: its entry is filled, or it has none (OCO)."""
    for leg in order.legs:
        if leg.status == "held":
            # An OCO's stop stays "held" while it is watched beside the limit order.
            if order.order_class != "oco":
                leg.status = "pending_new"
            market.enter(leg, time_ns)


def after_fill(market: Market, order: Order, quantity: Decimal, time_ns: int) -> None:
    """A filled entry lets its legs work; a filled exit ends the other, a part shrinks it."""
    if order.status == "filled" and order.order_class in ("bracket", "oto") and not order.parent:
        begin_legs(market, order, time_ns)
    for other in order.siblings:
        if not other.is_open:
            continue
        if order.status == "filled":
            market.withdraw(other, "canceled", time_ns)
        else:
            market.reduce(other, quantity, time_ns)


def after_end(market: Market, order: Order, time_ns: int) -> None:
    """An entry that ends takes its held legs along, an exit the other exit."""
    others = order.legs if order.parent is None else order.siblings
    for other in others:
        if other.is_open:
            market.withdraw(other, "canceled", time_ns)
