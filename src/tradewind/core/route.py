"""A route: its legs, how they filled what they were sent, and how a quantity is divided."""

from __future__ import annotations

from typing import Any, NamedTuple

from tradewind.core.entry import halt_breach
from tradewind.core.market import Market
from tradewind.core.parent_order import ParentOrder
from tradewind.core.state import State, StrategyBook
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX
from tradewind.model.route_messages import OrderRouted, RouteLeg, RouteScore, RouteSet

SHARE_ONE = 10**9
LEGS_MAX = 20
LEVELS_MAX = 50
"""Levels of a book that are looked at."""
MEMORY = 16
"""Of how many orders, about, the history of a leg tells."""
MILLISECOND_NS = 10**6
_UNBOUNDED = -1


class Offer(NamedTuple):
    """One level of one leg: its rank with all costs, and what is there."""

    rank: int
    leg: int
    price: int
    size: int


class Route:
    """The terms of a `RouteSet`, and by leg what was sent and filled of late."""

    __slots__ = ("filled", "sent", "terms")

    def __init__(self, terms: RouteSet) -> None:
        self.terms = terms
        self.sent = [0] * len(terms.legs)
        self.filled = [0] * len(terms.legs)

    def note(self, instrument: str, sent: int, filled: int) -> None:
        """A child ended: what it was sent with, and what it filled; older ones count less."""
        for number, leg in enumerate(self.terms.legs):
            if leg.instrument == instrument:
                self.sent[number] += sent - self.sent[number] // MEMORY
                self.filled[number] += filled - self.filled[number] // MEMORY

    def costs(self, number: int) -> tuple[int, int, int]:
        """Fee, latency and history of a leg, in 10^-9 of the price."""
        leg, sent = self.terms.legs[number], self.sent[number]
        latency = leg.latency_ns * self.terms.millisecond_cost // MILLISECOND_NS
        missed = max(0, sent - self.filled[number])
        return leg.fee, latency, missed * self.terms.miss_cost // sent if sent else 0

    def take_over(self, former: Route) -> None:
        """Keep the history of legs that stay."""
        known = {leg.instrument: number for number, leg in enumerate(former.terms.legs)}
        for number, leg in enumerate(self.terms.legs):
            if leg.instrument in known:
                self.sent[number] = former.sent[known[leg.instrument]]
                self.filled[number] = former.filled[known[leg.instrument]]

    def snapshot(self) -> list[object]:
        """Its terms and its history."""
        return [self.terms, self.sent, self.filled]


def route_from(terms: RouteSet, stored: list[Any]) -> Route:
    """The route that `snapshot` gave."""
    route = Route(terms)
    route.sent, route.filled = list(stored[1]), list(stored[2])
    return route


def legs_of(state: State) -> dict[str, list[str]]:
    """The listings of each route by its name."""
    return {
        name: [leg.instrument for leg in route.terms.legs] for name, route in state.routes.items()
    }


def check_route(state: State, event: RouteSet) -> None:
    """Refuse with one sentence a route that could not be used."""
    if not 0 < len(event.route) <= 64:
        raise UserError("a route needs a name of 1 to 64 letters")
    if len(event.legs) > LEGS_MAX:
        raise UserError(f"route {event.route}: it has {len(event.legs)} legs, {LEGS_MAX} at most")
    names = [leg.instrument for leg in event.legs]
    if len(set(names)) != len(names):
        raise UserError(f"route {event.route}: each listing is named once")
    if min(event.millisecond_cost, event.miss_cost, event.stale_ns) < 0:
        raise UserError(f"route {event.route}: costs and ages are 0 or more")
    for leg in event.legs:
        if abs(leg.fee) > SHARE_ONE or not 0 <= leg.latency_ns <= 3600 * SHARE_ONE:
            name = leg.instrument
            raise UserError(f"route {event.route}: {name} has a fee above 1 or a latency of hours")
    known = [state.market(name).instrument for name in names]
    for one in known[1:]:
        _check_alike(event.route, one, known[0])


def check_routed(state: State, event: AlgorithmIntended) -> None:
    """Refuse an order that names no known route, or an instrument beside it."""
    route = state.routes.get(event.route)
    if route is None:
        known = ", ".join(state.routes) or "none"
        raise UserError(f"route: there is no route {event.route!r}: known are {known}")
    if event.instrument != route.terms.legs[0].instrument:
        first = route.terms.legs[0].instrument
        raise UserError(f"route: orders by {event.route} are counted in {first}, its first leg")
    if event.algorithm == Algorithm.ICEBERG:
        raise UserError("route: an iceberg rests at one venue: name its instrument")


def _check_alike(name: str, one: Instrument, first: Instrument) -> None:
    if (one.currency, one.multiplier) != (first.currency, first.multiplier):
        raise UserError(
            f"route {name}: {one.id} and {first.id} differ in multiplier or currency: route what "
            "is counted alike"
        )
    if one.quantity_digits > first.quantity_digits:
        raise UserError(
            f"route {name}: {one.id} counts with more digits than {first.id}: name {one.id} first"
        )


