"""Targets: a position or a share of equity, turned into an order at a price."""

from __future__ import annotations

from typing import Any

from tradewind.core.bounds import SHARE
from tradewind.core.entry import Decided, admit, open_quantity
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.positions import Position
from tradewind.core.state import State, StrategyBook
from tradewind.model.messages import OrderDenied, TargetIntended
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import Sizing, TargetKind

_POSITION = int(TargetKind.POSITION)
_AT_SIGNAL = int(Sizing.AT_SIGNAL)


def take_target(state: State, intent: TargetIntended) -> Decided | None:
    """Keep a target for the next price, or size it now; a newer one replaces an older."""
    number = state.strategy_numbers.get(intent.strategy)
    market_number = state.market_numbers.get(intent.instrument)
    if number is None or market_number is None:
        unknown = intent.strategy if number is None else intent.instrument
        rule = "unknown_strategy" if number is None else "unknown_instrument"
        known = "a registered strategy" if number is None else "a listed instrument"
        return OrderDenied(intent.time_ns, intent.order_id, rule, unknown, known)
    state.strategies[number].intents += 1
    market = state.markets[market_number]
    sizing: int = intent.sizing
    if sizing == _AT_SIGNAL and market.mark > 0:
        return size_target(state, intent, market.mark)
    key = (number, market_number, int(intent.leg))
    if key not in state.targets:
        market.target_count += 1
    state.targets[key] = intent
    return None


def due_targets(state: State, market: Market) -> list[TargetIntended]:
    """Take the waiting targets of an instrument out, oldest key first."""
    keys = [key for key in state.targets if key[1] == market.index]
    market.target_count = 0
    return [state.targets.pop(key) for key in keys]


def drop_targets(state: State, book: StrategyBook) -> None:
    """Forget what a stopped strategy still wanted."""
    for key in [key for key in state.targets if key[0] == book.index]:
        del state.targets[key]
        state.markets[key[1]].target_count -= 1


def size_target(state: State, intent: TargetIntended, price: int) -> Decided | None:
    """The order that brings position and open orders to the target at a price, if any."""
    book: StrategyBook = state.strategies[state.strategy_numbers[intent.strategy]]
    market: Market = state.markets[state.market_numbers[intent.instrument]]
    if intent.order_id in state.orders:
        return OrderDenied(
            state.time_ns, intent.order_id, "duplicate_id", intent.order_id, "an id used once"
        )
    holding = state.holding(book.scope, market, book.account)
    if intent.leg:
        current = _leg_quantity(state, intent, book, market)
    else:
        current = holding.position + holding.open_buy - holding.open_sell
    change = target_quantity(state, intent, book, market, price) - current
    quantity = abs(change) // market.lot * market.lot
    if quantity == 0:
        return None
    side = 1 if change > 0 else -1
    order = Order(intent.order_id, book.index, book.account.index, market.index, side, quantity)
    order.leg = intent.leg
    state.orders[order.order_id] = order
    return admit(state, order, book, market)


def _leg_quantity(state: State, intent: TargetIntended, book: StrategyBook, market: Market) -> int:
    """What a leg would be with all its open orders filled."""
    position: Position = book.position(market.index, intent.leg)
    order = Order(intent.order_id, book.index, book.account.index, market.index, 1, 0)
    order.leg = intent.leg
    bought = open_quantity(state, order)
    order.side = -1
    return int(position.quantity + bought - open_quantity(state, order))


def target_quantity(
    state: State, intent: TargetIntended, book: StrategyBook, market: Market, price: int
) -> int:
    """The signed quantity of a target at a price, rounded toward zero to whole lots.

    A weight takes its share of the account's equity, converted into the instrument's currency.
    """
    kind: int = intent.kind
    if kind == _POSITION:
        return intent.value
    holding = state.holding(book.account.scope, market, book.account)
    if holding.rate == 0 or price <= 0:
        return 0
    equity: Any = max(0, state.equity(book.account))
    money = equity * abs(intent.value) * holding.rate_divisor
    one_unit = price * market.money_factor * holding.rate * SHARE
    units = min(int(money * market.money_divisor // one_unit), UNITS_MAX)
    lots = units // market.lot * market.lot
    return lots if intent.value > 0 else -lots
