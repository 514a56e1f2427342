"""What the body of an order means that the core works with children."""

from __future__ import annotations

from typing import Any

from tradewind.core.parent_checks import check_algorithm_terms
from tradewind.core.parent_terms import AlgorithmTerms, algorithm_intent_of
from tradewind.gateway.schemas import NewOrder
from tradewind.model.algorithm_messages import AlgorithmIntended
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Leg, Side
from tradewind.runtime.wanted_orders import WrittenOrder, flags_of
from tradewind.strategies.wishes import curve_of

WORKED = ("seconds", "start_time_ns", "slices", "participation", "min_child", "urgency", "at_end")
"""Fields that only a worked order has, beside its algorithm, display and curve."""
NEVER = (
    "stop_price", "touch_price", "trail", "trail_percent", "take_profit", "stop_loss",
    "trailing_loss", "trailing_loss_percent", "after", "oco", "expire_time_ns", "extended_hours",
)  # fmt: skip
"""Fields that a worked order never has."""


def written(order: NewOrder) -> WrittenOrder:
    """What a body has that an order for the venue, or for the core to hold, may have."""
    names = WrittenOrder.__struct_fields__
    return WrittenOrder(**{name: getattr(order, name) for name in names})


def is_worked(order: NewOrder, route: str) -> bool:
    """Whether the core works it; `UserError` where a field of an algorithm stands without one."""
    if order.algorithm or order.display is not None or route:
        return True
    given = [name for name in (*WORKED, "curve") if getattr(order, name)]
    if given:
        raise UserError(f"{given[0]}: is for an algorithm, name one in algorithm")
    return False


def worked_order(
    order: NewOrder, order_id: str, instrument: Instrument, *, time_ns: int, route: str = ""
) -> AlgorithmIntended:
    """The intent of a body whose window begins at `time_ns`; of a route `instrument` is first.

    >>> btc = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001", currency="USDT")
    >>> body = NewOrder(instrument=btc.id, side="BUY", quantity="1", algorithm="twap",
    ...                 seconds="60", slices=4)
    >>> worked_order(body, "j0-person-1", btc, time_ns=5).weights
    (1, 1, 1, 1)
    """
    for name in NEVER:
        if getattr(order, name):
            raise UserError(f"{name}: an order that is worked with children has none")
    _check_type(order)
    kind = order.algorithm or ("iceberg" if order.display is not None else "at_once")
    given: dict[str, Any] = {name: getattr(order, name) for name in WORKED}
    given = {name: value for name, value in given.items() if value}
    if order.curve:
        given["curve"] = tuple(order.curve)
    terms = AlgorithmTerms(
        side=Side[order.side],
        quantity=order.quantity,
        limit=order.limit_price,
        display=order.display,
        flags=flags_of(written(order)),
        leg=Leg[order.leg],
        route=route,
        **curve_of({"algorithm": kind, **given}),
    )
    wanted = algorithm_intent_of(terms, time_ns, order_id, PERSON, instrument)
    check_algorithm_terms(wanted)
    return wanted


def _check_type(order: NewOrder) -> None:
    """Children are limit orders where there is a price, and market orders else."""
    kinds = ("LIMIT",) if order.limit_price is not None else ("MARKET",)
    if order.type not in (*kinds, "MARKET"):
        raise UserError(f"type: children are {' or '.join(kinds)} orders, not {order.type}")
    if order.time_in_force != "GTC":
        raise UserError("time_in_force: a window says how long an algorithm works, with seconds")
