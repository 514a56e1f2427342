"""One order that the core works with children: its terms, and what has become of them."""

from __future__ import annotations

from typing import Any

from tradewind.core.orders import Order
from tradewind.model.algorithm_messages import SLICED, Algorithm, AlgorithmIntended, AtEnd
from tradewind.model.orders import OrderState

SHARE_ONE = 10**9
_FILLED = int(OrderState.FILLED)
_FIELDS = (
    "quantity",
    "limit_price",
    "filled_quantity",
    "sent",
    "volume",
    "counts_trades",
    "ending",
    "failures",
    "failure",
    "pause_ns",
    "crossing",
    "timer_ns",
)


class ParentOrder:
    """The terms of an `AlgorithmIntended`, with numbers, and what its children have done.

    `places` are the markets its children go to: one, or the legs of its route; of those that count
    with other digits than its own market `factors` has what a unit of theirs is of its own.
    `children` are all that ever left, with what each has filled; `working` those that may still
    fill, `leaving` those of them that it wants canceled. `volume` is what has traded since the
    start. `ending` says why it is being wound up, `crossing` which child takes the rest. Behind
    `failures` it rests until `pause_ns`; a timer of the core's waits for `timer_ns`, 0 for none.
    An iceberg `is_whole` where its venue shows it in parts; `refusal` is why that venue would not.

    >>> from tradewind.model.orders import Side
    >>> terms = AlgorithmIntended(
    ...     5, "j0-x-1", "x", "GOOG.SIM", Side.BUY, 100, Algorithm.TWAP,
    ...     start_time_ns=0, end_time_ns=40, weights=(1, 1, 1, 1))
    >>> parent = ParentOrder(terms, 0, 0)
    >>> [parent.due_quantity(time_ns) for time_ns in (0, 9, 10, 30, 39)]
    [25, 25, 50, 100, 100]
    """

    __slots__ = (
        *_FIELDS,
        "children",
        "factors",
        "instrument",
        "is_whole",
        "leaving",
        "places",
        "refusal",
        "strategy",
        "terms",
        "working",
    )

    def __init__(self, terms: AlgorithmIntended, strategy: int, instrument: int) -> None:
        self.terms = terms
        self.strategy = strategy
        self.instrument = instrument
        self.places = [instrument]
        self.factors: dict[int, int] = {}
        self.quantity = terms.quantity
        self.limit_price = terms.limit_price
        self.children: dict[str, int] = {}
        self.working: list[str] = []
        self.leaving: list[str] = []
        self.filled_quantity = self.sent = self.volume = self.failures = 0
        self.pause_ns = self.timer_ns = 0
        self.counts_trades = False
        self.ending = self.failure = self.crossing = self.refusal = ""
        self.is_whole = False

    @property
    def order_id(self) -> str:
        """The id it was wanted with; its children's begin with it."""
        return self.terms.order_id

    # --- what is due -------------------------------------------------------------------------

    def slice_at(self, time_ns: int) -> int:
        """How many slices have begun."""
        terms = self.terms
        if time_ns < terms.start_time_ns:
            return 0
        count = len(terms.weights)
        span = terms.end_time_ns - terms.start_time_ns
        return int(min(count, (time_ns - terms.start_time_ns) * count // span + 1))

    def slice_start_ns(self, number: int) -> int:
        """When a slice begins, the first being 0."""
        terms = self.terms
        span = terms.end_time_ns - terms.start_time_ns
        return terms.start_time_ns - -(number * span) // len(terms.weights)

    def due_quantity(self, time_ns: int) -> int:
        """What should have been sent by now, at most; not in whole lots."""
        terms, algorithm = self.terms, self.terms.algorithm
        if self.is_crossing_at(time_ns) or algorithm == Algorithm.AT_ONCE:
            return self.quantity
        if algorithm == Algorithm.ICEBERG and not self.is_whole:
            return min(self.quantity, self.filled_quantity + terms.display)
        due = self.quantity
        if algorithm in SLICED:
            begun = sum(terms.weights[: self.slice_at(time_ns)])
            due = due * begun // sum(terms.weights)
        if terms.participation:
            due = min(due, self.volume * terms.participation // SHARE_ONE)
        return due

    def is_past(self, time_ns: int) -> bool:
        """Whether its window is over."""
        return 0 < self.terms.end_time_ns <= time_ns

    def is_crossing_at(self, time_ns: int) -> bool:
        """Whether what is left shall go out at once."""
        return self.terms.at_end == AtEnd.CROSS and self.is_past(time_ns)

    def next_ns(self, time_ns: int) -> int:
        """When it wants to be asked again behind a time; 0 for never."""
        terms = self.terms
        wanted = [terms.start_time_ns, terms.end_time_ns, self.pause_ns]
        if terms.algorithm in SLICED:
            begun = self.slice_at(time_ns)
            if begun < len(terms.weights):
                wanted.append(self.slice_start_ns(begun))
        return min((due for due in wanted if due > time_ns), default=0)

    # --- what happened -----------------------------------------------------------------------

    def in_own_units(self, place: int, quantity: int) -> int:
        """A quantity of one of its markets, counted as its own."""
        return quantity * self.factors.get(place, 1)

    def note(self, order: Order, time_ns: int) -> None:
        """Take in what a child has filled, and its end.

        An end that nobody here asked for counts as a failure.
        """
        order_id = order.order_id
        in_all = self.in_own_units(order.instrument, order.filled_quantity)
        filled = in_all - self.children[order_id]
        if filled:
            self.filled_quantity += filled
            self.children[order_id] = in_all
            self.failures = 0
        if not order.is_open and order_id in self.working:
            self.working.remove(order_id)
            was_wanted = order_id in self.leaving or self.crossing or self.ending
            if order_id in self.leaving:
                self.leaving.remove(order_id)
            if order.state != _FILLED and not was_wanted:
                self.fail(OrderState(order.state).name.lower(), time_ns)

    def fail(self, reason: str, time_ns: int) -> None:
        """Note that a child came to nothing, and rest a while."""
        self.failures += 1
        self.failure = reason
        self.pause_ns = time_ns + PAUSE_NS

    def snapshot(self) -> list[object]:
        """Its terms and all that moves; what only a venue's icebergs have where it has it."""
        moving = [getattr(self, name) for name in _FIELDS]
        whole = [[self.is_whole, self.refusal]] if self.is_whole or self.refusal else []
        return [
            self.terms,
            moving,
            list(self.children.items()),
            self.working,
            self.leaving,
            self.places,
            sorted(self.factors.items()),
            *whole,
        ]


PAUSE_NS = 10**9
"""How long a parent rests when a child was denied, refused or ended by others."""


def parent_from(
    terms: AlgorithmIntended, strategy: int, instrument: int, stored: list[Any]
) -> ParentOrder:
    """The parent that `snapshot` gave, with the numbers of its strategy and instrument."""
    parent = ParentOrder(terms, strategy, instrument)
    for name, value in zip(_FIELDS, stored[1], strict=True):
        setattr(parent, name, value)
    parent.children = dict(stored[2])
    parent.working, parent.leaving = list(stored[3]), list(stored[4])
    parent.places = list(stored[5])
    parent.factors = dict(stored[6])
    for is_whole, refusal in stored[7:]:
        parent.is_whole, parent.refusal = is_whole, refusal
    return parent
