"""Orders that the core holds until a price, or another order, lets them go; cancel-all."""

from __future__ import annotations

from enum import IntEnum

from tradewind.model.message_base import TimedMessage
from tradewind.model.orders import Leg, OrderFlag, Side, TimeInForce


class Trigger(IntEnum):
    """What lets an order go that the core holds.

    AT_ONCE: nothing more, once it waits for no other order. STOP: a price at the trigger or
    beyond it in the order's direction. TOUCH: a price that comes to the trigger from the other
    side. TRAIL: a stop that follows the price.
    """

    AT_ONCE = 1
    STOP = 2
    TOUCH = 3
    TRAIL = 4


class ConditionalIntended(TimedMessage, frozen=True):
    """An order that the core shall hold, and send as a market or (with a limit price) limit order.

    `trail` is a distance in price units, `trail_share` one in 10^-9 of the price. With `parent`
    it waits for the fills of that order. Of the orders of a `group` one works at a time, and
    what it fills the others have no more to do.
    """

    order_id: str
    strategy: str
    instrument: str
    side: Side
    quantity: int
    trigger: Trigger
    limit_price: int = 0
    trigger_price: int = 0
    trail: int = 0
    trail_share: int = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    flags: OrderFlag = OrderFlag.NONE
    expire_time_ns: int = 0
    leg: Leg = Leg.NET
    parent: str = ""
    group: str = ""


class CancelAllIntended(TimedMessage, frozen=True):
    """`strategy` wants no order any more, held ones too, of `owner` and of an instrument.

    An empty name stands for all; a strategy may cancel its own only.
    """

    strategy: str
    owner: str = ""
    instrument: str = ""


class OrderHeld(TimedMessage, frozen=True):
    """The core holds an order, and why: venues are not asked for what the core can do."""

    order_id: str
    reason: str


class HeldOrderEnded(TimedMessage, frozen=True):
    """An order ended before it was sent: canceled, expired, or its condition fell away."""

    order_id: str
    reason: str
