"""Rows of the desk: an order, a position and an account of the core's state, for people."""

from __future__ import annotations

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.state import Account, State
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.orders import Leg, OrderState, OrderType, Side
from tradewind.runtime.read_models import AccountRow, OrderRow, PositionRow
from tradewind.runtime.state_rows import average_price, converted, gross_exposure, in_account


def order_row(state: State, order: Order) -> OrderRow:
    """One order that was sent, or denied."""
    market: Market = state.markets[order.instrument]
    digits = market.instrument.quantity_digits
    limit = order.limit_price
    return OrderRow(
        order_id=order.order_id,
        strategy=state.strategies[order.strategy].name,
        instrument=market.id,
        side=Side(order.side).name,
        type=OrderType(order.order_type).name,
        state=OrderState(order.state).name,
        quantity=format_units(order.quantity, digits),
        filled_quantity=format_units(order.filled_quantity, digits),
        leaves_quantity=format_units(order.leaves_quantity if order.is_open else 0, digits),
        limit_price=format_units(limit, market.instrument.price_digits) if limit else "",
        average_price=average_price(market, order.filled_notional, order.filled_quantity),
        time_ns=order.changed_time_ns,
    )


def position_row(state: State, key: tuple[int, int, int], quantity: int, cost: int) -> PositionRow:
    """What an account holds of an instrument; `key` is their numbers and the leg."""
    account, number, leg = key
    market: Market = state.markets[number]
    instrument, price = market.instrument, market.valued_at(quantity)
    holder: Account = state.accounts[account]
    unrealised = market.notional(price, quantity) - cost
    unrealised = converted(state, unrealised, market.currency, holder.currency)
    return PositionRow(
        account=holder.name,
        instrument=market.id,
        leg=Leg(leg).name,
        quantity=format_units(quantity, instrument.quantity_digits),
        average_price=average_price(market, cost, quantity),
        market_price=format_units(price, instrument.price_digits),
        unrealised=format_units(unrealised, currency_digits(holder.currency)),
    )


def account_row(state: State, account: Account) -> AccountRow:
    """What an account is worth, in its own currency."""
    digits = currency_digits(account.currency)
    equity = state.equity(account)
    unrealised = in_account(state, account, lambda one: one.value - one.inventory)
    return AccountRow(
        account=account.name,
        currency=account.currency,
        equity=format_units(equity, digits),
        cash=format_units(in_account(state, account, lambda one: one.cash), digits),
        realised=format_units(in_account(state, account, lambda one: -one.realized), digits),
        unrealised=format_units(unrealised, digits),
        exposure=format_units(gross_exposure(account), digits),
    )
