"""Orders of the Alpaca venue: what is known of one, and how it is shown."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.numbers import plain, text_of
from tradewind.venue.equities.times import rfc3339
from tradewind.venue.equities.universe import Security

CLOSED = frozenset({"filled", "canceled", "expired", "replaced", "rejected", "done_for_day"})
"""States in which an order is done; the others are open."""
NOT_REPLACEABLE = frozenset({"accepted", "pending_new", "pending_cancel", "pending_replace"})
SIMPLE = ("", "simple")


class Order(msgspec.Struct, kw_only=True, eq=False):
    """One order. `legs` are its children, `parent` is whose child it is.

    `is_working` says that the matching has it (else it waits for a session, or is held).
    """

    id: str
    client_order_id: str
    account: str
    security: Security
    created_ns: int
    updated_ns: int
    submitted_ns: int
    side: int
    type: str
    time_in_force: str
    order_class: str = ""
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    high_water_mark: Decimal | None = None
    has_extended_hours: bool = False
    position_intent: str = ""
    status: str = "pending_new"
    filled_quantity: Decimal = Decimal(0)
    filled_value: Decimal = Decimal(0)
    filled_ns: int = 0
    expired_ns: int = 0
    canceled_ns: int = 0
    failed_ns: int = 0
    replaced_ns: int = 0
    replaced_by: str = ""
    replaces: str = ""
    legs: list[Order] = []
    parent: Order | None = None
    is_working: bool = False

    @property
    def is_open(self) -> bool:
        """True while the order may still do something."""
        return self.status not in CLOSED

    @property
    def leaves(self) -> Decimal:
        """Shares that are still to be filled; 0 where a notional order has none yet."""
        return max(Decimal(0), (self.quantity or Decimal(0)) - self.filled_quantity)

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of what was filled."""
        if not self.filled_quantity:
            return None
        mean = self.filled_value / self.filled_quantity
        return mean.quantize(Decimal("0.000001"))

    @property
    def siblings(self) -> list[Order]:
        """The other orders that a fill of this one ends: the other leg, and an OCO's parent."""
        if self.order_class == "oco" and self.parent is None:
            return self.legs
        if self.parent is None:
            return []
        others = [leg for leg in self.parent.legs if leg is not self]
        return [*others, self.parent] if self.parent.order_class == "oco" else others


def side_word(order: Order) -> str:
    """The order's side as the venue names it."""
    return "buy" if order.side > 0 else "sell"


def order_payload(order: Order) -> dict[str, object]:
    """An order as the venue shows it; its legs are nested."""
    legs = [order_payload(leg) for leg in order.legs] or None
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        **order_times(order),
        "replaced_by": order.replaced_by or None,
        "replaces": order.replaces or None,
        "asset_id": order.security.id,
        "symbol": order.security.symbol,
        "asset_class": order.security.asset_class,
        "notional": text_of(order.notional),
        "qty": None if order.notional is not None else text_of(order.quantity),
        "filled_qty": plain(order.filled_quantity),
        "filled_avg_price": text_of(order.average_price),
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": side_word(order),
        "position_intent": order.position_intent or None,
        "time_in_force": order.time_in_force,
        "limit_price": text_of(order.limit_price),
        "stop_price": text_of(order.stop_price),
        "status": order.status,
        "extended_hours": order.has_extended_hours,
        "legs": legs,
        "trail_percent": text_of(order.trail_percent),
        "trail_price": text_of(order.trail_price),
        "hwm": text_of(order.high_water_mark),
        "subtag": None,
        "source": None,
    }


def order_times(order: Order) -> dict[str, object]:
    """The times of an order; null for what did not happen."""
    return {
        "created_at": rfc3339(order.created_ns),
        "updated_at": rfc3339(order.updated_ns),
        "submitted_at": rfc3339(order.submitted_ns),
        "filled_at": time_or_null(order.filled_ns),
        "expired_at": time_or_null(order.expired_ns),
        "canceled_at": time_or_null(order.canceled_ns),
        "failed_at": time_or_null(order.failed_ns),
        "replaced_at": time_or_null(order.replaced_ns),
    }


def time_or_null(time_ns: int) -> str | None:
    """A time as text, or null where it is 0."""
    return rfc3339(time_ns) if time_ns else None
