"""Rows made from the core's state: what needs its arithmetic, or begins without a past."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tradewind.core.exposure import Holding, convert_wide, rate_factors
from tradewind.core.ledger import Wallet
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.parent_order import ParentOrder
from tradewind.core.parent_reasons import parent_reason
from tradewind.core.positions import Position
from tradewind.core.state import Account, State, StrategyBook
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import format_units, to_decimal
from tradewind.model.orders import Leg, OrderState, OrderType, Side, TimeInForce
from tradewind.ports.records import (
    BalanceRow,
    EquityRow,
    HaltRow,
    InstrumentRow,
    OrderRow,
    PositionRow,
    Row,
    StrategyRow,
)
from tradewind.runtime.held_rows import WORKED
from tradewind.runtime.parent_rows import parent_of

AVERAGE_DIGITS = 2
"""Digits that an average price has beyond its instrument's prices."""


def position_rows(state: State) -> Iterator[PositionRow]:
    """Every position that ever was, flat ones too: what closing them realised stays with them."""
    for book in state.strategies:
        for key, position in sorted(book.positions.items()):
            number, leg = divmod(key, 3)
            yield _position_row(state, book, state.markets[number], leg - 1, position)


def balance_rows(state: State) -> Iterator[BalanceRow]:
    """Cash by account and currency."""
    for account in state.accounts:
        for currency, wallet in account.wallets.items():
            cash = format_units(wallet.cash, currency_digits(currency))
            yield BalanceRow(state.sequence, account.name, currency, state.time_ns, cash)


def equity_rows(state: State, time_ns: int) -> Iterator[EquityRow]:
    """What each account is worth now, as the sample of a time."""
    for account in state.accounts:
        digits = currency_digits(account.currency)
        yield EquityRow(
            sequence=state.sequence,
            account=account.name,
            time_ns=time_ns,
            currency=account.currency,
            equity=format_units(state.equity(account), digits),
            cash=format_units(in_account(state, account, lambda one: one.cash), digits),
            unrealised=format_units(
                in_account(state, account, lambda one: one.value - one.inventory), digits
            ),
            exposure=format_units(gross_exposure(account), digits),
        )


def rows_without_past(state: State) -> Iterator[Row]:
    """Rows to begin with where the records before a snapshot are not kept.

    Instruments, strategies, standing halts, the orders the core remembers, and the parents that it
    works; their fills up to then are in `filled_quantity` alone.
    """
    for market in state.markets:
        yield instrument_row(state.sequence, market.instrument)
    for book in state.strategies:
        yield StrategyRow(state.sequence, book.name, book.account.name, book.code, book.stop_reason)
    for number, (scope, (reason, by)) in enumerate(sorted(state.halts.items())):
        # Below every number that another halt can get, and apart from each other.
        yield HaltRow(state.sequence, -number, scope, state.time_ns, reason, by)
    for order in state.orders.values():
        yield _order_row(state, order)
    for parent in state.parents.values():
        yield _parent_row(state, parent)


def instrument_row(sequence: int, instrument: Instrument) -> InstrumentRow:
    """The row of an instrument's version."""
    return InstrumentRow(
        sequence=sequence,
        instrument=instrument.id,
        version=instrument.version,
        tick=instrument.tick,
        lot=instrument.lot,
        price_digits=instrument.price_digits,
        quantity_digits=instrument.quantity_digits,
        currency=instrument.currency,
        base=instrument.base,
        kind=instrument.kind,
    )


def average_price(market: Market, notional: int, quantity: int) -> str:
    """Average price of a notional as text with a few digits more than the instrument has."""
    if quantity == 0:
        return ""
    instrument = market.instrument
    money = to_decimal(notional, instrument.money_digits)
    units = to_decimal(quantity, instrument.quantity_digits) * instrument.multiplier
    return f"{abs(money / units):.{instrument.price_digits + AVERAGE_DIGITS}f}"


