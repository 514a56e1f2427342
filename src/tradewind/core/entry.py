"""How an intent becomes an order: grid, halts, risk, then its exposure is counted."""

from __future__ import annotations

from tradewind.core.exposure import Holding, Scope
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.positions import Position
from tradewind.core.risk import Breach, breach_of
from tradewind.core.state import State, StrategyBook
from tradewind.model.messages import OrderDenied, OrderIntended, SubmitOrder
from tradewind.model.numbers import UNITS_MAX, format_plain
from tradewind.model.orders import Leg, OrderFlag, OrderState, OrderType, Side, TimeInForce

_DENIED = int(OrderState.DENIED)
_REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
_LIMIT = int(OrderType.LIMIT)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_MAX = UNITS_MAX

SIDES = {1: Side.BUY, -1: Side.SELL}
LEGS = {0: Leg.NET, 1: Leg.LONG, -1: Leg.SHORT}
TYPES = {int(kind): kind for kind in OrderType}
TIMES = {int(kind): kind for kind in TimeInForce}
FLAGS = {number: OrderFlag(number) for number in range(4)}

Decided = SubmitOrder | OrderDenied


def enter_order(state: State, intent: OrderIntended) -> Decided:
    """Run an intent through the list; the order exists behind this, working or denied.

    An intent that names no known strategy or instrument, or repeats an order id, makes no order.
    """
    book_number = state.strategy_numbers.get(intent.strategy)
    market_number = state.market_numbers.get(intent.instrument)
    if book_number is None:
        return _denied(intent, ("unknown_strategy", intent.strategy, "a registered strategy"))
    book: StrategyBook = state.strategies[book_number]
    book.intents += 1
    if market_number is None:
        return _denied(intent, ("unknown_instrument", intent.instrument, "a listed instrument"))
    if intent.order_id in state.orders:
        return _denied(intent, ("duplicate_id", intent.order_id, "an id used once"))
    order = _order_of(intent, book, market_number)
    state.orders[order.order_id] = order
    return admit(state, order, book, state.markets[market_number])


def admit(state: State, order: Order, book: StrategyBook, market: Market) -> Decided:
    """Check a new order and count its exposure, or deny it with the first reason."""
    breach = first_breach(state, order, book, market)
    order.intended_time_ns = order.changed_time_ns = state.time_ns
    if breach is not None:
        order.state = _DENIED
        state.finish(order)
        return OrderDenied(state.time_ns, order.order_id, breach[0], breach[1], breach[2])
    state.open_orders[order.order_id] = order
    reserve(state, order, order.quantity)
    _count_open(state, order, 1)
    return _submit_command(state, order, book, market)


def first_breach(state: State, order: Order, book: StrategyBook, market: Market) -> Breach | None:
    """The first reason against an order: its form, what is halted, then the limits."""
    breach = _form_breach(order, book, market)
    if breach is None:
        breach = _halt_breach(state, book, market)
    if breach is not None:
        return breach
    account = book.account
    time_ns = state.time_ns
    is_limited = book.scope.is_limited or account.scope.is_limited or state.firm.is_limited
    equity = state.equity(account) if is_limited else 0
    for scope in (book.scope, account.scope, state.firm):
        breach = _scope_breach(state, order, scope, market, book, equity, time_ns)
        if breach is not None:
            return breach
    return None


def _scope_breach(
    state: State,
    order: Order,
    scope: Scope,
    market: Market,
    book: StrategyBook,
    equity: int,
    time_ns: int,
) -> Breach | None:
    if scope.is_limited:
        scope.count_message(time_ns)
    elif not scope.is_halted:
        return None
    holding = state.holding(scope, market, book.account)
    breach = breach_of(order, holding, scope, equity, time_ns)
    if breach is None and holding.bounds.duplicate_ns > 0:
        _remember(order, scope, time_ns, holding.bounds.duplicate_ns)
    return breach


def _remember(order: Order, scope: Scope, time_ns: int, duplicate_ns: int) -> None:
    """Note an order for the duplicate check, and forget what is past its time."""
    recent = scope.recent
    if len(recent) > 1000:
        for key in [key for key, at_ns in recent.items() if time_ns - at_ns >= duplicate_ns]:
            del recent[key]
    key = (order.strategy, order.instrument, order.side, order.limit_price, order.quantity)
    recent[key] = time_ns


def reserve(state: State, order: Order, quantity: int) -> None:
    """Count an open quantity in all three scopes; negative counts it no more."""
    book: StrategyBook = state.strategies[order.strategy]
    market: Market = state.markets[order.instrument]
    order.reserved += quantity
    for scope in (book.scope, book.account.scope, state.firm):
        holding: Holding = state.holding(scope, market, book.account)
        holding.reserve(order.side, quantity)


def close_order(state: State, order: Order) -> None:
    """Count a finished order's open quantity no more and move it to the finished ones."""
    if order.reserved:
        reserve(state, order, -order.reserved)
    _count_open(state, order, -1)
    state.finish(order)


