"""How a fill is posted: order, position, books and exposures, each by its own rules."""

from __future__ import annotations

from tradewind.core.entry import close_order, reserve
from tradewind.core.exposure import Holding
from tradewind.core.ledger import Wallet
from tradewind.core.market import Market
from tradewind.core.order_lifecycle import Happening, next_state
from tradewind.core.orders import Order
from tradewind.core.positions import Position
from tradewind.core.reports import Execution
from tradewind.core.settlement import defer_settlement
from tradewind.core.state import State, StrategyBook
from tradewind.core.venue_cash import move_cash
from tradewind.model.numbers import magnitude
from tradewind.model.orders import OrderState

_AWAITING = int(OrderState.AWAITING_FILLS)
_UNKNOWN = int(OrderState.UNKNOWN)
_FULL = int(Happening.FULL_FILL)
_PARTIAL = int(Happening.PARTIAL_FILL)
_CANCELED = int(Happening.CANCELED)
_EXPIRED = int(Happening.EXPIRED)
_CANCELED_STATE = int(OrderState.CANCELED)


def post_fill(state: State, event: Execution) -> Order | None:
    """Post one execution once; None where the order is not known or the fill already posted.

    A fill is money that has moved, so it is posted in every state of the order, also when it
    comes behind a cancel or fills more than was ordered; both are counted as anomalies.
    """
    order: Order | None = state.orders.get(event.order_id)
    if order is None:
        state.note("fill_of_unknown_order")
        return None
    return post_fill_of(state, order, event)


def post_fill_of(state: State, order: Order, event: Execution) -> Order | None:
    """The same for callers who have looked the order up."""
    if not order.take_fill(event.fill_id):
        state.note("fill_reported_again")
        return None
    _post_money(state, order, event.price, event.quantity)
    if event.fee != 0:
        _pay_fee(state, order, event.fee, event.fee_currency)
    _advance_order(state, order, event.quantity)
    return order


def _post_money(state: State, order: Order, price: int, quantity: int) -> None:
    book: StrategyBook = state.strategies[order.strategy]
    market: Market = state.markets[order.instrument]
    position: Position = book.position(order.instrument, order.leg)
    signed = quantity * order.side
    realized = position.fill(signed, price, market.money_factor, market.money_divisor)
    notional = position.notional
    stakes = state.stakes(book, market)
    account_holding: Holding = stakes[1]
    assert account_holding.wallet is not None, "an account's holding has a wallet"
    wallet: Wallet = account_holding.wallet
    wallet.post_fill(notional, position.released, realized)
    if book.account.venue_cash:
        move_cash(book.account, market.venue, market.currency, -notional)
    if book.account.margin is not None and signed < 0:
        defer_settlement(book.account, wallet, -notional, state.time_ns)
    order.filled_notional += magnitude(notional)
    for each in stakes:
        holding: Holding = each
        if order.leg == 0:
            holding.position += signed
        else:
            holding.fill(signed, order.leg)
    for scope in book.scopes:
        if scope.flow is not None:
            scope.flow.count_fill(state.time_ns)
    if market.mark == 0:
        market.mark = price
        market.mark_time_ns = state.time_ns
    if not market.is_repriced:
        state.reprice(market)


def _pay_fee(state: State, order: Order, fee: int, currency: str) -> None:
    book: StrategyBook = state.strategies[order.strategy]
    wallet: Wallet = book.account.wallet(currency)
    wallet.pay_fee(fee)
    if book.account.venue_cash:
        move_cash(book.account, state.markets[order.instrument].venue, currency, -fee)
    order.fees += fee


def _advance_order(state: State, order: Order, quantity: int) -> None:
    was_open = order.state <= _UNKNOWN
    if not was_open:
        state.note("fill_behind_the_end")
    order.filled_quantity += quantity
    # behind an amendment on its way the old quantity may be overtaken, up to what is reserved
    if order.filled_quantity > order.quantity and quantity > order.reserved:
        state.note("filled_more_than_ordered")
    order.changed_time_ns = state.time_ns
    is_whole = order.filled_quantity == order.quantity and order.state != _AWAITING
    happening = _FULL if is_whole and not order.amends else _happening(order)
    order.state = next_state(order.state, happening, order.filled_quantity)
    if not was_open:
        return
    if order.state > _UNKNOWN:
        close_order(state, order)
    elif order.reserved:
        reserve(state, order, -min(quantity, order.reserved))


def _happening(order: Order) -> int:
    """What a fill does to its order: a part, the whole, or the last one its end waited for."""
    # behind an unanswered amendment the venue may work on, or have had other terms at its end
    is_full = order.filled_quantity >= order.quantity and not order.amends
    if order.state == _AWAITING and order.filled_quantity < order.stated_quantity:
        return _PARTIAL
    if is_full:
        return _FULL
    if order.state == _AWAITING:
        return _CANCELED if order.end_state == _CANCELED_STATE else _EXPIRED
    return _PARTIAL
