"""Orders that the core works as parents: what is wanted, which children leave, how it ended."""

from __future__ import annotations

from enum import IntEnum

from tradewind.model.message_base import TimedMessage
from tradewind.model.orders import Leg, OrderFlag, Side


class Algorithm(IntEnum):
    """How a parent's quantity comes due.

    TWAP: the same in each slice of its window. VWAP: by a curve of the volume that is expected.
    POV: a share of the volume that trades. ICEBERG: a part is shown, the next when it has filled.
    SHORTFALL: more at first, against the risk that the price runs away. AT_ONCE: all of it.
    """

    TWAP = 1
    VWAP = 2
    POV = 3
    ICEBERG = 4
    SHORTFALL = 5
    AT_ONCE = 6


SLICED = frozenset({Algorithm.TWAP, Algorithm.VWAP, Algorithm.SHORTFALL})
"""Algorithms with a window that is cut into slices."""


class AtEnd(IntEnum):
    """What becomes of the rest when the window is over: CANCEL it, or CROSS the spread with it."""

    CANCEL = 1
    CROSS = 2


class AlgorithmIntended(TimedMessage, frozen=True):
    """An order that the core shall work with children of its own.

    Quantities and prices are units of the instrument. `weights` are what the slices of the window
    do of the whole, one number a slice; `participation` a share of the volume in 10^-9, the goal
    of POV and the most that others may take part with; `display` what an iceberg shows. A child
    is `min_child` at least, but for the last. A start of 0 is now, an end of 0 never comes. Of a
    limit price of 0 the children are market orders. With a `route` they go to the listings of it,
    of which `instrument` is the first.
    """

    order_id: str
    strategy: str
    instrument: str
    side: Side
    quantity: int
    algorithm: Algorithm
    limit_price: int = 0
    display: int = 0
    start_time_ns: int = 0
    end_time_ns: int = 0
    weights: tuple[int, ...] = ()
    participation: int = 0
    min_child: int = 0
    at_end: AtEnd = AtEnd.CANCEL
    flags: OrderFlag = OrderFlag.NONE
    leg: Leg = Leg.NET
    route: str = ""


class ChildSent(TimedMessage, frozen=True):
    """The core sends a child of a parent, and why now and so much; `SubmitOrder` follows."""

    order_id: str
    parent: str
    reason: str


class ParentEnded(TimedMessage, frozen=True):
    """A parent is over, none of its children works any more; what it filled, and why it ended."""

    order_id: str
    filled_quantity: int
    reason: str
