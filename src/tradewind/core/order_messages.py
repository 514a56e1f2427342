"""The messages that an order or a target of the core stands for."""

from __future__ import annotations

from typing import Any

from tradewind.core.orders import Order
from tradewind.core.target import Target
from tradewind.model.messages import OrderIntended, SubmitOrder, TargetIntended
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

# by number, from their smallest
SIDES: Any = (Side.SELL, None, Side.BUY)
LEGS: Any = (Leg.SHORT, Leg.NET, Leg.LONG)
TYPES: Any = (None, *OrderType)
TIMES: Any = (None, *TimeInForce)
FLAGS = tuple(OrderFlag(number) for number in range(sum(OrderFlag) + 1))


def order_intended(order: Order, strategy: str, instrument: str) -> OrderIntended:
    """What a strategy wanted; the order is as it came.

    >>> order_intended(Order("j0-cross-1", 0, 0, 0, 1, 5), "cross", "GOOG.SIM").quantity
    5
    """
    return OrderIntended(
        order.intended_time_ns,
        order.order_id,
        strategy,
        instrument,
        SIDES[order.side + 1],
        order.quantity,
        TYPES[order.order_type],
        order.limit_price,
        order.stop_price,
        TIMES[order.time_in_force],
        FLAGS[order.flags],
        order.expire_time_ns,
        LEGS[order.leg + 1],
    )


def target_intended(target: Target, strategy: str, instrument: str) -> TargetIntended:
    """What a strategy wanted."""
    return TargetIntended(
        target.time_ns,
        target.order_id,
        strategy,
        instrument,
        target.kind,
        target.value,
        target.sizing,
        LEGS[target.leg + 1],
    )


def submit_order(
    time_ns: int, order: Order, account: str, venue: str, instrument: str
) -> SubmitOrder:
    """The command that sends an order to its venue."""
    return SubmitOrder(
        time_ns,
        order.order_id,
        account,
        venue,
        instrument,
        SIDES[order.side + 1],
        order.quantity,
        TYPES[order.order_type],
        order.limit_price,
        order.stop_price,
        TIMES[order.time_in_force],
        FLAGS[order.flags],
        order.expire_time_ns,
        LEGS[order.leg + 1],
    )
