"""Sizing: the largest quantity that `RISK_PER_TRADE` and `MAX_POSITION_SIZE` let through.

Fixed fractional sizing (Vince, "Portfolio management formulas", 1990): a share of equity over what
one unit loses at its stop.
"""

from __future__ import annotations

from typing import Any

from tradewind.core.bounds import OFF, SHARE
from tradewind.core.exposure import Holding, Scope
from tradewind.core.market import Market
from tradewind.core.state import State, StrategyBook
from tradewind.model.numbers import UNITS_MAX, magnitude


def risk_quantity(
    state: State, book: StrategyBook, market: Market, *, entry: int, stop: int
) -> int:
    """Units of whole lots that may be opened at a price with a stop; 0 where none may.

    The tightest of strategy, account and firm wins. A stop of 0 is none: then the instrument's
    stress move is the distance, as in the checks. Without any of the two limits it is as much as
    equity buys once. A stop above the entry is that of a short.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.model.limits import Limits
    >>> state = State()
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> market, account = state.list_instrument(goog), state.open_account("main", "USD", 0)
    >>> account.wallet("USD").deposit(100_000 * 10**6)
    >>> account.scope.set_limits(Limits(risk_per_trade="0.02", position_notional="50000"))
    >>> book = state.register_strategy("one", "main")
    >>> risk_quantity(state, book, market, entry=100_00, stop=95_00)  # 2,000 at 5 a unit
    400
    >>> risk_quantity(state, book, market, entry=100_00, stop=99_00)  # 50,000 at 100 a unit
    500
    """
    equity = state.equity(book.account)
    if entry <= 0 or equity <= 0:
        return 0
    side = -1 if stop > entry else 1
    found: list[int] = []
    for scope in book.scopes:
        holding = state.holding(scope, market, book.account)
        found += _bounds_of(holding, scope, equity, entry=entry, stop=stop, side=side)
    if not found:
        holding = state.holding(book.account.scope, market, book.account)
        found.append(_units_for(equity, holding, entry))
    units = max(0, min([*found, UNITS_MAX]))
    return units // market.lot * market.lot


def _bounds_of(
    holding: Holding, scope: Scope, equity: int, *, entry: int, stop: int, side: int
) -> list[int]:
    bounds, found = holding.bounds, []
    if holding.rate == 0 and scope.is_limited:
        return [0]  # what it would be worth is not known
    if bounds.risk_per_trade != OFF:
        wide: Any = equity
        budget = int(wide * bounds.risk_per_trade // SHARE)
        if stop:
            found.append(_units_for(budget, holding, magnitude(entry - stop)))
        elif bounds.stress:
            found.append(_units_for(budget * SHARE // bounds.stress, holding, entry))
    if bounds.position_notional != OFF:
        price = max(entry, holding.market.mark)
        room = _units_for(bounds.position_notional, holding, price)
        found.append(room - side * holding.resulting(side, 0))
    return found


def _units_for(money: int, holding: Holding, price: int) -> int:
    """How many units cost at most an amount at a price, in the scope's currency."""
    market = holding.market
    if price == 0:
        return UNITS_MAX
    wide: Any = money
    numerator = wide * market.money_divisor * holding.rate_divisor
    units = int(numerator // (price * market.money_factor * max(1, holding.rate)))
    # half-even rounding of a product may take it past the amount: one unit less is surely within
    while units > 0 and units <= UNITS_MAX and holding.money(price, units) > money:
        units -= 1
    return min(units, UNITS_MAX)
