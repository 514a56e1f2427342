"""Checks of a new order against its account and the market: the first refusal wins."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tradewind.venue.alpaca.buying_power import (
    PriceOf,
    balances_of,
    reserved_for,
)
from tradewind.venue.alpaca.customer import PATTERN_DAY_EQUITY, Customer, held_for_orders
from tradewind.venue.alpaca.numbers import plain
from tradewind.venue.alpaca.order import SIMPLE, Order
from tradewind.venue.alpaca.position import ZERO
from tradewind.venue.alpaca.refusal import DAY_TRADES, FORBIDDEN, Refusal, unprocessable
from tradewind.venue.equities.calendar import sessions_between

DAY_TRADES_MAX = 3
DAY_TRADE_SESSIONS = 5


def check_order(customer: Customer, order: Order, *, price_of: PriceOf, today: date) -> None:
    """Say what the order does to the position, and refuse what the account cannot do."""
    check_account(customer)
    order.position_intent = intent_of(customer, order)
    if order.order_class == "oco" or order.position_intent.endswith("close"):
        check_shares(customer, order)
        check_day_trades(customer, order, balances_of(customer, price_of).equity, today)
    elif order.position_intent == "sell_to_open":
        check_short(customer, order)
    check_wash_trade(customer, order)
    check_funds(customer, order, price_of)


def check_account(customer: Customer) -> None:
    """An account that is blocked, by the venue or by itself, does not trade."""
    if customer.is_blocked:
        raise Refusal(FORBIDDEN, "account is restricted from trading")
    if customer.configurations["suspend_trade"]:
        raise Refusal(FORBIDDEN, "trading is suspended by user")


def intent_of(customer: Customer, order: Order) -> str:
    """Whether the order opens or closes; a stated intent that cannot be is refused."""
    held = customer.held(order.security.symbol)
    is_closing = held * order.side < 0
    intent = ("buy" if order.side > 0 else "sell") + ("_to_close" if is_closing else "_to_open")
    if order.order_class == "oco":
        intent = intent.replace("open", "close")
    if order.position_intent and order.position_intent != intent:
        raise unprocessable(
            f"position intent mismatch, inferred: {intent}, specified: {order.position_intent}"
        )
    return intent


def check_shares(customer: Customer, order: Order) -> None:
    """A closing order is for no more shares than are there and not promised elsewhere."""
    symbol = order.security.symbol
    existing = customer.held(symbol)
    held = held_for_orders(customer, symbol)
    available = max(ZERO, abs(existing) - held)
    if order.notional is not None and order.quantity is None:
        return
    requested = order.quantity or ZERO
    if requested > available:
        raise Refusal(
            FORBIDDEN,
            f"insufficient qty available for order (requested: {plain(requested)}, "
            f"available: {plain(available)})",
            available=plain(available),
            existing_qty=plain(existing),
            held_for_orders=plain(held),
            symbol=symbol,
        )


def check_short(customer: Customer, order: Order) -> None:
    """Shorts are of whole shares that can be borrowed."""
    security = order.security
    if security.is_crypto:
        raise Refusal(
            FORBIDDEN,
            f"insufficient balance for {security.symbol.partition('/')[0]} "
            f"(requested: {plain(order.quantity or ZERO)}, available: 0)",
            symbol=security.symbol,
        )
    if not security.is_shortable or customer.configurations["no_shorting"]:
        raise Refusal(FORBIDDEN, f'asset "{security.symbol}" cannot be sold short')
    is_fraction = order.quantity is None or order.quantity % 1
    if order.notional is not None or is_fraction:
        raise Refusal(FORBIDDEN, "fractional orders cannot be sold short")


def check_day_trades(customer: Customer, order: Order, equity: Decimal, today: date) -> None:
    """Small accounts make at most three day trades in five sessions."""
    position = customer.positions.get(order.security.symbol)
    is_day_trade = position is not None and position.opened_today != 0
    if order.security.is_crypto or not is_day_trade or equity >= PATTERN_DAY_EQUITY:
        return
    if day_trade_count(customer, today) >= DAY_TRADES_MAX:
        raise Refusal(DAY_TRADES, "trade denied due to pattern day trading protection")


def day_trade_count(customer: Customer, today: date) -> int:
    """Day trades within the last five sessions."""
    sessions = sessions_between(today - timedelta(days=14), today)[-DAY_TRADE_SESSIONS:]
    first = sessions[0].day if sessions else today
    return sum(day >= first for day in customer.day_trades)


def check_wash_trade(customer: Customer, order: Order) -> None:
    """An order must not be able to trade with another of the same account."""
    if order.order_class not in SIMPLE:
        return
    for other in customer.open_of(order.security.symbol):
        if other.side != order.side and other.parent is None and can_meet(order, other):
            kind = "market" if other.type == "market" else other.type.replace("_", " ")
            raise Refusal(
                FORBIDDEN,
                "potential wash trade detected. use complex orders",
                existing_order_id=other.id,
                reject_reason=f"opposite side {kind} order exists",
            )


def can_meet(order: Order, other: Order) -> bool:
    """True where two opposite orders could trade with each other; stops that wait cannot yet."""
    if other.type in ("stop", "stop_limit", "trailing_stop") or order.type in (
        "stop",
        "stop_limit",
        "trailing_stop",
    ):
        return False
    if order.limit_price is None or other.limit_price is None:
        return True
    return (order.limit_price - other.limit_price) * order.side >= 0


def check_funds(customer: Customer, order: Order, price_of: PriceOf) -> None:
    """What the order would hold is there; crypto is paid with cash only."""
    needed = reserved_for(order, price_of)
    balances = balances_of(customer, price_of)
    power = balances.cash_power if order.security.is_crypto else balances.buying_power
    if needed > power:
        if order.security.is_crypto:
            raise Refusal(
                FORBIDDEN,
                f"insufficient balance for USD (requested: {plain(needed)}, "
                f"available: {plain(power)})",
            )
        raise Refusal(FORBIDDEN, "insufficient buying power", buying_power=plain(power))
