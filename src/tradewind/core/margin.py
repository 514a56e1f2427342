"""Margin of an account: what its terms demand, and whether an order may be paid for.

A requirement is notional x rate at the marks (Regulation T calls them initial and maintenance
requirement, 12 CFR 220.12, FINRA Rule 4210; venues of perpetuals use the same two numbers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.core.exposure import Holding
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.risk import Breach, exposed_price, reference_price
from tradewind.core.settlement import day_number, settled_cash
from tradewind.model.account_terms import AccountTerms
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_plain, magnitude, money_of

if TYPE_CHECKING:
    from tradewind.core.state import Account, State

RATE_DIGITS = 9
RATE_ONE = int(10**RATE_DIGITS)


class AccountMargin:
    """Terms of an account as integers: shares of 10^-9, holidays as days since 1970.

    >>> margin = AccountMargin(AccountTerms(initial_margin="0.5", maintenance_margin="0.25"))
    >>> margin.rates("GOOG.SIM")
    (500000000, 250000000)
    """

    __slots__ = ("_default", "_rates", "holidays", "is_cash", "settlement_days", "terms")

    def __init__(self, terms: AccountTerms) -> None:
        self.terms = terms
        self.is_cash = terms.kind == "cash"
        self.settlement_days = terms.settlement_days
        self.holidays = frozenset(map(day_number, terms.holidays))
        self._default = _pair(terms.initial_margin, terms.maintenance_margin)
        self._rates = {
            one.instrument: _pair(one.initial, one.maintenance) for one in terms.instruments
        }

    def rates(self, instrument: str) -> tuple[int, int]:
        """Initial and maintenance margin of an instrument."""
        return self._rates.get(instrument, self._default)

    def renamed(self, former: str, renamed: str) -> AccountMargin:
        """The same terms where an instrument has another id."""
        kept = tuple(
            msgspec.structs.replace(one, instrument=renamed) if one.instrument == former else one
            for one in self.terms.instruments
        )
        return AccountMargin(msgspec.structs.replace(self.terms, instruments=kept))


def _pair(initial: str, maintenance: str) -> tuple[int, int]:
    return money_of(initial, RATE_DIGITS), money_of(maintenance, RATE_DIGITS)


def margin_breach(state: State, order: Order, account: Account, market: Market) -> Breach | None:
    """Why the account cannot pay for an order: `buying_power` (or `short_sale` in a cash account).

    An order that makes no position larger is always let through.
    """
    holding = state.holding(account.scope, market, account)
    if account.margin.is_cash:
        return _cash_breach(state, order, account, holding)
    if holding.size_with(order.side, order.quantity, order.leg) <= holding.worst():
        return None
    if holding.rate == 0:
        return ("no_rate", market.currency, account.currency)
    price = exposed_price(order, holding)
    if price <= 0:
        return ("no_price", "0", "a price")
    size = holding.size_with(order.side, order.quantity, order.leg)
    needed = _share(holding.money(price, size), account.margin.rates(market.id)[0])
    needed += sum(
        _share(
            other.money(other.market.mark, other.worst()), account.margin.rates(other.market.id)[0]
        )
        for other in _others(account, holding)
    )
    equity = state.equity(account)
    return _short_of(needed, equity, account.currency)


def margin_used(state: State, account: Account) -> tuple[int, int]:
    """Initial and maintenance margin of what an account holds, in its currency.

    Both are 0 for an account without terms.

    >>> from tradewind.core.state import State
    >>> state = State()
    >>> margin_used(state, state.open_account("main", "USD", 0))
    (0, 0)
    """
    if account.margin is None:
        return 0, 0
    initial = maintenance = 0
    for holding in _held(account):
        initial += requirement(account, holding, 0)
        maintenance += requirement(account, holding, 1)
    return initial, maintenance


def requirement(account: Account, holding: Holding, which: int) -> int:
    """What one holding needs, in the account's currency: initial (0) or maintenance margin (1)."""
    legs = holding.long + holding.short
    notional = holding.money(holding.market.mark, legs or magnitude(holding.position))
    return _share(notional, account.margin.rates(holding.market.id)[which])


def _cash_breach(state: State, order: Order, account: Account, holding: Holding) -> Breach | None:
    market = holding.market
    if order.side < 0:
        resulting = holding.resulting(order.side, order.quantity)
        if resulting < 0:
            digits = market.instrument.quantity_digits
            return ("short_sale", format_plain(resulting, digits), "0 in a cash account")
        return None
    price = exposed_price(order, holding)
    if price <= 0:
        return ("no_price", "0", "a price")
    needed = market.notional(price, order.quantity) + _open_purchases(
        state, account, market.currency
    )
    available = settled_cash(account.wallet(market.currency), state.time_ns)
    return _short_of(needed, available, market.currency)


def _open_purchases(state: State, account: Account, currency: str) -> int:
    """What open orders to buy may cost, each at the dearer of its price and the mark."""
    total = 0
    for order in state.open_orders.values():
        market = state.markets[order.instrument]
        if order.account != account.index or order.side < 0 or market.currency != currency:
            continue
        holding = state.holding(account.scope, market, account)
        price = max(reference_price(order, holding), market.mark)
        total += market.notional(price, order.reserved)
    return total


def _short_of(needed: int, available: int, currency: str) -> Breach | None:
    if needed <= available:
        return None
    digits = currency_digits(currency)
    return ("buying_power", format_plain(needed, digits), format_plain(available, digits))


def _held(account: Account) -> list[Holding]:
    known: list[Any] = account.scope.holdings
    return [holding for holding in known if holding is not None]


def _others(account: Account, holding: Holding) -> list[Holding]:
    return [other for other in _held(account) if other is not holding]


def _share(money: int, rate: int) -> int:
    """A share of 10^-9 of an amount, rounded up: a requirement is never understated."""
    wide: Any = magnitude(money)
    return int(-(-wide * rate // RATE_ONE))
