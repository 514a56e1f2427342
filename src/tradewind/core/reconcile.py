"""Reconciliation: what we say against what the venue says, and the rule for each difference.

Pure: the caller asks the venue, gives the answers here and carries out what comes back. Rules:
`adopt` takes the venue's word, `correct` brings the side that is behind up to the other,
`halt` stops new orders at the venue until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.state import Account, State
from tradewind.core.venue_cash import cash_at
from tradewind.model import messages as m
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.orders import Leg, OrderState
from tradewind.model.venue_account import VenueBalance, VenueFill, VenueOrder, VenuePosition

ADOPT, CORRECT, HALT = "adopt", "correct", "halt"
CLOCK_SLACK_NS = 60_000_000_000
"""Executions so shortly behind the time asked from need not be listed: clocks differ."""

RULES: dict[str, tuple[str, str]] = {
    "foreign_order": (ADOPT, "somebody else trades in this account: the order is theirs"),
    "missing_fill": (CORRECT, "the execution is posted here"),
    "order_gone": (CORRECT, "the venue is asked what became of the order"),
    "order_filled_more": (CORRECT, "the venue is asked what was filled"),
    "order_terms": (CORRECT, "the venue's terms count from here on"),
    "order_not_known_here": (CORRECT, "an order that nobody here counts is canceled"),
    "order_done_here": (CORRECT, "an order that is over here is canceled there"),
    "payment": (CORRECT, "the venue names the payment: it is posted here as what it is"),
    "balance_rounding": (CORRECT, "the venue rounds amounts otherwise than we do"),
    "fill_not_at_venue": (HALT, "the venue took an execution back, or never had it"),
    "balance": (HALT, "money moved that no execution explains"),
    "position": (HALT, "a position moved that no execution explains"),
    "first_balance": (ADOPT, "the account begins with what the venue says"),
    "first_position": (ADOPT, "the account begins with what the venue says"),
    "accepted_fill_not_at_venue": (ADOPT, "a person took the venue's word"),
    "accepted_balance": (ADOPT, "a person took the venue's word"),
    "accepted_position": (ADOPT, "a person took the venue's word"),
}
"""Kinds of difference: the rule of each and what it says to people."""


class Scope(msgspec.Struct, frozen=True):
    """Whose account is compared: one of ours at one venue.

    `since_ns` is how far back the venue was asked for executions, on our clock; what changed
    behind `settled_ns` may still be under way and is left for the next look, and so are the orders
    that were `under_way` when the venue was asked.
    """

    venue: str
    account: str
    journal_id: str
    since_ns: int
    settled_ns: int
    under_way: frozenset[str] = frozenset()


class Difference(msgspec.Struct, frozen=True):
    """One thing on which we and the venue disagree, and what follows.

    `events` are to be stepped behind the `VenueDiffered`; `cancel` is to be canceled there.
    """

    kind: str
    subject: str
    ours: str
    theirs: str
    events: tuple[m.ControlEvent, ...] = ()
    cancel: VenueOrder | None = None
    why: str = ""

    @property
    def rule(self) -> str:
        """adopt, correct or halt."""
        return RULES[self.kind][0]

    @property
    def reason(self) -> str:
        """What the rule does, for people, and what a person said to it."""
        does = RULES[self.kind][1]
        return f"{does}: {self.why}" if self.why else does

    def told(self, venue: str) -> m.VenueDiffered:
        """The event that tells of it; its time is still 0."""
        return m.VenueDiffered(
            0, venue, self.kind, self.subject, self.ours, self.theirs, self.rule, self.reason
        )


def fill_differences(
    state: State, scope: Scope, instrument: str, fills: Iterable[VenueFill]
) -> Iterator[Difference]:
    """Executions of an instrument that only one side has; the same one twice counts once.

    One that the venue lists is there, even if it does not say of which order: an order that was
    filled before anybody told that it was accepted is known by its execution alone.
    """
    number = state.market(instrument).index
    ours = [order for order in _orders_of(state, scope) if order.instrument == number]
    by_venue_id = {one.venue_order_id: one for one in ours if one.venue_order_id}
    there: set[tuple[str, str]] = set()
    listed: set[str] = set()
    for fill in fills:
        listed.add(fill.fill_id)
        order: Order | None = state.orders.get(fill.order_id)
        order = order or by_venue_id.get(fill.venue_order_id)
        if order is None or (order.order_id, fill.fill_id) in there:
            continue
        there.add((order.order_id, fill.fill_id))
        if not order.has_fill(fill.fill_id):
            yield _missing_fill(state, order, fill)
    for one in ours:
        if one.intended_time_ns < scope.since_ns + CLOCK_SLACK_NS or not _is_settled(one, scope):
            continue  # the venue's clock may have been behind: to it the execution was earlier
        for fill_id in one.fill_ids:
            if fill_id not in listed:
                subject = f"{one.order_id} {fill_id}"
                yield Difference("fill_not_at_venue", subject, "filled", "not there")


def order_differences(
    state: State, scope: Scope, orders: Sequence[VenueOrder]
) -> Iterator[Difference]:
    """Open orders that only one side has, or with other terms."""
    there = {one.order_id for one in orders}
    for order in _orders_of(state, scope):
        if order.is_open and order.order_id not in there and _is_settled(order, scope):
            yield _asked("order_gone", order, _terms_of(state, order), "not open")
    for one in orders:
        known: Order | None = state.orders.get(one.order_id)
        if known is None:
            yield _order_not_known(one, scope)
        elif known.is_open and _is_settled(known, scope):
            yield from _differing_terms(state, known, one)
        elif _is_settled(known, scope):
            theirs = _terms_there(state, one)
            yield Difference("order_done_here", one.order_id, "over", theirs, cancel=one)


def balance_differences(
    state: State,
    scope: Scope,
    balances: Iterable[VenueBalance],
    *,
    has_positions: bool,
    contracts: Mapping[str, int] | None = None,
    dust: int = 0,
) -> Iterator[Difference]:
    """Currencies of which the venue has another total than our books.

    `contracts` is what the venue's open contracts cost, by currency, which it leaves in the
    wallet. It cannot be ours: of the same executions in another order other ones are open, so
    that profit which is taken here is still open there, and money would seem to differ.
    Up to `dust` money units are what rounding the executions since the last look can make.
    """
    ours = expected_balances(state, scope, has_positions=has_positions)
    for currency, cost in (contracts or {}).items():
        ours[currency] = ours.get(currency, 0) + cost
    theirs = {balance.currency: balance.total for balance in balances}
    for currency in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(currency, 0), theirs.get(currency, 0)
        if here != there:
            digits = currency_digits(currency)
            texts = format_units(here, digits), format_units(there, digits)
            deposit = m.CashDeposited(0, scope.account, currency, there - here)
            kind = "balance_rounding" if abs(there - here) <= dust else "balance"
            events: tuple[m.ControlEvent, ...] = (
                deposit,
                *transfers_to(state, scope, currency, there - here),
            )
            yield Difference(kind, currency, *texts, events=events)


def transfers_to(
    state: State, scope: Scope, currency: str, amount: int
) -> tuple[m.ControlEvent, ...]:
    """What puts money that was booked to the account at the venue of the scope; nothing at most."""
    if scope.venue not in state.account(scope.account).venue_cash:
        return ()
    return (m.CashTransferred(0, scope.account, scope.venue, currency, amount),)


def contract_costs(state: State, positions: Iterable[VenuePosition]) -> dict[str, int]:
    """What the venue's open contracts cost, by currency."""
    costs: dict[str, int] = {}
    for position in positions:
        number = state.market_numbers.get(position.instrument)
        if number is not None and position.cost:
            currency = state.markets[number].currency
            costs[currency] = costs.get(currency, 0) + position.cost
    return costs