def factors_of(state: State, parent: ParentOrder) -> dict[int, int]:
    """What a unit is in the parent's, of those of its markets that count with fewer digits."""
    own = state.markets[parent.instrument].instrument.quantity_digits
    digits = {place: state.markets[place].instrument.quantity_digits for place in parent.places}
    return {place: 10 ** (own - each) for place, each in digits.items() if each < own}


def in_units_of(parent: ParentOrder, place: int, quantity: int) -> int:
    """A quantity in the parent's units as one of its markets counts it; whole lots stay exact."""
    return quantity // parent.factors.get(place, 1)


# --- dividing --------------------------------------------------------------------------------


def divide(
    state: State, route: Route, parent: ParentOrder, quantity: int
) -> tuple[OrderRouted, list[tuple[int, int]]]:
    """The decision, and the quantity of each market (by number) that gets one.

    Level by level the cheapest with all costs comes first; what no book shows goes where the
    first of it went, or where the best price is.
    """
    offers, scores = _offers(state, route, parent)
    shares, worst = _filled_from(state, parent, route, offers, quantity)
    made = tuple(
        RouteScore(
            score.instrument, shares[number], worst[number] or score.price, score.available,
            *route.costs(number), score.reason,
        )
        for number, score in enumerate(scores)
    )  # fmt: skip
    terms = route.terms
    routed = OrderRouted(state.time_ns, parent.order_id, terms.route, quantity, made)
    sent = [
        (state.market_numbers[terms.legs[number].instrument], share)
        for number, share in enumerate(shares)
        if share
    ]
    return routed, sent


def _offers(
    state: State, route: Route, parent: ParentOrder
) -> tuple[list[Offer], list[RouteScore]]:
    """What all legs offer, the cheapest first, and what is said of each leg."""
    offers, scores = [], []
    for number, leg in enumerate(route.terms.legs):
        market = state.market(leg.instrument)
        reason = _why_out(state, route, parent, market)
        levels = [] if reason else _levels(state, market, parent)
        rate = sum(route.costs(number))
        offers += [
            Offer(_rank(parent, market, price, rate), number, price, size) for price, size in levels
        ]
        sizes = [size for _, size in levels]
        available = _UNBOUNDED if _UNBOUNDED in sizes else sum(sizes)
        price = levels[0][0] if levels else 0
        scores.append(RouteScore(leg.instrument, 0, price, available, reason=reason))
    return sorted(offers), scores


def _rank(parent: ParentOrder, market: Market, price: int, rate: int) -> int:
    """What taking at a price costs in all, comparable between legs; the cheapest is least."""
    wide = price * 10 ** (DIGITS_MAX - market.instrument.price_digits)
    return int(parent.terms.side * wide * SHARE_ONE + wide * rate)


def _why_out(state: State, route: Route, parent: ParentOrder, market: Market) -> str:
    """Why a leg gets nothing, "" where it may."""
    book: StrategyBook = state.strategies[parent.strategy]
    breach = halt_breach(state, book, market)
    if breach is not None:
        return " ".join(breach)
    stale_ns = route.terms.stale_ns
    if market.mark <= 0 and not market.ask and not market.bid:
        return "no price"
    if stale_ns and state.time_ns - market.mark_time_ns > stale_ns:
        return "no fresh price"
    return ""


def _levels(state: State, market: Market, parent: ParentOrder) -> list[tuple[int, int]]:
    """Prices and sizes that a taker meets: of the book, or one price without a size."""
    side = parent.terms.side
    book = market.book
    if (book.best_ask if side > 0 else book.best_bid) and not book.is_stale:
        shown = book.levels(-side, LEVELS_MAX)
        levels = [(price, parent.in_own_units(market.index, size)) for price, size in shown]
    else:
        quoted = market.ask if side > 0 else market.bid
        levels = [(quoted or market.mark, _UNBOUNDED)]
    if not parent.limit_price:
        return levels
    own = state.markets[parent.instrument].instrument
    limit = parent.limit_price * 10**market.instrument.price_digits
    shift = 10**own.price_digits
    within = [level for level in levels if (limit - level[0] * shift) * side >= 0]
    # where nothing can be taken at once it rests, and the best price says where
    return within or [(levels[0][0], 0)]


def _filled_from(
    state: State, parent: ParentOrder, route: Route, offers: list[Offer], quantity: int
) -> tuple[list[int], list[int]]:
    """What each leg gets in whole lots of its own, and the worst price it is asked for."""
    legs: tuple[RouteLeg, ...] = route.terms.legs
    markets = [state.market(leg.instrument) for leg in legs]
    lots = [parent.in_own_units(market.index, market.lot) for market in markets]
    shares, worst, shown = [0] * len(legs), [0] * len(legs), [0] * len(legs)
    left = quantity
    for offer in offers:
        number = offer.leg
        shown[number] += left if offer.size == _UNBOUNDED else offer.size
        taken = min(left, shown[number] - shares[number]) // lots[number] * lots[number]
        if taken > 0:
            shares[number] += taken
            worst[number] = offer.price
            left -= taken
    for offer in offers:  # beyond what is shown: where the cheapest was
        taken = left // lots[offer.leg] * lots[offer.leg]
        shares[offer.leg] += taken
        left -= taken
    return shares, worst
