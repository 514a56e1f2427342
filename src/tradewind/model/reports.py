"""What venues report: the part of the events that tells what became of orders."""

from __future__ import annotations

from tradewind.model.message_base import TimedMessage


class OrderAccepted(TimedMessage, frozen=True):
    """The venue works the order."""

    order_id: str
    venue_order_id: str


class OrderRejected(TimedMessage, frozen=True):
    """The venue refused the order, or it surely never reached it (`never_reached_venue`)."""

    order_id: str
    reason: str


class OrderFilled(TimedMessage, frozen=True):
    """One execution; the fee is in money units of its currency, positive where we pay."""

    order_id: str
    fill_id: str
    price: int
    quantity: int
    fee: int
    fee_currency: str
    liquidity: int


NOT_STATED = -1
"""A filled quantity that a venue did not tell."""


class OrderCanceled(TimedMessage, frozen=True):
    """The order works no more, by request or by the venue.

    `filled_quantity` is what was filled in all, as the venue states it: fills it counts that
    have not arrived stay counted as exposure until they do.
    """

    order_id: str
    reason: str = ""
    filled_quantity: int = NOT_STATED


class OrderExpired(TimedMessage, frozen=True):
    """The order's time in force is over; `filled_quantity` as in `OrderCanceled`."""

    order_id: str
    reason: str = ""
    filled_quantity: int = NOT_STATED


class OrderAmended(TimedMessage, frozen=True):
    """The venue works the order with these terms now; a price of 0 stayed.

    `number` is that of the `AmendOrder` it answers; 0 says that answers come in turn.
    """

    order_id: str
    quantity: int
    limit_price: int
    number: int = 0
    stop_price: int = 0


class OrderRestated(TimedMessage, frozen=True):
    """A query's answer: the venue works the order with these terms, or filled them.

    `amends` is the `QueryOrder`'s number: the amendments that had left when it was asked. None
    of them may take effect behind this answer, so each of them counts as answered.
    """

    order_id: str
    venue_order_id: str
    quantity: int
    limit_price: int
    amends: int = 0
    stop_price: int = 0


class CancelRejected(TimedMessage, frozen=True):
    """The venue did not cancel; the order is as it was."""

    order_id: str
    reason: str


class AmendRejected(TimedMessage, frozen=True):
    """The venue did not amend; the order is as it was. `number` as in `OrderAmended`."""

    order_id: str
    reason: str
    number: int = 0


class OrderUnknown(TimedMessage, frozen=True):
    """The venue has not told us: no answer in time, a 5xx, a connection lost after sending."""

    order_id: str
    reason: str


Report = (
    OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderCanceled
    | OrderExpired
    | OrderAmended
    | OrderRestated
    | CancelRejected
    | AmendRejected
    | OrderUnknown
)