def position_differences(
    state: State, scope: Scope, positions: Iterable[VenuePosition], *, owner: str
) -> Iterator[Difference]:
    """Positions of another quantity; a correction would be booked to the strategy `owner`."""
    ours = expected_positions(state, scope)
    theirs = {(one.instrument, one.leg): one for one in positions if one.instrument}
    for key in sorted(ours.keys() | theirs.keys()):
        here = ours.get(key, 0)
        there = theirs[key].quantity if key in theirs else 0
        number = state.market_numbers.get(key[0])
        if here == there or number is None:
            continue
        market = state.markets[number]
        digits = market.instrument.quantity_digits
        texts = format_units(here, digits), format_units(there, digits)
        yield Difference(
            "position",
            key[0] if key[1] == Leg.NET else f"{key[0]} {key[1].name}",
            *texts,
            events=_transfers(market, owner, key[1], there - here, theirs.get(key)),
        )


def adopted(difference: Difference, how: str, why: str = "") -> Difference:
    """The same difference with the venue's word taken: `how` is "first" or "accepted".

    >>> adopted(Difference("balance", "USDT", "1", "2"), "first").rule
    'adopt'
    """
    if difference.rule != HALT:
        return difference
    return msgspec.structs.replace(difference, kind=f"{how}_{difference.kind}", why=why)


def is_untouched(state: State, scope: Scope) -> bool:
    """Whether the account is new to us: no money, no position, no order that ever left."""
    account: Account = state.account(scope.account)
    if scope.venue in account.venue_cash:
        has_money = bool(account.venue_cash[scope.venue])
    else:
        has_money = any(wallet.capital for wallet in account.wallets.values())
        has_money = has_money or any(cash_at(account, scope.venue).values())
    has_orders = any(order.state != OrderState.DENIED for order in _orders_of(state, scope))
    return not has_money and not has_orders and not expected_positions(state, scope)


