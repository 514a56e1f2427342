"""Pre-trade checks: one list, run on every order; the first reason wins.

The controls and their sources (SEC Rule 15c3-5, MiFID II RTS 6) are numbered in the docs.
"""

from __future__ import annotations

from typing import Any

from tradewind.core.bounds import OFF, SHARE
from tradewind.core.exposure import Holding, Scope, convert
from tradewind.core.orders import Order
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_plain, magnitude

_SHARE_MAX = 9 * SHARE
_BASE_MAX = SHARE * SHARE

RULES = (
    "halted",
    "restricted",
    "max_order_quantity",
    "max_order_notional",
    "no_price",
    "stale_price",
    "price_collar",
    "duplicate_order",
    "message_rate",
    "max_open_orders",
    "short_sale",
    "locate",
    "max_position",
    "max_position_notional",
    "max_net_exposure",
    "max_gross_exposure",
    "capital",
    "max_leverage",
    "concentration",
    "risk_per_trade",
    "no_rate",
)
"""Names of the rules in the order they are run, for each scope from strategy to firm."""

Breach = tuple[str, str, str]
"""Rule, the value it saw, the limit it has."""


def breach_of(
    order: Order, holding: Holding, scope: Scope, equity: int, time_ns: int
) -> Breach | None:
    """The first rule of a scope that the order would break, or None.

    `equity` is the account's, in its currency's money units. The order must not be counted in
    the holding yet; the scope's message counter must already have it.
    """
    if scope.is_halted:
        return ("halted", scope.name, scope.halt_reason)
    if not scope.is_limited:
        return None
    bounds = holding.bounds
    price = order.limit_price if order.limit_price > 0 else reference_price(order, holding)
    breach = _order_breach(order, holding, scope, price)
    if breach is None and (
        bounds.stale_price_ns != OFF or (bounds.price_collar != OFF and order.limit_price > 0)
    ):
        breach = _price_breach(order, holding, time_ns)
    if breach is None:
        breach = _flow_breach(order, holding, scope, time_ns)
    if price < holding.market.mark:
        price = holding.market.mark  # a filled quantity is counted with the dearer of the two
    if breach is None:
        breach = _position_breach(order, holding, scope, price)
    if breach is None:
        breach = _exposure_breach(order, holding, scope, equity, price)
    return breach


def reference_price(order: Order, holding: Holding) -> int:
    """The price an order is valued at: its limit, its stop, else the mark."""
    if order.limit_price > 0:
        return order.limit_price
    if order.stop_price > 0 and order.order_type >= 3:
        return order.stop_price
    return holding.market.mark


def exposed_price(order: Order, holding: Holding) -> int:
    """What a filled quantity is counted with: the dearer of the order's price and the mark."""
    return max(reference_price(order, holding), holding.market.mark)


def _order_breach(order: Order, holding: Holding, scope: Scope, price: int) -> Breach | None:
    bounds = holding.bounds
    if not bounds.is_allowed:
        return ("restricted", holding.market.id, "not allowed")
    if bounds.order_quantity != OFF and order.quantity > bounds.order_quantity:
        return _quantities("max_order_quantity", order.quantity, bounds.order_quantity, holding)
    if holding.rate == 0:
        return ("no_rate", holding.market.currency, scope.currency)
    if price <= 0:
        return ("no_price", "0", "a price")
    if bounds.order_notional != OFF:
        notional = magnitude(holding.money(price, order.quantity))
        if notional > bounds.order_notional:
            return _amounts("max_order_notional", notional, bounds.order_notional, scope)
    return None


def _price_breach(order: Order, holding: Holding, time_ns: int) -> Breach | None:
    bounds = holding.bounds
    market = holding.market
    if bounds.stale_price_ns != OFF and time_ns - market.mark_time_ns > bounds.stale_price_ns:
        age = time_ns - market.mark_time_ns
        return ("stale_price", f"{age} ns", f"{bounds.stale_price_ns} ns")
    if bounds.price_collar != OFF and order.limit_price > 0:
        away = magnitude(order.limit_price - market.mark)
        if market.mark <= 0:
            return ("no_price", "0", "a price")
        if exceeds_share(away, bounds.price_collar, market.mark):
            return _shares("price_collar", away, market.mark, bounds.price_collar)
    return None


def _flow_breach(order: Order, holding: Holding, scope: Scope, time_ns: int) -> Breach | None:
    bounds = holding.bounds
    if bounds.duplicate_ns != OFF:
        key = (
            order.strategy,
            order.instrument,
            order.side,
            order.limit_price,
            order.quantity,
        )
        before = scope.recent.get(key)
        if before is not None and time_ns - before < bounds.duplicate_ns:
            return ("duplicate_order", f"{time_ns - before} ns", f"{bounds.duplicate_ns} ns")
    if bounds.orders_per_second != OFF and scope.orders_in_second > bounds.orders_per_second:
        return ("message_rate", str(scope.orders_in_second), str(bounds.orders_per_second))
    if bounds.open_orders != OFF and scope.open_orders + 1 > bounds.open_orders:
        return ("max_open_orders", str(scope.open_orders + 1), str(bounds.open_orders))
    return None


