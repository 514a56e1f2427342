"""How an intent becomes an order: grid, halts, risk, then its exposure is counted."""

from __future__ import annotations

from typing import Any

from tradewind.core.exposure import Holding, Scope
from tradewind.core.flow_checks import breach_of_instrument, flow_breach
from tradewind.core.hours import hours_breach
from tradewind.core.margin import margin_breach
from tradewind.core.market import Market
from tradewind.core.order_messages import submit_order
from tradewind.core.orders import Order, new_order
from tradewind.core.positions import Position
from tradewind.core.risk import Breach, breach_of
from tradewind.core.state import Account, State, StrategyBook
from tradewind.model.errors import BadNumber
from tradewind.model.messages import OrderDenied, OrderIntended, SubmitOrder
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX, format_plain, magnitude
from tradewind.model.orders import Leg, OrderFlag, OrderState, OrderType

_DENIED = int(OrderState.DENIED)
_REDUCING = int(OrderFlag.REDUCE_ONLY | OrderFlag.FLATTEN)
_FLATTEN = int(OrderFlag.FLATTEN)
_MARKET = int(OrderType.MARKET)
_LIMIT = int(OrderType.LIMIT)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_MAX = UNITS_MAX

_LEGS: Any = (Leg.SHORT, Leg.NET, Leg.LONG)  # by number, from the smallest

ENTRY_RULES = (
    "unknown_strategy",
    "unknown_instrument",
    "duplicate_id",
    "off_grid",
    "no_limit_price",
    "no_stop_price",
    "min_notional",
    "too_large",
    "leg",
    "leg_overclosed",
    "reduce_only",
    "strategy_stopped",
    "venue_lost",
    "market_closed",
    "not_own_order",
    "buying_power",
)
"""Names of the rules an order meets before the limits of `core.risk`."""

NOTIONAL_MAX = MONEY_MAX // 8
"""Bound of price x quantity x factor of all that may be held: 64 bits, and a mark may rise."""

Decided = SubmitOrder | OrderDenied


def enter_intent(state: State, intent: OrderIntended) -> Decided:
    """Run an intent through the list; the order exists behind this, working or denied.

    An intent that names no known strategy or instrument, or repeats an order id, makes no order.
    """
    book_number = state.strategy_numbers.get(intent.strategy)
    market_number = state.market_numbers.get(intent.instrument)
    if book_number is None:
        return _denied(intent, ("unknown_strategy", intent.strategy, "a registered strategy"))
    book: StrategyBook = state.strategies[book_number]
    if market_number is None:
        book.intents += 1
        return _denied(intent, ("unknown_instrument", intent.instrument, "a listed instrument"))
    order = _order_of(intent, book, market_number)
    return enter_order(state, order) or submit_command(state, order)


def enter_order(state: State, order: Order) -> OrderDenied | None:
    """Run an order of a strategy through the list; None where it goes out."""
    book: StrategyBook = state.strategies[order.strategy]
    book.intents += 1
    if state.orders.setdefault(order.order_id, order) is not order:
        return OrderDenied(
            order.intended_time_ns,
            order.order_id,
            "duplicate_id",
            order.order_id,
            "an id used once",
        )
    return admit(state, order, book, state.markets[order.instrument])


def admit(state: State, order: Order, book: StrategyBook, market: Market) -> OrderDenied | None:
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
    for scope in book.scopes:
        if scope.is_watching_duplicates:
            key = (order.strategy, order.instrument, order.side, order.limit_price, order.quantity)
            scope.remember(key, state.time_ns)
    return None


def submit_command(state: State, order: Order) -> SubmitOrder:
    """The command that sends an order that was admitted."""
    market: Market = state.markets[order.instrument]
    account: Account = state.accounts[order.account]
    return submit_order(state.time_ns, order, account.name, market.venue, market.id)


def first_breach(state: State, order: Order, book: StrategyBook, market: Market) -> Breach | None:
    """The first reason against an order: its form, what is halted, then the limits."""
    breach = form_breach(state, order, book, market)
    is_flattening = order.flags & _FLATTEN != 0
    if breach is None and is_flattening:
        breach = lost_breach(state, market)
    elif breach is None and (book.is_stopped or state.halts or state.lost_venues):
        breach = halt_breach(state, book, market)
    if breach is None and market.sessions is not None:
        breach = hours_breach(order, market, state.time_ns)
    if breach is not None or is_flattening:
        return breach
    try:
        return _limit_breach(state, order, book, market)
    except BadNumber as error:
        return ("too_large", str(error), "64 bits")


