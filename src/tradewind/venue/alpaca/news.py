"""News of an order: what the account stream tells of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.numbers import plain
from tradewind.venue.alpaca.order import Order, order_payload
from tradewind.venue.equities.times import rfc3339


class Update(msgspec.Struct, frozen=True):
    """One event of one order, written down as it was then."""

    event: str
    order: dict[str, object]
    time_ns: int
    execution_id: str = ""
    price: Decimal | None = None
    quantity: Decimal | None = None
    position: Decimal | None = None

    @property
    def is_fill(self) -> bool:
        """True for executions."""
        return self.price is not None


Tell = Callable[[Customer, Update], None]
"""Takes news as they come, within the step that made them."""


def update_of(event: str, order: Order, time_ns: int) -> Update:
    """News that are no execution."""
    return Update(event, order_payload(order), time_ns)


def update_payload(update: Update) -> dict[str, object]:
    """News as the stream shows them; price, quantity and position come with executions only."""
    data: dict[str, object] = {
        "event": update.event,
        "timestamp": rfc3339(update.time_ns),
        "order": update.order,
    }
    if update.price is not None and update.quantity is not None and update.position is not None:
        data["execution_id"] = update.execution_id
        data["price"] = plain(update.price)
        data["qty"] = plain(update.quantity)
        data["position_qty"] = plain(update.position)
    return data


def fill_activity(order: Order, update: Update) -> dict[str, object]:
    """An execution as the account's activities show it."""
    stamp = rfc3339(update.time_ns)
    compact = "".join(filter(str.isdigit, stamp[:19])) + f"{update.time_ns // 10**6 % 1000:03d}"
    side = "buy" if order.side > 0 else "sell"
    if order.position_intent == "sell_to_open":
        side = "sell_short"
    return {
        "id": f"{compact}::{update.execution_id}",
        "activity_type": "FILL",
        "transaction_time": stamp,
        "type": update.event if update.event == "partial_fill" else "fill",
        "price": plain(update.price or Decimal(0)),
        "qty": plain(update.quantity or Decimal(0)),
        "side": side,
        "symbol": order.security.symbol,
        "leaves_qty": plain(order.leaves),
        "order_id": order.id,
        "cum_qty": plain(order.filled_quantity),
        "order_status": order.status,
    }
