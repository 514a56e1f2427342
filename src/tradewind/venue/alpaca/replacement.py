"""Replacements: what a PATCH may change of an order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.numbers import has_more_digits_than, parse_number
from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.order_request import EQUITY_TERMS, check_increment, client_order_id
from tradewind.venue.alpaca.refusal import unprocessable

FIELDS = ("qty", "time_in_force", "limit_price", "stop_price", "trail", "client_order_id")


class Replacement(msgspec.Struct):
    """The terms of the new order."""

    quantity: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    time_in_force: str
    client_order_id: str


def replacement_of(old: Order, body: Mapping[str, object]) -> Replacement:
    """The terms that a body asks for; what it does not name stays.

    The quantity is the order's whole, with what was filled of it.
    """
    if not any(body.get(name) is not None for name in FIELDS):
        raise unprocessable("at least one of the order's fields must be given to replace it")
    if old.notional is not None:
        raise unprocessable("notional orders cannot be replaced")
    limit_price = price_of("limit_price", old.limit_price, body, old)
    stop_price = price_of("stop_price", old.stop_price, body, old)
    trail = parse_number("trail", body.get("trail"))
    if trail is not None and old.type != "trailing_stop":
        raise unprocessable(f"{old.type} orders have no trail to replace")
    is_price = old.trail_price is not None
    return Replacement(
        quantity=quantity_of(old, body),
        limit_price=limit_price,
        stop_price=stop_price,
        trail_price=(trail or old.trail_price) if is_price else None,
        trail_percent=None if is_price else (trail or old.trail_percent),
        time_in_force=term_of(old, body),
        client_order_id=client_order_id(body),
    )


def quantity_of(old: Order, body: Mapping[str, object]) -> Decimal | None:
    """The new quantity: whole shares, more than what is filled."""
    quantity = parse_number("qty", body.get("qty"))
    if quantity is None or quantity == old.quantity:
        return old.quantity
    if not old.security.is_crypto and (
        has_more_digits_than(quantity, 0) or has_more_digits_than(old.quantity or quantity, 0)
    ):
        raise unprocessable("qty of fractional orders cannot be replaced")
    if quantity <= old.filled_quantity:
        raise unprocessable("qty must be more than the filled quantity")
    return quantity


def price_of(
    name: str, old_price: Decimal | None, body: Mapping[str, object], old: Order
) -> Decimal | None:
    """The new price of a kind that the order has."""
    price = parse_number(name, body.get(name))
    if price is None:
        return old_price
    if old_price is None or (name == "stop_price" and old.type == "trailing_stop"):
        raise unprocessable(f"{old.type} orders have no {name} to replace")
    check_increment(name, price, old.security)
    return price


def term_of(old: Order, body: Mapping[str, object]) -> str:
    """The new time in force."""
    term = body.get("time_in_force")
    if term is None:
        return old.time_in_force
    if term not in EQUITY_TERMS:
        raise unprocessable(f"invalid time_in_force: {term}")
    return str(term)