def expected_balances(state: State, scope: Scope, *, has_positions: bool) -> dict[str, int]:
    """What the venue should say by our books, in money units by currency.

    A spot venue has no positions: there a bought base is a balance like any other. What a venue
    has not taken for contracts is not in it: see `contract_costs`.
    """
    totals = cash_at(state.account(scope.account), scope.venue)
    if has_positions:
        return totals
    for (instrument_id, _), quantity in expected_positions(state, scope).items():
        instrument = state.market(instrument_id).instrument
        if instrument.base:
            shift = currency_digits(instrument.base) - instrument.quantity_digits
            money = quantity * 10**shift if shift >= 0 else quantity // 10**-shift
            totals[instrument.base] = totals.get(instrument.base, 0) + money
    return totals


def expected_positions(state: State, scope: Scope) -> dict[tuple[str, Leg], int]:
    """Signed quantities by instrument and leg over all strategies of the account."""
    totals: dict[tuple[str, Leg], int] = {}
    for book in state.strategies:
        if book.account.name != scope.account:
            continue
        for key, position in book.positions.items():
            number, leg = divmod(key, 3)
            market = state.markets[number]
            if market.venue == scope.venue:
                place = (market.id, Leg(leg - 1))
                totals[place] = totals.get(place, 0) + position.quantity
    return {place: total for place, total in totals.items() if total}


def _orders_of(state: State, scope: Scope) -> list[Order]:
    account = state.account_numbers.get(scope.account)
    return [
        order
        for order in state.orders.values()
        if order.account == account and state.markets[order.instrument].venue == scope.venue
    ]


def _is_settled(order: Order, scope: Scope) -> bool:
    is_quiet = order.changed_time_ns <= scope.settled_ns
    return bool(is_quiet and order.order_id not in scope.under_way)


def _missing_fill(state: State, order: Order, fill: VenueFill) -> Difference:
    instrument = state.markets[order.instrument].instrument
    quantity = format_units(fill.quantity, instrument.quantity_digits)
    price = format_units(fill.price, instrument.price_digits)
    event = m.OrderFilled(
        0,
        order.order_id,
        fill.fill_id,
        fill.price,
        fill.quantity,
        fill.fee,
        fill.fee_currency,
        fill.liquidity,
    )
    subject = f"{order.order_id} {fill.fill_id}"
    return Difference("missing_fill", subject, "nothing", f"{quantity} @ {price}", events=(event,))


def _asked(kind: str, order: Order, ours: str, theirs: str) -> Difference:
    """A difference that makes the order UNKNOWN, upon which the venue is asked about it."""
    unknown = m.OrderUnknown(0, order.order_id, f"reconciliation: {kind}")
    return Difference(kind, order.order_id, ours, theirs, events=(unknown,))


def _order_not_known(one: VenueOrder, scope: Scope) -> Difference:
    theirs = one.text or f"{one.side.name} {one.instrument}"
    if one.order_id.startswith(scope.journal_id + "-"):
        return Difference("order_not_known_here", one.order_id, "nothing", theirs, cancel=one)
    return Difference("foreign_order", one.order_id or one.venue_order_id, "nothing", theirs)


def _differing_terms(state: State, order: Order, one: VenueOrder) -> Iterator[Difference]:
    ours, theirs = _terms_of(state, order), _terms_there(state, one)
    if one.filled_quantity > order.filled_quantity:
        yield _asked("order_filled_more", order, ours, theirs)
    elif not order.amends and (order.quantity, order.limit_price) != (
        one.quantity,
        one.limit_price,
    ):
        event = m.OrderRestated(
            0,
            order.order_id,
            order.venue_order_id,
            one.quantity,
            one.limit_price,
            order.amends_sent,
        )
        yield Difference("order_terms", order.order_id, ours, theirs, events=(event,))


def _terms_of(state: State, order: Order) -> str:
    market = state.markets[order.instrument]
    return _terms(market, order.filled_quantity, order.quantity, order.limit_price)


def _terms_there(state: State, one: VenueOrder) -> str:
    number = state.market_numbers.get(one.instrument)
    if number is None:
        return one.text or one.instrument
    market = state.markets[number]
    return _terms(market, one.filled_quantity, one.quantity, one.limit_price)


def _terms(market: Market, filled: int, quantity: int, limit_price: int) -> str:
    digits = market.instrument.quantity_digits
    text = f"{format_units(filled, digits)} of {format_units(quantity, digits)}"
    if limit_price:
        text += f" @ {format_units(limit_price, market.instrument.price_digits)}"
    return text


def _transfers(
    market: Market, owner: str, leg: Leg, quantity: int, there: VenuePosition | None
) -> tuple[m.ControlEvent, ...]:
    """The transfer that would make the positions equal; none while no price is known."""
    price = there.average_price if there is not None and there.average_price else market.mark
    if price <= 0:
        return ()
    return (m.PositionTransferred(0, owner, market.id, quantity, price, leg),)
