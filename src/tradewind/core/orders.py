"""One order of ours, from intent to its final state."""

from __future__ import annotations

from typing import Any

from tradewind.model.orders import OrderState

_FIELDS = (
    "order_id",
    "strategy",
    "account",
    "instrument",
    "side",
    "quantity",
    "order_type",
    "limit_price",
    "stop_price",
    "time_in_force",
    "flags",
    "expire_time_ns",
    "leg",
    "state",
    "filled_quantity",
    "filled_notional",
    "fees",
    "reserved",
    "amends",
    "amends_sent",
    "stated_quantity",
    "end_state",
    "venue_order_id",
    "intended_time_ns",
    "changed_time_ns",
)


FILL_IDS_MAX = 65_536
"""Executions of one order that are known again when they are reported again."""


class Order:
    """State of an order; quantities and prices in the instrument's units.

    `strategy`, `account` and `instrument` are numbers in the core's lists. `reserved` is the
    open quantity its exposure is counted with. `amends_sent` amendments left, and `amends` are
    the numbers of those that the venue has not answered. `end_state` and `stated_quantity` are
    an end that overtook fills: the state it leads to and what is filled by then. Executions
    already posted are known by their ids: most orders have one, so that only a second makes a
    dict of them.

    >>> order = Order("j0-cross-1", 0, 0, 0, 1, 5)
    >>> order.leaves_quantity, order.is_open
    (5, True)
    """

    __slots__ = (*_FIELDS, "_fill_id", "_fill_ids")

    def __init__(
        self,
        order_id: str,
        strategy: int,
        account: int,
        instrument: int,
        side: int,
        quantity: int,
    ) -> None:
        self.begin(order_id, strategy, account, instrument, side, quantity)

    def begin(
        self,
        order_id: str,
        strategy: int,
        account: int,
        instrument: int,
        side: int,
        quantity: int,
    ) -> None:
        """Become a new market order; `__init__` for callers with C integers at hand."""
        self.order_id = order_id
        self.strategy = strategy
        self.account = account
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.order_type = 1
        self.limit_price = 0
        self.stop_price = 0
        self.time_in_force = 1
        self.flags = 0
        self.expire_time_ns = 0
        self.leg = 0
        self.state = 1
        self.filled_quantity = 0
        self.filled_notional = 0
        self.fees = 0
        self.reserved = 0
        self.amends: tuple[int, ...] = ()
        self.amends_sent = 0
        self.stated_quantity = 0
        self.end_state = 0
        self.venue_order_id = ""
        self.intended_time_ns = 0
        self.changed_time_ns = 0
        self._fill_id: str | None = None
        self._fill_ids: dict[str, None] | None = None

    @property
    def leaves_quantity(self) -> int:
        """What is still to be filled."""
        return max(0, self.quantity - self.filled_quantity)

    @property
    def is_open(self) -> bool:
        """Whether it may still fill: all states up to UNKNOWN."""
        return self.state <= OrderState.UNKNOWN

    @property
    def fill_ids(self) -> list[str]:
        """The executions posted, oldest first; of very many the last `FILL_IDS_MAX`."""
        if self._fill_ids is not None:
            return list(self._fill_ids)
        return [] if self._fill_id is None else [self._fill_id]

    def take_fill(self, fill_id: str) -> bool:
        """Note an execution as posted; false where it was posted before."""
        if self._fill_id is None and self._fill_ids is None:
            self._fill_id = fill_id
            return True
        if self.has_fill(fill_id):
            return False
        self.add_fill(fill_id)
        return True

    def has_fill(self, fill_id: str) -> bool:
        """Whether an execution is posted already."""
        if self._fill_ids is not None:
            return fill_id in self._fill_ids
        return self._fill_id is not None and fill_id == self._fill_id

    def add_fill(self, fill_id: str) -> None:
        """Note an execution as posted; beyond the bound the oldest is forgotten."""
        if self._fill_id is None:
            self._fill_id = fill_id
        elif self._fill_ids is None:
            self._fill_ids = {self._fill_id: None, fill_id: None}
        else:
            self._fill_ids[fill_id] = None
            if len(self._fill_ids) > FILL_IDS_MAX:
                del self._fill_ids[next(iter(self._fill_ids))]

    def drop_fill(self, fill_id: str) -> None:
        """Forget an execution: the venue took it back."""
        if self._fill_ids is not None:
            self._fill_ids.pop(fill_id, None)
        elif self.has_fill(fill_id):
            self._fill_id = None

    def snapshot(self) -> list[object]:
        """All fields in the order of the slots, then the executions."""
        return [*(getattr(self, name) for name in _FIELDS), self.fill_ids]


def new_order(
    order_id: str, strategy: int, account: int, instrument: int, side: int, quantity: int
) -> Order:
    """A new market order.

    >>> new_order("j0-cross-1", 0, 0, 0, 1, 5).quantity
    5
    """
    order = Order.__new__(Order)
    order.begin(order_id, strategy, account, instrument, side, quantity)
    return order


def order_from(state: list[Any]) -> Order:
    """The order that `snapshot` gave."""
    order = Order(*state[:6])
    for name, value in zip(_FIELDS[6:], state[6:-1], strict=True):
        setattr(order, name, tuple(value) if name == "amends" else value)
    for fill_id in state[-1]:
        order.add_fill(fill_id)
    return order
