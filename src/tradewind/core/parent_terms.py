"""What people say of an order that the core shall work, and how they see one."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeVar

from tradewind.core.market import Market
from tradewind.core.parent_order import ParentOrder
from tradewind.core.state import State
from tradewind.model.algorithm_messages import SLICED, Algorithm, AlgorithmIntended, AtEnd
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import to_decimal, units_of
from tradewind.model.orders import Leg, OrderFlag, Side

Number = Decimal | str | int | float
SHARE_DIGITS = 9
Word = TypeVar("Word", Algorithm, AtEnd)
SLICES = 10
"""Slices of a window that is not told how many."""
POV_CHILDREN = 100
"""Without a `min_child` a child of POV is at least this part of the whole."""


class AlgorithmTerms(NamedTuple):
    """An order to work with children; prices and quantities as people give them.

    `seconds` is the length of the window, from its start or from now; `end_time_ns` says the same
    as a time. `curve` are the weights of its slices; a window without one has `slices` of equal
    weight. `participation` is a share such as "0.1".
    """

    algorithm: str
    side: Side
    quantity: Number
    limit: Number | None = None
    display: Number | None = None
    seconds: Number | None = None
    start_time_ns: int = 0
    end_time_ns: int = 0
    slices: int = SLICES
    curve: tuple[int, ...] = ()
    participation: Number | None = None
    min_child: Number | None = None
    at_end: str = "cancel"
    flags: OrderFlag = OrderFlag.NONE
    leg: Leg = Leg.NET
    route: str = ""


def algorithm_intent_of(
    terms: AlgorithmTerms, time_ns: int, order_id: str, strategy: str, instrument: Instrument
) -> AlgorithmIntended:
    """The intent of some terms, exact.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> terms = AlgorithmTerms("twap", Side.BUY, 100, seconds=60, slices=4)
    >>> wanted = algorithm_intent_of(terms, 5, "j0-x-1", "x", goog)
    >>> wanted.weights, wanted.end_time_ns
    ((1, 1, 1, 1), 60000000005)
    """
    algorithm = _word(Algorithm, "algorithm", terms.algorithm)
    quantity = units_of(terms.quantity, instrument.quantity_digits)
    return AlgorithmIntended(
        time_ns,
        order_id,
        strategy,
        instrument.id,
        Side(terms.side),
        quantity,
        algorithm,
        limit_price=_units(terms.limit, instrument.price_digits),
        display=_units(terms.display, instrument.quantity_digits),
        start_time_ns=int(terms.start_time_ns),
        end_time_ns=_end_ns(terms, time_ns),
        weights=_weights(terms, algorithm),
        participation=_units(terms.participation, SHARE_DIGITS),
        min_child=_min_child(terms, algorithm, quantity, instrument),
        at_end=_word(AtEnd, "at_end", terms.at_end),
        flags=OrderFlag(terms.flags),
        leg=Leg(terms.leg),
        route=terms.route,
    )


def _word(kind: type[Word], name: str, text: str) -> Word:
    known = {each.name.lower(): each for each in kind}
    if text not in known:
        raise UserError(f"{name}: {text!r} is not known: use {', '.join(known)}")
    return known[text]


def _units(number: Number | None, digits: int) -> int:
    return 0 if number is None else units_of(number, digits)


def _end_ns(terms: AlgorithmTerms, time_ns: int) -> int:
    if terms.seconds is None:
        return int(terms.end_time_ns)
    if terms.end_time_ns:
        raise UserError("a window has seconds= or end_time_ns=, not both")
    length_ns = units_of(terms.seconds, 9)
    if length_ns <= 0:
        raise UserError("seconds: a window is longer than 0 seconds")
    return max(int(terms.start_time_ns), time_ns) + length_ns


def _weights(terms: AlgorithmTerms, algorithm: Algorithm) -> tuple[int, ...]:
    if terms.curve:
        if any(type(weight) is not int for weight in terms.curve):
            raise UserError("curve: the weights of slices are whole numbers")
        return tuple(terms.curve)
    if algorithm not in SLICED:
        return ()
    if algorithm != Algorithm.TWAP:
        raise UserError(f"curve: {algorithm.name.lower()} needs the weights of its slices")
    return (1,) * int(terms.slices)


def _min_child(
    terms: AlgorithmTerms, algorithm: Algorithm, quantity: int, instrument: Instrument
) -> int:
    if terms.min_child is not None or algorithm != Algorithm.POV:
        return _units(terms.min_child, instrument.quantity_digits)
    return max(0, quantity) // POV_CHILDREN


class ParentView:
    """One order that the core works with children, as of now."""

    __slots__ = ("_market", "_parent", "_state")

    def __init__(self, state: State, parent: ParentOrder, market: Market) -> None:
        self._state = state
        self._parent = parent
        self._market = market

    @property
    def order_id(self) -> str:
        """Its id; those of its children begin with it."""
        return self._parent.order_id

    @property
    def algorithm(self) -> str:
        """How it is worked: `twap`, `vwap`, `pov`, `iceberg`, `shortfall`, `at_once`."""
        return Algorithm(self._parent.terms.algorithm).name.lower()

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return Side(self._parent.terms.side)

    @property
    def quantity(self) -> Decimal:
        """What shall be traded in all."""
        return self._decimal(self._parent.quantity)

    @property
    def filled_quantity(self) -> Decimal:
        """What its children have filled."""
        return self._decimal(self._parent.filled_quantity)

    @property
    def working_quantity(self) -> Decimal:
        """What may still fill of the children that left."""
        orders = self._state.orders
        return self._decimal(sum(orders[one].reserved for one in self._parent.working))

    @property
    def children(self) -> list[str]:
        """The ids of all children, oldest first."""
        return list(self._parent.children)

    def _decimal(self, units: int) -> Decimal:
        return to_decimal(units, self._market.instrument.quantity_digits)