def _limit_breach(state: State, order: Order, book: StrategyBook, market: Market) -> Breach | None:
    account = book.account
    is_limited = book.scope.is_limited or account.scope.is_limited or state.firm.is_limited
    equity = state.equity(account) if is_limited else 0
    stakes = state.stakes(book, market)
    for place in range(3):
        scope: Scope = book.scopes[place]
        if scope.is_limited or scope.is_halted:
            breach = _scope_breach(state, order, scope, stakes[place], book, equity)
            if breach is not None:
                return breach
    if state.instrument_scopes:
        breach = breach_of_instrument(state, order, book, market)
        if breach is not None:
            return breach
    if account.margin is not None:
        breach = margin_breach(state, order, account, market)
        if breach is not None:
            return breach
    if not state.venues:
        return None
    return _venue_breach(state, market)


def _venue_breach(state: State, market: Market) -> Breach | None:
    """A venue counts what would reach it, so one that is refused here is not counted."""
    scope: Scope | None = state.venues.get(market.venue)
    if scope is None or not scope.is_limited:
        return None
    count = scope.messages(state.time_ns) + 1
    if scope.limits.orders_per_second is not None and count > scope.limits.orders_per_second:
        return ("message_rate", str(count), str(scope.limits.orders_per_second))
    scope.count_message(state.time_ns)
    return None


def _scope_breach(
    state: State,
    order: Order,
    scope: Scope,
    holding: Holding,
    book: StrategyBook,
    equity: int,
) -> Breach | None:
    if scope.is_limited:
        scope.count_message(state.time_ns)
    breach = breach_of(order, holding, scope, equity, state.time_ns)
    if breach is None and scope.flow is not None:
        return flow_breach(state, order, scope, book)
    return breach


def reserve(state: State, order: Order, quantity: int) -> None:
    """Count an open quantity in all three scopes; negative counts it no more."""
    book: StrategyBook = state.strategies[order.strategy]
    market: Market = state.markets[order.instrument]
    order.reserved += quantity
    for each in state.stakes(book, market):
        holding: Holding = each
        if order.leg != 0:
            holding.reserve(order.side, quantity, order.leg)
        elif order.side > 0:
            holding.open_buy += quantity
        else:
            holding.open_sell += quantity


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
    order = new_order(
        intent.order_id,
        book.index,
        book.account.index,
        market_number,
        intent.side,
        intent.quantity,
    )
    order.intended_time_ns = intent.time_ns
    order.order_type = intent.type
    order.limit_price = intent.limit_price
    order.stop_price = intent.stop_price
    order.time_in_force = intent.time_in_force
    order.flags = intent.flags
    order.expire_time_ns = intent.expire_time_ns
    order.leg = intent.leg
    return order


def form_breach(state: State, order: Order, book: StrategyBook, market: Market) -> Breach | None:
    """What is wrong with an order by itself: its grid, prices, size, leg."""
    if order.quantity <= 0 or order.quantity > _MAX or order.quantity % market.lot != 0:
        digits = market.instrument.quantity_digits
        lot = format_plain(market.lot, digits)
        return ("off_grid", f"quantity {format_plain(order.quantity, digits)}", f"lots of {lot}")
    if order.limit_price % market.tick != 0 or order.stop_price % market.tick != 0:
        price_digits = market.instrument.price_digits
        price = order.limit_price if order.limit_price % market.tick else order.stop_price
        tick = format_plain(market.tick, price_digits)
        return ("off_grid", f"price {format_plain(price, price_digits)}", f"ticks of {tick}")
    breach = None
    if order.order_type != _MARKET or market.min_notional > 0:
        breach = _price_form_breach(order, market)
    if breach is None:
        breach = _size_breach(state, order, book, market)
    if breach is None and (order.leg != 0 or order.flags & _REDUCING or book.account.is_hedging):
        breach = _leg_breach(state, order, book)
    return breach


def _price_form_breach(order: Order, market: Market) -> Breach | None:
    kind = order.order_type
    if kind in (_LIMIT, _STOP_LIMIT) and not 0 < order.limit_price <= _MAX:
        return ("no_limit_price", _price_text(order.limit_price, market), "a limit price")
    if kind in (_STOP, _STOP_LIMIT) and not 0 < order.stop_price <= _MAX:
        return ("no_stop_price", _price_text(order.stop_price, market), "a stop price")
    if market.min_notional > 0:
        price = order.limit_price if order.limit_price > 0 else market.mark
        factor = market.money_factor
        is_small = price > 0 and price <= NOTIONAL_MAX // factor // order.quantity
        notional = market.notional(price, order.quantity) if is_small else market.min_notional
        if notional < market.min_notional:
            money = market.instrument.money_digits
            value = format_plain(notional, money)
            return ("min_notional", value, format_plain(market.min_notional, money))
    return None


