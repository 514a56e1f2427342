"""What events about accounts and corporate actions must be before they are journaled."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from tradewind.core.corporate_actions import AMOUNT_DIGITS, LEGS, dividend_money, has_fraction
from tradewind.core.margin import AccountMargin
from tradewind.core.market import Market
from tradewind.core.state import State
from tradewind.core.venue_cash import VENUE_CASH_CHECKS
from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms
from tradewind.model.errors import UserError
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX, digits_of
from tradewind.model.orders import Leg

BALANCE_MAX = MONEY_MAX // 4
"""Bound of each balance of the books, so that sums of them stay in 64 bits."""
SPLIT_MAX = 1_000_000
"""Largest number of either side of a split."""
SETTLEMENT_DAYS_MAX = 10
MARGIN_MAX = 10**9 * 10
"""Largest margin: ten times the notional, for what may cost more than it is worth."""
DIVIDEND_MAX = 1_000_000


def _account_terms_set(state: State, event: m.AccountTermsSet) -> None:
    state.account(event.account)
    terms = event.terms
    if terms is None:
        return
    if terms.kind not in ("cash", "margin"):
        raise UserError(f"an account is of kind cash or margin: not {terms.kind!r}")
    if not 0 <= terms.settlement_days <= SETTLEMENT_DAYS_MAX:
        raise UserError(f"settlement_days: {terms.settlement_days} is no delay: use 0 to 10")
    try:
        margin = AccountMargin(terms)
    except ValueError as error:
        raise UserError(f"holidays: {error}: write them like 2024-12-25") from None
    _check_margins(terms, margin)


def _check_margins(terms: AccountTerms, margin: AccountMargin) -> None:
    names = ["", *(one.instrument for one in terms.instruments)]
    for name in names:
        initial, maintenance = margin.rates(name)
        what = f"margin of {name}" if name else "margin"
        if not 0 < maintenance <= initial <= MARGIN_MAX:
            raise UserError(
                f"{what}: initial and maintenance are above 0, at most 10, and maintenance is "
                "not above initial"
            )
    if len(set(names)) != len(names):
        raise UserError("an instrument has two margins: name it once")


def _cash_posted(state: State, event: m.CashPosted) -> None:
    if event.kind not in m.ENTRY_KINDS or event.kind == "conversion":
        raise UserError(
            f"{event.kind!r} is no kind of posting: use {', '.join(m.ENTRY_KINDS[:-1])}"
        )
    if event.strategy:
        book = state.strategy(event.strategy)
        if book.account.name != event.account:
            raise UserError(
                f"{event.strategy} trades on account {book.account.name}: post it there"
            )
    if event.instrument:
        state.market(event.instrument)
    check_room(state, event.account, event.currency, abs(event.amount))


def _cash_converted(state: State, event: m.CashConverted) -> None:
    if event.sold <= 0 or event.bought <= 0 or event.sold_currency == event.bought_currency:
        raise UserError("a conversion sells one currency for another, both amounts above zero")
    check_room(state, event.account, event.sold_currency, event.sold)
    check_room(state, event.account, event.bought_currency, event.bought)


def _dividend_paid(state: State, event: m.DividendPaid) -> None:
    market = state.market(event.instrument)
    try:
        amount = Decimal(event.amount)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 < amount <= DIVIDEND_MAX):
        raise UserError(f"a dividend of {event.amount!r} is none: write it like 0.37")
    if digits_of(event.amount) > AMOUNT_DIGITS:
        raise UserError(
            f"a dividend of {event.amount} is too fine: use up to {AMOUNT_DIGITS} digits"
        )
    for book in state.strategies:
        money = dividend_money(event, market, book.quantity(market.index))
        check_room(state, book.account.name, event.currency or market.currency, abs(money))


def _instrument_split(state: State, event: m.InstrumentSplit) -> None:
    market = state.market(event.instrument)
    if not (0 < event.numerator <= SPLIT_MAX and 0 < event.denominator <= SPLIT_MAX):
        raise UserError(
            f"a split of {event.numerator} for {event.denominator} is none: "
            f"both are 1 to {SPLIT_MAX}"
        )
    if not 0 <= event.price <= UNITS_MAX:
        raise UserError(f"a price of {event.price} in lieu of fractions is out of range")
    after_mark = market.mark * event.denominator // event.numerator
    if after_mark > UNITS_MAX:
        raise UserError(f"{market.id} would be priced beyond 64 bits after that split")
    for account in state.accounts:
        positions = _positions(state, account.name, market)
        if not event.price and any(has_fraction(one, market.lot, event) for one in positions):
            raise UserError(
                f"{account.name} has a part of a lot of {market.id} after that split: "
                "say the price it is paid out at"
            )
        held = sum(map(abs, positions))
        held = -(-held * event.numerator // event.denominator)
        if held > UNITS_MAX or held * max(after_mark, 1) * market.money_factor > MONEY_MAX:
            raise UserError(
                f"{account.name} cannot hold {held} units of {market.id}: 64 bits are over"
            )
        check_room(
            state, account.name, market.currency, event.price * market.lot * market.money_factor
        )


def _instrument_renamed(state: State, event: m.InstrumentRenamed) -> None:
    old, new = state.market(event.former).instrument, event.instrument
    if old.id != event.former:
        raise UserError(f"{event.former} goes by {old.id} now: rename that")
    if new.id in state.market_numbers:
        raise UserError(f"{new.id} is listed already: {old.id} cannot be renamed to it")
    names = ("price_digits", "quantity_digits", "currency", "multiplier", "tick", "lot", "venue")
    changed = [name for name in names if getattr(old, name) != getattr(new, name)]
    if changed:
        raise UserError(
            f"{old.id} keeps its {changed[0]} when it is renamed: list a new one instead"
        )


def _instrument_delisted(state: State, event: m.InstrumentDelisted) -> None:
    market = state.market(event.instrument)
    if not 0 <= event.price <= UNITS_MAX:
        raise UserError(f"{market.id} cannot end at a price of {event.price} units: use 0 or more")
    for account in state.accounts:
        held = sum(abs(quantity) for quantity in _positions(state, account.name, market))
        money = held * event.price * market.money_factor // market.money_divisor
        check_room(state, account.name, market.currency, money)


def _margin_called(state: State, event: m.MarginCalled) -> None:
    state.account(event.account)
    if max(abs(event.equity), abs(event.maintenance)) > MONEY_MAX:
        raise UserError("a margin call has amounts beyond 64 bits")


def _position_liquidated(state: State, event: m.PositionLiquidated) -> None:
    account, market = state.account(event.account), state.market(event.instrument)
    if not 0 < event.price <= UNITS_MAX or not 0 < abs(event.quantity) <= UNITS_MAX:
        raise UserError(f"a liquidation of {event.quantity} at {event.price} is out of range")
    if (event.leg != Leg.NET) != bool(account.is_hedging):
        raise UserError(f"account {account.name} has no leg {event.leg}: name one it has")
    money = abs(event.quantity) * event.price * market.money_factor // market.money_divisor
    check_room(state, account.name, market.currency, money)
    check_room(state, account.name, event.fee_currency or market.currency, abs(event.fee))


def _nothing(state: State, event: m.RiskLevelReached | m.RiskRuleChanged) -> None:
    """A notice can always be taken."""


def check_room(state: State, name: str, currency: str, amount: int) -> None:
    """Refuse what would not fit into the books of an account in a currency."""
    wallet = state.account(name).wallets.get(currency)
    balances = [0]
    if wallet is not None:
        balances = [wallet.cash, wallet.inventory, wallet.fees, wallet.realized, wallet.capital]
        balances += [wallet.other, *wallet.others.values()]
    if not currency or max(map(abs, balances)) + amount > BALANCE_MAX:
        raise UserError(
            f"{name} cannot hold so much {currency or 'of no currency'}: 64 bits are over"
        )


def _positions(state: State, account: str, market: Market) -> list[int]:
    books = [book for book in state.strategies if book.account.name == account]
    found = [book.positions.get(market.index * 3 + leg + 1) for book in books for leg in LEGS]
    return [position.quantity for position in found if position is not None]


ACCOUNT_CHECKS: dict[type, Callable[[State, Any], None]] = {
    m.AccountTermsSet: _account_terms_set,
    **VENUE_CASH_CHECKS,
    m.CashPosted: _cash_posted,
    m.CashConverted: _cash_converted,
    m.DividendPaid: _dividend_paid,
    m.InstrumentSplit: _instrument_split,
    m.InstrumentRenamed: _instrument_renamed,
    m.InstrumentDelisted: _instrument_delisted,
    m.MarginCalled: _margin_called,
    m.PositionLiquidated: _position_liquidated,
    m.RiskLevelReached: _nothing,
    m.RiskRuleChanged: _nothing,
}
