"""What events about accounts do to the state: terms, money without a trade, liquidation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.core.margin import AccountMargin
from tradewind.core.market import Market
from tradewind.core.venue_cash import move_cash
from tradewind.model import messages as m

if TYPE_CHECKING:
    from tradewind.core.state import State, StrategyBook


def account_terms_set(state: State, event: m.AccountTermsSet) -> list[m.Decision]:
    """Other terms for the next order on; what waits to be settled still does."""
    account = state.account(event.account)
    account.margin = None if event.terms is None else AccountMargin(event.terms)
    return []


def cash_posted(state: State, event: m.CashPosted) -> list[m.Decision]:
    """Cash against the kind of income or cost that it is."""
    wallet = state.account(event.account).wallet(event.currency)
    if event.kind == "fee":
        wallet.pay_fee(-event.amount)
    else:
        wallet.post_other(event.kind, event.amount)
    return []


def cash_converted(state: State, event: m.CashConverted) -> list[m.Decision]:
    """Out of one currency and into the other; each balances by itself."""
    account = state.account(event.account)
    account.wallet(event.sold_currency).post_other("conversion", -event.sold)
    account.wallet(event.bought_currency).post_other("conversion", event.bought)
    return []


def margin_called(state: State, event: m.MarginCalled) -> list[m.Decision]:
    """A notice: what follows from it are liquidations."""
    return []


def position_liquidated(state: State, event: m.PositionLiquidated) -> list[m.Decision]:
    """Books that hold the other side give it; what nobody held is counted as an anomaly."""
    account, market = state.account(event.account), state.market(event.instrument)
    left = event.quantity
    for book in state.strategies:
        if book.account is not account or left == 0:
            continue
        held = book.position(market.index, event.leg).quantity
        if held * left < 0:
            given = left if abs(left) <= abs(held) else -held
            post_quantity(state, book, market, leg=event.leg, quantity=given, price=event.price)
            left -= given
    if left:
        state.note("liquidated_more_than_held")
    if event.fee:
        currency = event.fee_currency or market.currency
        account.wallet(currency).pay_fee(event.fee)
        move_cash(account, market.venue, currency, -event.fee)
    return []


def post_quantity(
    state: State, book: StrategyBook, market: Market, *, leg: int, quantity: int, price: int
) -> None:
    """A signed quantity at a price into a book, its account's ledger and all exposures."""
    position = book.position(market.index, leg)
    realized = position.fill(quantity, price, market.money_factor, market.money_divisor)
    wallet = book.account.wallet(market.currency)
    notional = market.notional(price, quantity)
    wallet.post_fill(notional, position.released, realized)
    move_cash(book.account, market.venue, market.currency, -notional)
    move_holdings(state, book, market, leg=leg, quantity=quantity)


def move_holdings(
    state: State, book: StrategyBook, market: Market, *, leg: int, quantity: int
) -> None:
    """Count a change of a book's position in all scopes, and value it anew."""
    for scope in (book.scope, book.account.scope, state.firm):
        holding = state.holding(scope, market, book.account)
        holding.fill(quantity, leg)
        holding.revalue()
