"""What children of parents have committed, counted from the journal's records alone.

The core counts this to decide what it sends. Here it is counted again, by other code and from what
really left, so that one count stops the other where it is wrong (SEC release 34-70694: a count that
was no longer reached let children of 212 orders leave for 45 minutes).
"""

from __future__ import annotations

import msgspec

from tradewind.core.state import State
from tradewind.model import messages as m

IS_END = (m.OrderRejected, m.OrderCanceled, m.OrderExpired)
ALWAYS_COUNTED = (m.InstrumentListed, m.AlgorithmIntended, m.ChildSent, m.ParentEnded)


class CountedChild(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a child that left, for another process."""

    order_id: str
    quantity: int
    factor: int
    filled: int
    stated: int
    is_open: bool
    fills: list[str]


class CountedParent(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a parent, likewise."""

    quantity: int
    digits: int
    before: int | None
    children: list[CountedChild]


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """A whole count, as another process goes on with it."""

    parents: dict[str, CountedParent] = {}
    waiting: dict[str, str] = {}
    decided: list[str] = []
    wished: list[str] = []
    digits: dict[str, int] = {}


class Parent:
    """A parent's quantity, and what its children that left have filled or may fill.

    A leg of its route may count with fewer `digits`; all is counted as the parent is.
    """

    __slots__ = ("before", "children", "committed", "digits", "quantity")

    def __init__(self, quantity: int, digits: int = 0) -> None:
        self.quantity = quantity
        self.digits = digits
        self.before: int | None = None
        """The quantity before an amendment that the core may still deny in the same turn."""
        self.committed = 0
        self.children: list[str] = []


class Child:
    """A child that left: `filled` of it is known, more than that may come while it is open."""

    __slots__ = ("factor", "filled", "fills", "is_open", "parent", "quantity", "stated")

    def __init__(self, parent: Parent, quantity: int, factor: int = 1) -> None:
        self.parent = parent
        self.quantity = quantity
        self.factor = factor
        self.filled = self.stated = 0
        self.is_open = True
        self.fills: set[str] = set()

    @property
    def committed(self) -> int:
        """What it has filled or may fill."""
        known = max(self.filled, self.stated)
        return self.factor * (max(self.quantity, known) if self.is_open else known)


class Children:
    """Follows records with `note`; `excess` tells what may not leave, `left` what did.

    >>> from tradewind.model.algorithm_messages import Algorithm
    >>> from tradewind.model.orders import Side
    >>> children = Children()
    >>> children.note(m.AlgorithmIntended(0, "p", "x", "A.SIM", Side.BUY, 10, Algorithm.AT_ONCE))
    >>> children.note(m.ChildSent(0, "p.1", "p", ""))
    >>> children.left("p.1", 7)
    >>> children.note(m.ChildSent(0, "p.2", "p", ""))
    >>> children.excess("p.2", 3), children.excess("p.2", 4)
    ('', '4 beside 7 of p.1 and others are more than the 10 of p')
    """

    def __init__(self) -> None:
        self._parents: dict[str, Parent] = {}
        self._waiting: dict[str, str] = {}
        """Children that were sent and have not left, with their parents."""
        self._decided: set[str] = set()
        """Those of them that the limits let through: a later denial is not of them."""
        self._wished: set[str] = set()
        """Parents whose last wish was to begin or to change: a denial is of that."""
        self._children: dict[str, Child] = {}
        self._digits: dict[str, int] = {}
        """Digits of quantities by instrument."""

    def begin(self, state: State) -> None:
        """Take over what a recovered state works; its open children may all have left."""
        for market in state.markets:
            self._digits[market.id] = market.instrument.quantity_digits
        for name, known in state.parents.items():
            own = state.markets[known.instrument].id
            parent = self._parents[name] = Parent(known.quantity, self._digits[own])
            for child, filled in known.children.items():
                order = state.orders.get(child)
                is_open = child in known.working and order is not None
                place = own if order is None else state.markets[order.instrument].id
                quantity = filled if order is None else order.quantity
                one = self._add(child, parent, quantity, place)
                one.filled = filled if order is None else order.filled_quantity
                one.is_open = is_open
                one.fills = set() if order is None else set(order.fill_ids)
                parent.committed += one.committed

    def take(self, counted: Counted) -> None:
        """Go on with what another process counted, in the place of what was known here."""
        self._parents, self._children = {}, {}
        self._waiting, self._digits = dict(counted.waiting), dict(counted.digits)
        self._decided, self._wished = set(counted.decided), set(counted.wished)
        for name, known in counted.parents.items():
            parent = self._parents[name] = Parent(known.quantity, known.digits)
            parent.before = known.before
            for each in known.children:
                child = self._children[each.order_id] = Child(parent, each.quantity, each.factor)
                child.filled, child.stated = each.filled, each.stated
                child.is_open, child.fills = each.is_open, set(each.fills)
                parent.children.append(each.order_id)
                parent.committed += child.committed

    def counted(self) -> Counted:
        """The count as it stands, for another process."""
        parents = {
            name: CountedParent(
                parent.quantity,
                parent.digits,
                parent.before,
                [self._counted_child(child) for child in parent.children],
            )
            for name, parent in self._parents.items()
        }
        waiting, digits = dict(self._waiting), dict(self._digits)
        return Counted(parents, waiting, sorted(self._decided), sorted(self._wished), digits)

    def _counted_child(self, order_id: str) -> CountedChild:
        child = self._children[order_id]
        return CountedChild(
            order_id,
            child.quantity,
            child.factor,
            child.filled,
            child.stated,
            child.is_open,
            sorted(child.fills),
        )

    def concerns(self, record: m.Record) -> bool:
        """Whether a record that comes next changes a count.

        >>> children = Children()
        >>> children.concerns(m.ChildSent(0, "p.1", "p", "")), children.concerns(m.ClockTicked(0))
        (True, False)
        """
        if isinstance(record, ALWAYS_COUNTED):
            return True
        order_id = getattr(record, "order_id", "")
        return order_id in self._children or order_id in self._waiting or order_id in self._parents

    def excess(self, order_id: str, quantity: int, instrument: str = "") -> str:
        """Why a child may not leave, "" where it may; orders without a parent always may."""
        parent_id = self._waiting.get(order_id)
        parent = self._parents.get(parent_id or "")
        if parent is None:
            return "" if parent_id is None else f"its parent {parent_id} is not known"
        quantity *= self._factor(parent, instrument)
        if parent.committed + quantity <= parent.quantity:
            return ""
        last = parent.children[-1] if parent.children else "none"
        return (
            f"{quantity} beside {parent.committed} of {last} and others are more than the "
            f"{parent.quantity} of {parent_id}"
        )

    def left(self, order_id: str, quantity: int, instrument: str = "") -> None:
        """A child leaves."""
        parent = self._parents.get(self._waiting.pop(order_id, ""))
        self._decided.discard(order_id)
        if parent is not None:
            parent.committed += self._add(order_id, parent, quantity, instrument).committed

    def note(self, record: m.Record) -> None:
        """One record of a durable turn, in the journal's order."""
        if isinstance(record, m.InstrumentListed):
            self._digits[record.instrument.id] = record.instrument.quantity_digits
        elif isinstance(record, m.AlgorithmIntended):
            self._intend(record)
        elif isinstance(record, m.ChildSent):
            self._waiting[record.order_id] = record.parent
        elif isinstance(record, m.SubmitOrder):
            if record.order_id in self._waiting:
                self._decided.add(record.order_id)
        elif isinstance(record, m.CancelIntended):
            self._wished.discard(record.order_id)
        elif isinstance(record, m.ParentEnded):
            self._forget(record.order_id)
        elif isinstance(record, m.AmendIntended):
            self._amend(record)
        elif isinstance(record, m.OrderDenied):
            self._deny(record.order_id)
        else:
            self._report(record)

    def _report(self, record: m.Record) -> None:
        child = self._children.get(getattr(record, "order_id", ""))
        if child is None:
            if isinstance(record, m.OrderRejected):
                self._waiting.pop(record.order_id, None)
                self._decided.discard(record.order_id)
            return
        child.parent.committed -= child.committed
        if isinstance(record, m.OrderFilled) and record.fill_id not in child.fills:
            child.fills.add(record.fill_id)
            child.filled += record.quantity
        elif isinstance(record, m.OrderAmended | m.OrderRestated):
            child.quantity = record.quantity
        elif isinstance(record, IS_END):
            child.is_open = False
            child.stated = max(child.stated, getattr(record, "filled_quantity", 0))
        child.parent.committed += child.committed

    def _intend(self, record: m.AlgorithmIntended) -> None:
        """An id that is used again will be denied, and the first parent goes on."""
        known = self._parents.get(record.order_id)
        self._wished.add(record.order_id)
        if known is None:
            self._parents[record.order_id] = Parent(
                record.quantity, self._digits.get(record.instrument, 0)
            )
        else:
            known.before = known.quantity

    def _amend(self, record: m.AmendIntended) -> None:
        parent = self._parents.get(record.order_id)
        if parent is not None:
            self._wished.add(record.order_id)
            parent.before, parent.quantity = parent.quantity, record.quantity

    def _deny(self, order_id: str) -> None:
        """The core's no comes right behind what it denies.

        What it denies may be a cancel or an amendment of somebody else: that changes nothing.
        """
        if order_id not in self._decided:
            self._waiting.pop(order_id, None)
        parent = self._parents.get(order_id)
        if parent is None or order_id not in self._wished:
            return
        self._wished.discard(order_id)
        if parent.before is None:
            self._forget(order_id)
        else:
            parent.quantity, parent.before = parent.before, None

    def _forget(self, order_id: str) -> None:
        parent = self._parents.pop(order_id, None)
        self._wished.discard(order_id)
        for child in () if parent is None else parent.children:
            self._children.pop(child, None)

    def _factor(self, parent: Parent, instrument: str) -> int:
        """What a unit of an instrument is of the parent's; the parent's digits are the most."""
        return int(10 ** max(0, parent.digits - self._digits.get(instrument, parent.digits)))

    def _add(self, order_id: str, parent: Parent, quantity: int, instrument: str) -> Child:
        child = Child(parent, quantity, self._factor(parent, instrument))
        self._children[order_id] = child
        parent.children.append(order_id)
        return child
