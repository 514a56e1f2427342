"""Corporate actions: splits, cash dividends, renames, delistings.

Quantities and money change exactly. What is not whole is decided for each strategy's book by
itself, so that the books still add up to the account.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tradewind.core.account_transitions import move_holdings, post_quantity
from tradewind.core.book import Book
from tradewind.core.held_wishes import end_held_in
from tradewind.core.instrument_limits import rename_scope
from tradewind.core.market import Market
from tradewind.core.order_lifecycle import Happening
from tradewind.core.positions import Position
from tradewind.core.report_moves import move_order
from tradewind.core.venue_cash import move_cash
from tradewind.model import messages as m
from tradewind.model.instruments import currency_digits
from tradewind.model.limits import Limits
from tradewind.model.orders import OrderState

if TYPE_CHECKING:
    from tradewind.core.exposure import Scope
    from tradewind.core.state import State, StrategyBook

AMOUNT_DIGITS = 9
"""Digits that a dividend for one unit has at most."""
DELISTED = "delisted"
LEGS = (-1, 0, 1)

_AWAITING = int(OrderState.AWAITING_FILLS)
_CANCEL_SENT = int(Happening.CANCEL_SENT)


class SplitPosition(NamedTuple):
    """What becomes of a position in a split: its quantity, and what the rest of it is sold for.

    `released` is the part of the cost that belongs to the rest, `cash` what is paid for it.
    """

    quantity: int
    released: int
    cash: int


def split_position(position: Position, market: Market, event: m.InstrumentSplit) -> SplitPosition:
    """Whole lots stay, with all the cost but the share of what is paid out at the price.

    >>> from tradewind.model.instruments import Instrument
    >>> market = Market(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"), 0)
    >>> position = Position()
    >>> position.fill(5, 100_00, market.money_factor, market.money_divisor)
    0
    >>> split_position(position, market, m.InstrumentSplit(0, "GOOG.SIM", 3, 2, 66_00))
    SplitPosition(quantity=7, released=33333333, cash=33000000)
    """
    exact = position.quantity * event.numerator  # of denominators
    lot = market.lot * event.denominator
    whole = abs(exact) // lot * lot * (1 if exact > 0 else -1)
    rest = exact - whole
    if rest == 0:
        return SplitPosition(exact // event.denominator, 0, 0)
    cost: Any = position.cost
    money = half_even(
        rest * event.price * market.money_factor, market.money_divisor * event.denominator
    )
    return SplitPosition(whole // event.denominator, int(cost * rest // exact), money)


def dividend_money(event: m.DividendPaid, market: Market, quantity: int) -> int:
    """What a signed quantity receives (or, negative, pays), half-even.

    >>> from tradewind.model.instruments import Instrument
    >>> market = Market(Instrument("SPY.ARCA", tick="0.01", lot="1", currency="USD"), 0)
    >>> dividend_money(m.DividendPaid(0, "SPY.ARCA", "0.370047"), market, -100)
    -37004700
    """
    instrument = market.instrument
    amount = int(Decimal(event.amount).scaleb(AMOUNT_DIGITS))
    digits = currency_digits(event.currency or instrument.currency)
    scale = int(10 ** (AMOUNT_DIGITS + instrument.quantity_digits))
    return half_even(amount * quantity * int(10**digits), scale)


def half_even(numerator: int, denominator: int) -> int:
    """A quotient of integers of any size, ties to the even one.

    >>> half_even(5, 2), half_even(7, 2), half_even(-5, 2)
    (2, 4, -2)
    """
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        quotient += 1
    return quotient


def has_fraction(quantity: int, lot: int, event: m.InstrumentSplit) -> bool:
    """Whether a quantity is no whole lots after the split.

    >>> has_fraction(5, 1, m.InstrumentSplit(0, "GOOG.SIM", 3, 2))
    True
    """
    return quantity * event.numerator % (lot * event.denominator) != 0


def instrument_split(state: State, event: m.InstrumentSplit) -> list[m.Decision]:
    """Positions and prices change by the ratio; orders of before it are canceled."""
    market = state.market(event.instrument)
    state.revalue()
    decisions = _cancels(state, market)
    _scale_prices(market, event)
    for book in state.strategies:
        for leg in LEGS:
            position = book.positions.get(market.index * 3 + leg + 1)
            if position is not None and position.quantity:
                _split(state, book, market, position, leg, event)
    return decisions


def _split(
    state: State,
    book: StrategyBook,
    market: Market,
    position: Position,
    leg: int,
    event: m.InstrumentSplit,
) -> None:
    after = split_position(position, market, event)
    realized = after.cash - after.released
    moved = after.quantity - position.quantity
    position.restate(after.quantity, position.cost - after.released, position.realized + realized)
    wallet = book.account.wallet(market.currency)
    wallet.post_fill(-after.cash, after.released, realized)
    move_cash(book.account, market.venue, market.currency, after.cash)
    move_holdings(state, book, market, leg=leg, quantity=moved)


def _scale_prices(market: Market, event: m.InstrumentSplit) -> None:
    market.mark = half_even(market.mark * event.denominator, event.numerator)
    market.last = half_even(market.last * event.denominator, event.numerator)
    market.bid = half_even(market.bid * event.denominator, event.numerator)
    market.ask = half_even(market.ask * event.denominator, event.numerator)
    market.book = Book(market.tick)


def dividend_paid(state: State, event: m.DividendPaid) -> list[m.Decision]:
    """Each book's account receives for what is held long, and pays for what is held short."""
    market = state.market(event.instrument)
    currency = event.currency or market.currency
    for book in state.strategies:
        money = dividend_money(event, market, book.quantity(market.index))
        if money:
            book.account.wallet(currency).post_other("dividend", money)
            move_cash(book.account, market.venue, currency, money)
    return []


def instrument_renamed(state: State, event: m.InstrumentRenamed) -> list[m.Decision]:
    """The same market under another id; halts and limits that name the old one follow."""
    market = state.market(event.former)
    former, renamed = market.id, event.instrument.id
    market.relist(event.instrument)
    state.market_numbers[renamed] = market.index
    if "instrument:" + former in state.halts:
        state.halts["instrument:" + renamed] = state.halts.pop("instrument:" + former)
    if former in state.lost_venues:
        state.lost_venues[renamed] = state.lost_venues.pop(former)
    rename_scope(state, former, renamed)
    for scope in state.scopes():
        _rename_limits(scope, former, renamed)
    for account in state.accounts:
        if account.margin is not None:
            account.margin = account.margin.renamed(former, renamed)
    return []


def _rename_limits(scope: Scope, former: str, renamed: str) -> None:
    limits: Limits = scope.limits
    allowed = limits.allowed_instruments
    scope.set_limits(
        msgspec.structs.replace(
            limits,
            allowed_instruments=None if allowed is None else _renamed(allowed, former, renamed),
            restricted_instruments=_renamed(limits.restricted_instruments, former, renamed),
            located=_relocated(limits.located, former, renamed),
        )
    )


def _relocated(located: dict[str, str] | None, former: str, renamed: str) -> dict[str, str] | None:
    if located is None:
        return None
    return {renamed if name == former else name: text for name, text in located.items()}


def _renamed(names: tuple[str, ...], former: str, renamed: str) -> tuple[str, ...]:
    return tuple(renamed if name == former else name for name in names)


def instrument_delisted(state: State, event: m.InstrumentDelisted) -> list[m.Decision]:
    """Orders are canceled, positions end at the price, and no order is taken any more."""
    market = state.market(event.instrument)
    decisions = _cancels(state, market)
    for book in state.strategies:
        for leg in LEGS:
            position = book.positions.get(market.index * 3 + leg + 1)
            if position is not None and position.quantity:
                post_quantity(
                    state,
                    book,
                    market,
                    leg=leg,
                    quantity=-position.quantity,
                    price=event.price,
                )
    state.lost_venues[market.id] = DELISTED
    return decisions


def _cancels(state: State, market: Market) -> list[m.Decision]:
    """Cancels of all that works in an instrument; what is held for it ends."""
    decisions = end_held_in(state, "instrument:" + market.id, "the instrument has changed")
    for order in list(state.open_orders.values()):
        if order.instrument == market.index and order.state != _AWAITING:
            move_order(state, order, _CANCEL_SENT)
            decisions.append(m.CancelOrder(state.time_ns, order.order_id, market.venue, market.id))
    return decisions
