"""Targets: a position or a share of equity, turned into an order at a price."""

from __future__ import annotations

from typing import Any

from tradewind.core.bounds import SHARE
from tradewind.core.entry import admit, open_quantity
from tradewind.core.market import Market
from tradewind.core.orders import Order, new_order
from tradewind.core.positions import Position
from tradewind.core.state import State, StrategyBook
from tradewind.core.target import Target, new_target
from tradewind.model.messages import OrderDenied, TargetIntended
from tradewind.model.numbers import UNITS_MAX, magnitude
from tradewind.model.orders import Sizing, TargetKind

_POSITION = int(TargetKind.POSITION)
_AT_SIGNAL = int(Sizing.AT_SIGNAL)


Sized = Order | OrderDenied
"""What became of a target: an order that goes out, or the reason why none does."""


def take_intent(state: State, intent: TargetIntended) -> Sized | None:
    """Take a target that a message tells of; one that names what is not known makes none."""
    number = state.strategy_numbers.get(intent.strategy)
    market_number = state.market_numbers.get(intent.instrument)
    if number is None or market_number is None:
        unknown = intent.strategy if number is None else intent.instrument
        rule = "unknown_strategy" if number is None else "unknown_instrument"
        known = "a registered strategy" if number is None else "a listed instrument"
        return OrderDenied(intent.time_ns, intent.order_id, rule, unknown, known)
    return take_target(state, target_of(intent, number, market_number))


def target_of(intent: TargetIntended, strategy: int, instrument: int) -> Target:
    """The target that a message tells of, with its numbers."""
    return new_target(
        intent.time_ns,
        intent.order_id,
        strategy,
        instrument,
        intent.kind,
        intent.value,
        intent.sizing,
        intent.leg,
    )


def take_target(state: State, target: Target) -> Sized | None:
    """Keep a target for the next price, or size it now; a newer one replaces an older."""
    book: StrategyBook = state.strategies[target.strategy]
    market: Market = state.markets[target.instrument]
    book.intents += 1
    if target.sizing == _AT_SIGNAL and market.mark > 0:
        return size_target(state, target, market.mark)
    key = (target.strategy, target.instrument, target.leg)
    if key not in state.targets:
        market.target_count += 1
    state.targets[key] = target
    return None


def due_targets(state: State, market: Market) -> list[Target]:
    """Take the waiting targets of an instrument out, oldest key first."""
    targets = state.targets
    if market.target_count == len(targets):
        due = list(targets.values())
        targets.clear()
    else:
        keys = [key for key in targets if key[1] == market.index]
        due = [targets.pop(key) for key in keys]
    market.target_count = 0
    return due


def drop_targets(state: State, book: StrategyBook) -> None:
    """Forget what a stopped strategy still wanted."""
    for key in [key for key in state.targets if key[0] == book.index]:
        del state.targets[key]
        state.markets[key[1]].target_count -= 1


def size_target(state: State, target: Target, price: int) -> Sized | None:
    """The order that brings position and open orders to the target at a price, if any."""
    book: StrategyBook = state.strategies[target.strategy]
    market: Market = state.markets[target.instrument]
    if target.order_id in state.orders:
        return OrderDenied(
            state.time_ns, target.order_id, "duplicate_id", target.order_id, "an id used once"
        )
    holding = state.holding(book.scope, market, book.account)
    if target.leg:
        current = _leg_quantity(state, target, book, market)
    else:
        current = holding.position + holding.open_buy - holding.open_sell
    change = target_quantity(state, target, book, market, price) - current
    quantity = magnitude(change) // market.lot * market.lot
    if quantity == 0:
        return None
    side = 1 if change > 0 else -1
    order = new_order(target.order_id, book.index, book.account.index, market.index, side, quantity)
    order.leg = target.leg
    state.orders[order.order_id] = order
    return admit(state, order, book, market) or order


def _leg_quantity(state: State, target: Target, book: StrategyBook, market: Market) -> int:
    """What a leg would be with all its open orders filled."""
    position: Position = book.position(market.index, target.leg)
    order = new_order(target.order_id, book.index, book.account.index, market.index, 1, 0)
    order.leg = target.leg
    bought = open_quantity(state, order)
    order.side = -1
    return int(position.quantity + bought - open_quantity(state, order))


def target_quantity(
    state: State, target: Target, book: StrategyBook, market: Market, price: int
) -> int:
    """The signed quantity of a target at a price, rounded toward zero to whole lots.

    A weight takes its share of the account's equity, converted into the instrument's currency.
    """
    if target.kind == _POSITION:
        return target.value
    holding = state.holding(book.account.scope, market, book.account)
    if holding.rate == 0 or price <= 0:
        return 0
    equity: Any = max(0, state.equity(book.account))
    money = equity * abs(target.value) * holding.rate_divisor
    one_unit = price * market.money_factor * holding.rate * SHARE
    units = min(int(money * market.money_divisor // one_unit), UNITS_MAX)
    lots = units // market.lot * market.lot
    return lots if target.value > 0 else -lots