def gross_exposure(account: Account) -> int:
    """Value of all positions by size, in money units of the account's currency."""
    holdings: list[Holding | None] = account.scope.holdings
    return sum(abs(value_in_account(holding)) for holding in holdings if holding is not None)


def in_account(state: State, account: Account, amount_of: Callable[[Wallet], int]) -> int:
    """A sum over the wallets of an account in its currency; what has no rate counts nothing."""
    total = 0
    for wallet in account.wallets.values():
        total += converted(state, amount_of(wallet), wallet.currency, account.currency)
    return total


def converted(state: State, amount: int, currency: str, into: str) -> int:
    """Money of one currency in another by the last rate, as equity counts it; 0 without a rate."""
    if currency == into:
        return amount
    factor, divisor = rate_factors(state.rates.get((currency, into), 0), currency, into)
    return int(convert_wide(amount, factor, divisor))


def value_in_account(holding: Holding) -> int:
    """Value of a position in the account's currency, as equity counts it; 0 without a rate."""
    return int(convert_wide(holding.value, holding.rate, holding.rate_divisor))


def _position_row(
    state: State, book: StrategyBook, market: Market, leg: int, position: Position
) -> PositionRow:
    instrument = market.instrument
    return PositionRow(
        sequence=state.sequence,
        account=book.account.name,
        strategy=book.name,
        instrument=market.id,
        leg=Leg(leg).name,
        time_ns=state.time_ns,
        quantity=format_units(position.quantity, instrument.quantity_digits),
        average_price=average_price(market, position.cost, position.quantity),
        realised=format_units(position.realized, instrument.money_digits),
    )


def _order_row(state: State, order: Order) -> OrderRow:
    market: Market = state.markets[order.instrument]
    instrument = market.instrument
    book: StrategyBook = state.strategies[order.strategy]
    order_state = OrderState(order.state)
    notional = to_decimal(order.filled_notional, instrument.money_digits) / instrument.multiplier
    return OrderRow(
        sequence=state.sequence,
        order_id=order.order_id,
        strategy=book.name,
        account=state.accounts[order.account].name,
        venue="" if order_state is OrderState.DENIED else market.venue,
        instrument=market.id,
        side=Side(order.side).name,
        type=OrderType(order.order_type).name,
        state=order_state.name,
        is_open=int(order.is_open),
        quantity=format_units(order.quantity, instrument.quantity_digits),
        filled_quantity=format_units(order.filled_quantity, instrument.quantity_digits),
        limit_price=_price(order.limit_price, instrument),
        stop_price=_price(order.stop_price, instrument),
        average_price=average_price(market, order.filled_notional, order.filled_quantity),
        filled_notional=f"{notional:f}" if order.filled_quantity else "0",
        time_in_force=TimeInForce(order.time_in_force).name,
        leg=Leg(order.leg).name,
        venue_order_id=order.venue_order_id,
        reason="",
        intended_time_ns=order.intended_time_ns,
        changed_time_ns=order.changed_time_ns,
        ends_as=_end_name(order),
        stated_quantity=format_units(order.stated_quantity, instrument.quantity_digits)
        if order.end_state
        else "",
        amends=" ".join(map(str, order.amends)),
        amends_sent=order.amends_sent,
    )


def _parent_row(state: State, parent: ParentOrder) -> OrderRow:
    instrument = state.markets[parent.instrument].instrument
    account = state.strategies[parent.strategy].account.name
    known = instrument_row(state.sequence, instrument)
    return msgspec.structs.replace(
        parent_of(state.sequence, parent.terms, account, known),
        state=WORKED,
        quantity=format_units(parent.quantity, instrument.quantity_digits),
        filled_quantity=format_units(parent.filled_quantity, instrument.quantity_digits),
        limit_price=_price(parent.limit_price, instrument),
        reason=parent_reason(state, parent),
        changed_time_ns=state.time_ns,
    )


def _end_name(order: Order) -> str:
    return OrderState(order.end_state).name if order.end_state else ""


def _price(units: int, instrument: Instrument) -> str:
    return format_units(units, instrument.price_digits) if units else ""