def _count_open(state: State, order: Order, change: int) -> None:
    book: StrategyBook = state.strategies[order.strategy]
    book.scope.open_orders += change
    book.account.scope.open_orders += change
    state.firm.open_orders += change


def _order_of(intent: OrderIntended, book: StrategyBook, market_number: int) -> Order:
    order = Order(
        intent.order_id,
        book.index,
        book.account.index,
        market_number,
        intent.side,
        intent.quantity,
    )
    order.order_type = intent.type
    order.limit_price = intent.limit_price
    order.stop_price = intent.stop_price
    order.time_in_force = intent.time_in_force
    order.flags = intent.flags
    order.expire_time_ns = intent.expire_time_ns
    order.leg = intent.leg
    return order


def _form_breach(order: Order, book: StrategyBook, market: Market) -> Breach | None:
    digits = market.instrument.quantity_digits
    if order.quantity <= 0 or order.quantity > _MAX or order.quantity % market.lot != 0:
        lot = format_plain(market.lot, digits)
        return ("off_grid", f"quantity {format_plain(order.quantity, digits)}", f"lots of {lot}")
    if order.limit_price % market.tick != 0 or order.stop_price % market.tick != 0:
        price_digits = market.instrument.price_digits
        price = order.limit_price if order.limit_price % market.tick else order.stop_price
        tick = format_plain(market.tick, price_digits)
        return ("off_grid", f"price {format_plain(price, price_digits)}", f"ticks of {tick}")
    return _price_form_breach(order, market) or _leg_breach(order, book)


def _price_form_breach(order: Order, market: Market) -> Breach | None:
    kind = order.order_type
    if kind in (_LIMIT, _STOP_LIMIT) and not 0 < order.limit_price <= _MAX:
        return ("no_limit_price", str(order.limit_price), "a limit price")
    if kind in (_STOP, _STOP_LIMIT) and not 0 < order.stop_price <= _MAX:
        return ("no_stop_price", str(order.stop_price), "a stop price")
    if market.min_notional > 0:
        price = order.limit_price if order.limit_price > 0 else market.mark
        notional = market.notional(price, order.quantity)
        if price > 0 and notional < market.min_notional:
            money = market.instrument.money_digits
            value = format_plain(notional, money)
            return ("min_notional", value, format_plain(market.min_notional, money))
    return None


def _leg_breach(order: Order, book: StrategyBook) -> Breach | None:
    is_hedging = book.account.is_hedging
    if is_hedging and order.leg == 0:
        return ("leg", "NET", "LONG or SHORT in a hedging account")
    if not is_hedging and order.leg != 0:
        return ("leg", LEGS[order.leg].name, "NET in a netting account")
    is_closing_leg = order.leg != 0 and order.side != order.leg
    if not is_closing_leg and order.flags & _REDUCE_ONLY == 0:
        return None
    position: Position = book.position(order.instrument, order.leg)
    room = abs(position.quantity) if position.quantity * order.side < 0 else 0
    if order.quantity > room:
        rule = "leg_overclosed" if is_closing_leg else "reduce_only"
        return (rule, str(order.quantity), str(room))
    return None


def _halt_breach(state: State, book: StrategyBook, market: Market) -> Breach | None:
    if book.is_stopped:
        return ("strategy_stopped", book.name, book.stop_reason)
    if state.halts:
        reason = state.halts.get("instrument:" + market.id)
        if reason is not None:
            return ("halted", market.id, reason[0])
    if state.lost_venues:
        lost = state.lost_venues.get(market.venue)
        if lost is not None:
            return ("venue_lost", market.venue, lost)
    return None


def _submit_command(state: State, order: Order, book: StrategyBook, market: Market) -> SubmitOrder:
    return SubmitOrder(
        state.time_ns,
        order.order_id,
        book.account.name,
        market.venue,
        market.id,
        SIDES[order.side],
        order.quantity,
        TYPES[order.order_type],
        order.limit_price,
        order.stop_price,
        TIMES[order.time_in_force],
        FLAGS[order.flags],
        order.expire_time_ns,
        LEGS[order.leg],
    )


def _denied(intent: OrderIntended, breach: Breach) -> OrderDenied:
    return OrderDenied(intent.time_ns, intent.order_id, breach[0], breach[1], breach[2])


def amended_breach(state: State, order: Order, quantity: int, limit_price: int) -> Breach | None:
    """The first reason against changing a working order's terms."""
    book: StrategyBook = state.strategies[order.strategy]
    market: Market = state.markets[order.instrument]
    changed = Order(
        order.order_id, order.strategy, order.account, order.instrument, order.side, quantity
    )
    changed.order_type = order.order_type
    changed.limit_price = limit_price
    changed.stop_price = order.stop_price
    changed.flags = order.flags
    changed.leg = order.leg
    held = order.reserved
    reserve(state, order, -held)
    changed.quantity = max(quantity - order.filled_quantity, 0)
    breach = first_breach(state, changed, book, market)
    reserve(state, order, held)
    return breach