def _size_breach(state: State, order: Order, book: StrategyBook, market: Market) -> Breach | None:
    """Refuse what could not be valued in 64 bits, with all that is held and open in the firm."""
    holding: Holding = state.stakes(book, market)[2]
    quantity = magnitude(holding.resulting(order.side, order.quantity))
    if order.leg != 0:
        quantity = max(quantity, holding.size_with(order.side, order.quantity, order.leg))
    price = max(order.limit_price, order.stop_price, market.mark)
    if quantity > _MAX or (quantity and price > NOTIONAL_MAX // market.money_factor // quantity):
        held = format_plain(quantity, market.instrument.quantity_digits)
        return ("too_large", f"{held} at {_price_text(price, market)}", "64 bits")
    return None


def _price_text(units: int, market: Market) -> str:
    return format_plain(units, market.instrument.price_digits)


def _leg_breach(state: State, order: Order, book: StrategyBook) -> Breach | None:
    is_hedging = book.account.is_hedging
    if is_hedging and order.leg == 0:
        return ("leg", "NET", "LONG or SHORT in a hedging account")
    if not is_hedging and order.leg != 0:
        return ("leg", _LEGS[order.leg + 1].name, "NET in a netting account")
    is_closing_leg = order.leg != 0 and order.side != order.leg
    if not is_closing_leg and order.flags & _REDUCING == 0:
        return None
    position: Position = book.position(order.instrument, order.leg)
    held = magnitude(position.quantity) if (position.quantity > 0) != (order.side > 0) else 0
    room = max(0, held - open_quantity(state, order))
    if order.quantity <= room:
        return None
    digits = state.markets[order.instrument].instrument.quantity_digits
    wanted, left = format_plain(order.quantity, digits), format_plain(room, digits)
    if is_closing_leg:
        return ("leg_overclosed", wanted, left)
    return ("reduce_only", wanted, left)


def open_quantity(state: State, order: Order) -> int:
    """What is open of the order's strategy in its instrument, leg and side."""
    total = 0
    for other in state.open_orders.values():
        if (
            other.strategy == order.strategy
            and other.instrument == order.instrument
            and other.leg == order.leg
            and other.side == order.side
        ):
            total += other.reserved
    return total


def halt_breach(state: State, book: StrategyBook, market: Market) -> Breach | None:
    """What keeps all orders of a strategy or an instrument from going out."""
    if book.is_stopped:
        return ("strategy_stopped", book.name, book.stop_reason)
    if state.halts:
        reason = state.halts.get("instrument:" + market.id)
        if reason is not None:
            return ("halted", market.id, reason[0])
        reason = state.halts.get("venue:" + market.venue)
        if reason is not None:
            return ("halted", market.venue, reason[0])
    if state.lost_venues:
        return lost_breach(state, market)
    return None


def lost_breach(state: State, market: Market) -> Breach | None:
    """Whether the venue cannot be reached, or does not trade the instrument now."""
    lost = state.lost_venues.get(market.venue)
    if lost is not None:
        return ("venue_lost", market.venue, lost)
    paused = state.lost_venues.get(market.id)
    if paused is not None:
        return ("market_closed", market.id, paused)
    return None


def _denied(intent: OrderIntended, breach: Breach) -> OrderDenied:
    return OrderDenied(intent.time_ns, intent.order_id, breach[0], breach[1], breach[2])


def amended_breach(
    state: State, order: Order, quantity: int, limit_price: int, stop_price: int
) -> Breach | None:
    """The first reason against changing a working order's terms."""
    book: StrategyBook = state.strategies[order.strategy]
    market: Market = state.markets[order.instrument]
    changed = new_order(
        order.order_id, order.strategy, order.account, order.instrument, order.side, quantity
    )
    changed.order_type = order.order_type
    changed.limit_price = limit_price
    changed.stop_price = stop_price
    changed.flags = order.flags
    changed.leg = order.leg
    held = order.reserved
    reserve(state, order, -held)
    _count_open(state, order, -1)
    changed.quantity = max(quantity - order.filled_quantity, 0)
    breach = first_breach(state, changed, book, market)
    _count_open(state, order, 1)
    reserve(state, order, held)
    return breach


def count_message(state: State, order: Order) -> None:
    """Count a cancel with the messages of a second; a cancel itself is never refused."""
    book: StrategyBook = state.strategies[order.strategy]
    for scope in book.scopes:
        if scope.is_limited:
            scope.count_message(state.time_ns)
    if state.venues:
        venue = state.markets[order.instrument].venue
        if venue in state.venues:
            state.venues[venue].count_message(state.time_ns)


def settle_reserve(state: State, order: Order) -> None:
    """Count what may still be filled: of the largest terms that the venue may be working."""
    reserved = order.leaves_quantity
    if order.amends:
        reserved = max(reserved, order.reserved)
    reserve(state, order, reserved - order.reserved)
