"""Reports of a venue inside the loop: what happens to every order, without a message for each."""

from __future__ import annotations

from tradewind.core.orders import Order
from tradewind.model.messages import OrderAccepted, OrderFilled


class Acceptance:
    """An `OrderAccepted` on its way.

    >>> acceptance(5, "j0-cross-1", "v1").message()
    OrderAccepted(time_ns=5, order_id='j0-cross-1', venue_order_id='v1')
    """

    __slots__ = ("order_id", "time_ns", "venue_order_id")

    time_ns: int
    order_id: str
    venue_order_id: str

    def message(self) -> OrderAccepted:
        """The event as it is journaled."""
        return OrderAccepted(self.time_ns, self.order_id, self.venue_order_id)


class Execution:
    """An `OrderFilled` on its way: the same fields, and the `order` once it is posted.

    >>> execution(5, "j0-cross-1", "f1", 100, 10, 0, "USD", 2).message().price
    100
    """

    __slots__ = (
        "fee",
        "fee_currency",
        "fill_id",
        "liquidity",
        "order",
        "order_id",
        "price",
        "quantity",
        "time_ns",
    )

    time_ns: int
    order_id: str
    fill_id: str
    price: int
    quantity: int
    fee: int
    fee_currency: str
    liquidity: int
    order: Order | None

    def message(self) -> OrderFilled:
        """The event as it is journaled."""
        return OrderFilled(
            self.time_ns,
            self.order_id,
            self.fill_id,
            self.price,
            self.quantity,
            self.fee,
            self.fee_currency,
            self.liquidity,
        )


def acceptance(time_ns: int, order_id: str, venue_order_id: str) -> Acceptance:
    """The venue works the order."""
    report = Acceptance.__new__(Acceptance)
    report.time_ns = time_ns
    report.order_id = order_id
    report.venue_order_id = venue_order_id
    return report


def execution(
    time_ns: int,
    order_id: str,
    fill_id: str,
    price: int,
    quantity: int,
    fee: int,
    fee_currency: str,
    liquidity: int,
) -> Execution:
    """One execution."""
    report = Execution.__new__(Execution)
    report.time_ns = time_ns
    report.order_id = order_id
    report.fill_id = fill_id
    report.price = price
    report.quantity = quantity
    report.fee = fee
    report.fee_currency = fee_currency
    report.liquidity = liquidity
    report.order = None
    return report


def execution_of(event: OrderFilled) -> Execution:
    """The execution that an event tells of."""
    return execution(
        event.time_ns,
        event.order_id,
        event.fill_id,
        event.price,
        event.quantity,
        event.fee,
        event.fee_currency,
        event.liquidity,
    )
