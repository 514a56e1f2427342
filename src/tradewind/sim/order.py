"""An order as the venue works it."""

from __future__ import annotations

from tradewind.model.orders import OrderFlag, OrderType, TimeInForce

AHEAD_UNKNOWN = -1

# C integers when compiled (order.pxd)
_UNKNOWN = AHEAD_UNKNOWN
LIMIT = int(OrderType.LIMIT)
STOP = int(OrderType.STOP)
STOP_LIMIT = int(OrderType.STOP_LIMIT)
IOC = int(TimeInForce.IOC)
FOK = int(TimeInForce.FOK)
OPG = int(TimeInForce.OPG)
CLS = int(TimeInForce.CLS)
POST_ONLY = int(OrderFlag.POST_ONLY)
EXTENDED = int(OrderFlag.EXTENDED_HOURS)


class WorkingOrder:
    """One order with what the venue adds: its place in time, its queue, what is filled.

    `limit_price` 0 takes any price; `stop_price` is 0 once the stop is triggered. `number` is
    the place in time among the orders of the instrument: lower is first. `ahead` is the public
    quantity in front of the order at its price (`AHEAD_UNKNOWN` where that cannot be seen),
    `traded` what traded there since the level was last stated. `auction` is OPG or CLS for an order
    that waits for the opening or the close at `auction_ns`.

    >>> order = new_order("j0-cross-1", 0, 1, 500, OrderType.LIMIT, 10000, 0, TimeInForce.GTC, 0)
    >>> order.leaves_quantity, order.is_marketable_at(9999), order.is_marketable_at(10001)
    (500, 1, 0)
    """

    __slots__ = (
        "ahead",
        "auction",
        "auction_ns",
        "expire_time_ns",
        "filled_quantity",
        "instrument",
        "is_all_or_none",
        "is_done",
        "is_extended",
        "is_immediate",
        "limit_price",
        "number",
        "order_id",
        "post_only",
        "quantity",
        "side",
        "stop_price",
        "traded",
    )

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Become an order with nothing in it."""
        self.order_id = ""
        self.instrument = 0
        self.side = 0
        self.quantity = 0
        self.filled_quantity = 0
        self.limit_price = 0
        self.stop_price = 0
        self.is_immediate = 0
        self.is_all_or_none = 0
        self.post_only = 0
        self.is_extended = 0
        self.auction = 0
        self.auction_ns = 0
        self.expire_time_ns = 0
        self.number = 0
        self.ahead = _UNKNOWN
        self.traded = 0
        self.is_done = 0

    @property
    def leaves_quantity(self) -> int:
        """What is still to be filled."""
        return self.quantity - self.filled_quantity

    def leaves(self) -> int:
        """`leaves_quantity` for hot callers."""
        return self.quantity - self.filled_quantity

    def is_triggered_by(self, price: int) -> int:
        """1 where a price reaches the stop: at or above it for a BUY, at or below for a SELL."""
        return 1 if (price - self.stop_price) * self.side >= 0 else 0

    def is_marketable_at(self, price: int) -> int:
        """1 where the order accepts a price, its limit included."""
        return 1 if self.limit_price == 0 or (self.limit_price - price) * self.side >= 0 else 0

    def precedes(self, other: WorkingOrder) -> int:
        """1 where the order comes before another of its side: by price, then by time."""
        if self.limit_price != other.limit_price:
            return 1 if (self.limit_price - other.limit_price) * self.side > 0 else 0
        return 1 if self.number < other.number else 0


def new_order(
    order_id: str,
    instrument: int,
    side: int,
    quantity: int,
    order_type: int,
    limit_price: int,
    stop_price: int,
    time_in_force: int,
    flags: int,
) -> WorkingOrder:
    """A working order of what a command says; a price that its type has no use for is dropped."""
    order = WorkingOrder.__new__(WorkingOrder)
    order.begin()
    order.order_id = order_id
    order.instrument = instrument
    order.side = side
    order.quantity = quantity
    order.limit_price = limit_price if order_type in (LIMIT, STOP_LIMIT) else 0
    order.stop_price = stop_price if order_type in (STOP, STOP_LIMIT) else 0
    order.is_immediate = 1 if time_in_force in (IOC, FOK) else 0
    order.is_all_or_none = 1 if time_in_force == FOK else 0
    order.auction = time_in_force if time_in_force in (OPG, CLS) else 0
    order.post_only = 1 if flags & POST_ONLY else 0
    order.is_extended = 1 if flags & EXTENDED else 0
    return order
