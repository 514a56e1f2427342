"""What a parent must be to be taken in: its form, and that it can still be worked."""

from __future__ import annotations

from tradewind.core.child_sizes import size_breach
from tradewind.core.entry import form_breach, halt_breach
from tradewind.core.orders import new_order
from tradewind.core.parent_order import SHARE_ONE, ParentOrder
from tradewind.core.risk import Breach
from tradewind.core.state import State, StrategyBook
from tradewind.model.algorithm_messages import SLICED, Algorithm, AlgorithmIntended, AtEnd
from tradewind.model.errors import UserError
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import OrderFlag, OrderType

PARENTS_MAX = 1_000
"""Parents worked at once; one more is denied."""
SLICES_MAX = 10_000
WEIGHT_SUM_MAX = 10**9
_ALGORITHMS = frozenset(map(int, Algorithm))
_ENDS = frozenset(map(int, AtEnd))


def check_algorithm_terms(event: AlgorithmIntended) -> None:
    """Refuse with one sentence what no parent can be."""
    if event.algorithm not in _ALGORITHMS or event.at_end not in _ENDS:
        raise UserError("there is no such algorithm, or no such end of its window")
    if event.quantity <= 0 or event.quantity > UNITS_MAX or not 0 <= event.limit_price <= UNITS_MAX:
        raise UserError("an algorithm needs a quantity above 0, and a limit price not below")
    _check_display(event)
    _check_window(event)
    if not 0 <= event.participation <= SHARE_ONE:
        raise UserError("participation is a share of the volume: give more than 0, at most 1")
    if event.algorithm == Algorithm.POV and event.participation == 0:
        raise UserError("participation: pov needs the share of the volume to take part with")
    if not 0 <= event.min_child <= event.quantity:
        raise UserError("min_child: give 0 or more, at most the quantity")
    if event.flags & OrderFlag.POST_ONLY and (event.at_end == AtEnd.CROSS or not event.limit_price):
        raise UserError("a post-only algorithm needs a limit price, and cannot cross at its end")


def _check_display(event: AlgorithmIntended) -> None:
    is_iceberg = event.algorithm == Algorithm.ICEBERG
    if event.display < 0 or (is_iceberg and event.display == 0):
        raise UserError("display: an iceberg shows a quantity above 0")
    if event.display > event.quantity:
        raise UserError("display: an iceberg cannot show more than its quantity")
    if event.display and not is_iceberg:
        raise UserError("display: only an iceberg shows a part of its quantity")
    if is_iceberg and not event.limit_price:
        raise UserError("limit: an iceberg rests at a price, give one")


def _check_window(event: AlgorithmIntended) -> None:
    start_ns, end_ns = event.start_time_ns, event.end_time_ns
    if start_ns < 0 or end_ns < 0 or end_ns >= 2**62 or start_ns >= 2**62:
        raise UserError("a window begins and ends at times in UTC, in ns")
    if event.algorithm in SLICED and not end_ns:
        raise UserError(f"{event.algorithm.name.lower()} needs a window: say when it ends")
    if end_ns and end_ns <= max(start_ns, event.time_ns):
        raise UserError("a window ends behind its start, and behind now")
    weights = event.weights
    if event.algorithm in SLICED:
        if not 0 < len(weights) <= SLICES_MAX:
            raise UserError(f"a window has 1 to {SLICES_MAX} slices")
        if min(weights) < 0 or not 0 < sum(weights) <= WEIGHT_SUM_MAX:
            raise UserError("the slices of a curve are 0 or more, and not all 0")
        if len(weights) > end_ns - max(start_ns, event.time_ns):
            raise UserError("the slices of a window are shorter than a nanosecond")
    elif weights:
        raise UserError(f"{event.algorithm.name.lower()} has no slices")


def breach_of_parent(state: State, parent: ParentOrder) -> Breach | None:
    """The first reason against working a parent; limits look at each child, when it is sent."""
    terms = parent.terms
    order_id = terms.order_id
    if order_id in state.orders or order_id in state.held or order_id in state.parents:
        return ("duplicate_id", order_id, "an id used once")
    if len(state.parents) >= PARENTS_MAX:
        return ("too_many_parents", str(len(state.parents) + 1), str(PARENTS_MAX))
    market = state.markets[parent.instrument]
    book: StrategyBook = state.strategies[parent.strategy]
    whole = new_order(
        order_id,
        parent.strategy,
        book.account.index,
        parent.instrument,
        int(terms.side),
        parent.quantity,
    )
    whole.limit_price = parent.limit_price
    whole.order_type = int(OrderType.LIMIT if parent.limit_price else OrderType.MARKET)
    whole.leg = int(terms.leg)  # what there is to reduce is known when a child is sent
    breach = form_breach(state, whole, book, market) or _halted_everywhere(state, book, parent)
    if breach is None and terms.display % market.lot:
        breach = ("off_grid", "display", "whole lots")
    return breach or _scope_halt(book) or size_breach(state, parent, book, market)


def _halted_everywhere(state: State, book: StrategyBook, parent: ParentOrder) -> Breach | None:
    """What keeps orders from all markets of a parent; one leg of a route that is open is enough."""
    route = state.routes.get(parent.terms.route)
    names = [leg.instrument for leg in route.terms.legs] if route else [parent.terms.instrument]
    breaches = [halt_breach(state, book, state.market(name)) for name in names]
    return None if None in breaches else breaches[0]


def _scope_halt(book: StrategyBook) -> Breach | None:
    """A halt of the strategy, its account or the firm: no child would pass it."""
    for scope in book.scopes:
        if scope.is_halted:
            return ("halted", scope.name, scope.halt_reason)
    return None
