"""News of an order: what the account stream tells of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

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
    side = "buy" if order.side > 0 else "sell"
    if order.position_intent == "sell_to_open":
        side = "sell_short"
    return {
        "id": f"{compact_time(update.time_ns)}::{update.execution_id}",
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


def payment_activity(
    kind: str, amount: Decimal, time_ns: int, *, number: int, symbol: str
) -> dict[str, object]:
    """Money without an execution, as the account's activities show it: of a day, not a moment."""
    return {
        "id": f"{compact_time(time_ns)}::{uuid5(NAMESPACE_URL, f'tradewind:activity:{number}')}",
        "activity_type": kind,
        "date": rfc3339(time_ns)[:10],
        "net_amount": plain(amount),
        **({"symbol": symbol} if symbol else {}),
    }


def compact_time(time_ns: int) -> str:
    """A time as ids of activities begin with it, to the millisecond.

    >>> compact_time(1_643_828_109_981_482_000)
    '20220202185509981'
    """
    digits = filter(str.isdigit, rfc3339(time_ns)[:19])
    return "".join(digits) + f"{time_ns // 10**6 % 1000:03d}"