def _position_breach(order: Order, holding: Holding, scope: Scope, price: int) -> Breach | None:
    bounds = holding.bounds
    if order.leg == 0:
        position = holding.position
        resulting = holding.resulting(order.side, order.quantity)
    elif order.side == order.leg:
        position = holding.leg_position(order.leg)
        resulting = holding.leg_resulting(order.leg, order.quantity)
    else:
        return None  # it closes a leg, and never more than is left of it
    if resulting < 0 and not bounds.is_short_allowed and order.side < 0:
        return _quantities("short_sale", resulting, 0, holding)
    if bounds.located != OFF and order.side < 0 and -resulting > bounds.located:
        return _quantities("locate", -resulting, bounds.located, holding)
    # an order that brings the position nearer to zero is always let through
    if (resulting >= 0) == (position >= 0) and magnitude(resulting) <= magnitude(position):
        return None
    if bounds.position_quantity != OFF and magnitude(resulting) > bounds.position_quantity:
        return _quantities("max_position", magnitude(resulting), bounds.position_quantity, holding)
    if bounds.position_notional != OFF:
        notional = magnitude(holding.money(price, resulting))
        if notional > bounds.position_notional:
            return _amounts("max_position_notional", notional, bounds.position_notional, scope)
    return None


def _exposure_breach(
    order: Order, holding: Holding, scope: Scope, equity: int, price: int
) -> Breach | None:
    bounds = holding.bounds
    if bounds.net_exposure != OFF:
        net = scope.net(order.side) + order.side * holding.money(price, order.quantity)
        if net * order.side > bounds.net_exposure:
            return _amounts("max_net_exposure", magnitude(net), bounds.net_exposure, scope)
    before = magnitude(holding.money(price, holding.worst()))
    size = holding.size_with(order.side, order.quantity, order.leg)
    after = magnitude(holding.money(price, size))
    grows = after - before
    if grows <= 0:
        return None
    if bounds.gross_exposure != OFF or bounds.capital != OFF or bounds.leverage != OFF:
        gross = scope.gross() + grows
        if bounds.gross_exposure != OFF and gross > bounds.gross_exposure:
            return _amounts("max_gross_exposure", gross, bounds.gross_exposure, scope)
        if bounds.capital != OFF and gross > bounds.capital:
            return _amounts("capital", gross, bounds.capital, scope)
        if bounds.leverage != OFF and exceeds_share(gross, bounds.leverage, equity):
            return _shares("max_leverage", gross, equity, bounds.leverage)
    if bounds.concentration != OFF and exceeds_share(after, bounds.concentration, equity):
        return _shares("concentration", after, equity, bounds.concentration)
    if bounds.risk_per_trade != OFF:
        at_risk = risk_of(order, holding)
        if exceeds_share(at_risk, bounds.risk_per_trade, equity):
            return _shares("risk_per_trade", at_risk, equity, bounds.risk_per_trade)
    return None


def risk_of(order: Order, holding: Holding) -> int:
    """|entry - stop| x quantity in scope currency; without a stop the stress move is it."""
    price = reference_price(order, holding)
    if order.stop_price > 0 and order.order_type < 3:
        return magnitude(holding.money(magnitude(price - order.stop_price), order.quantity))
    notional = magnitude(holding.money(price, order.quantity))
    return int(convert(notional, holding.bounds.stress, SHARE))


def exceeds_share(amount: int, share: int, base: int) -> bool:
    """Whether amount > share x 10^-9 x base, exactly, wider where 64 bits do not do.

    >>> exceeds_share(20, 20_000_000, 1000), exceeds_share(21, 20_000_000, 1000)
    (False, True)
    """
    if 0 <= share <= _SHARE_MAX and 0 <= base <= _BASE_MAX:
        # both terms fit into 64 bits here, and a whole amount is above a number or its floor alike
        return amount > base // SHARE * share + base % SHARE * share // SHARE
    wide: Any = amount
    wide_share: Any = share
    return bool(wide * SHARE > wide_share * base)


def _quantities(rule: str, value: int, limit: int, holding: Holding) -> Breach:
    digits = holding.market.instrument.quantity_digits
    return (rule, format_plain(value, digits), format_plain(limit, digits))


def _amounts(rule: str, value: int, limit: int, scope: Scope) -> Breach:
    digits = currency_digits(scope.currency)
    return (rule, format_plain(value, digits), format_plain(limit, digits))


def _shares(rule: str, value: int, base: int, limit: int) -> Breach:
    wide: Any = value
    share = format_plain(int(wide * SHARE // base), 9) if base > 0 else "no equity"
    return (rule, share, format_plain(limit, 9))
