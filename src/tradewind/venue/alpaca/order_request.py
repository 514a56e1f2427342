"""Requests for orders: what a body asks for, held to the rules that need no account."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.numbers import CENT, has_more_digits_than, parse_number, plain
from tradewind.venue.alpaca.refusal import NOT_FOUND, Refusal, unprocessable
from tradewind.venue.equities.universe import Security, find_security

SIDES = {"buy": 1, "sell": -1}
TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
EQUITY_TERMS = ("day", "gtc", "opg", "cls", "ioc", "fok")
CRYPTO_TYPES = ("market", "limit", "stop_limit")
CRYPTO_TERMS = ("gtc", "ioc")
CLASSES = ("", "simple", "bracket", "oco", "oto")
INTENTS = ("", "buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
CLIENT_ORDER_ID_LENGTH_MAX = 128
NOTIONAL_MIN = Decimal(1)

Body = Mapping[str, object]


class OrderRequest(msgspec.Struct, kw_only=True):
    """What was asked for; a price that was not given is None."""

    security: Security
    side: int
    type: str
    time_in_force: str
    order_class: str = ""
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    has_extended_hours: bool = False
    client_order_id: str = ""
    position_intent: str = ""
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_limit: Decimal | None = None


def parse_order(body: Body) -> OrderRequest:
    """The order that a body asks for, or a `Refusal`.

    >>> body = {"symbol": "AAPL", "qty": 1.0, "side": "buy", "type": "market",
    ...         "time_in_force": "day"}
    >>> parse_order(body).quantity
    Decimal('1.0')
    >>> parse_order({**body, "type": "limit", "limit_price": "100.005"})
    Traceback (most recent call last):
    tradewind.venue.alpaca.refusal.Refusal: invalid limit_price 100.005. sub-penny increment ...
    """
    security = tradable(body)
    request = OrderRequest(
        security=security,
        side=SIDES[chosen(body, "side", tuple(SIDES))],
        type=chosen(body, "type", TYPES),
        time_in_force=chosen(body, "time_in_force", EQUITY_TERMS),
        order_class=chosen({"order_class": body.get("order_class") or ""}, "order_class", CLASSES),
        quantity=parse_number("qty", body.get("qty")),
        notional=parse_number("notional", body.get("notional")),
        has_extended_hours=body.get("extended_hours") is True,
        client_order_id=client_order_id(body),
        position_intent=str(body.get("position_intent") or ""),
        **{name: parse_number(name, body.get(name)) for name in PRICES},
    )
    take_exits(request, body)
    check(request)
    return request


PRICES = ("limit_price", "stop_price", "trail_price", "trail_percent")


def tradable(body: Body) -> Security:
    """The security that a body names."""
    symbol = body.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise unprocessable("symbol is required")
    security = find_security(symbol)
    if security is None:
        raise Refusal(NOT_FOUND, f"asset not found for {symbol}")
    if not security.is_active:
        raise unprocessable(f"asset {security.symbol} is not active")
    return security


def chosen(body: Body, name: str, words: tuple[str, ...]) -> str:
    """One of the words the venue knows for a field."""
    word = body.get(name)
    if word is None:
        raise unprocessable(f"{name} is required")
    if word not in words:
        raise unprocessable(f"invalid {name}: {word}")
    return str(word)


def client_order_id(body: Body) -> str:
    """The client's own id, or an empty text."""
    text = str(body.get("client_order_id") or "")
    if len(text) > CLIENT_ORDER_ID_LENGTH_MAX:
        raise unprocessable(
            f"client_order_id must be no more than {CLIENT_ORDER_ID_LENGTH_MAX} characters"
        )
    return text


def take_exits(request: OrderRequest, body: Body) -> None:
    """Read take_profit and stop_loss."""
    profit, loss = body.get("take_profit"), body.get("stop_loss")
    if isinstance(profit, dict):
        request.take_profit = parse_number("take_profit.limit_price", profit.get("limit_price"))
    if isinstance(loss, dict):
        request.stop_loss = parse_number("stop_loss.stop_price", loss.get("stop_price"))
        request.stop_loss_limit = parse_number("stop_loss.limit_price", loss.get("limit_price"))


# --- the rules -------------------------------------------------------------------------------


def check(request: OrderRequest) -> None:
    """Hold an order to the rules that need no account and no market."""
    check_amount(request)
    check_prices(request)
    if request.security.is_crypto:
        check_crypto(request)
    check_hours(request)
    check_class(request)
    if request.position_intent not in INTENTS:
        raise unprocessable(f"invalid position_intent: {request.position_intent}")


def check_amount(request: OrderRequest) -> None:
    """Shares or dollars, one of them, as many digits as the asset takes."""
    if request.quantity is None and request.notional is None:
        raise unprocessable("qty or notional is required")
    if request.quantity is not None and request.notional is not None:
        raise unprocessable("only one of qty or notional is accepted")
    if request.notional is not None:
        check_notional(request, request.notional)
    elif request.quantity is not None:
        check_quantity(request, request.quantity)


def check_notional(request: OrderRequest, notional: Decimal) -> None:
    """The rules of dollar amounts."""
    if notional < NOTIONAL_MIN:
        raise unprocessable("notional amount must be >= 1.00")
    if has_more_digits_than(notional, 2):
        raise unprocessable("notional value must be limited to 2 decimal places")
    if not request.security.is_fractionable:
        raise Refusal((403, 40310000), f'asset "{request.security.symbol}" is not fractionable')
    if request.type not in ("market", "limit"):
        raise unprocessable("notional orders must be market or limit orders")
    if request.time_in_force != "day" and not request.security.is_crypto:
        raise unprocessable("notional orders must be DAY orders")


def check_quantity(request: OrderRequest, quantity: Decimal) -> None:
    """The rules of shares."""
    digits = request.security.quantity_digits
    if has_more_digits_than(quantity, 9):
        raise unprocessable("qty must be limited to 9 decimal places")
    if has_more_digits_than(quantity, digits):
        raise unprocessable(f"qty must be a multiple of {request.security.lot}")
    least = Decimal(request.security.print_lot)
    if request.security.is_crypto and quantity < least:
        raise unprocessable(f"qty must be >= {plain(least)}")
    if request.security.is_crypto or not has_more_digits_than(quantity, 0):
        return
    if not request.security.is_fractionable:
        raise Refusal((403, 40310000), f'asset "{request.security.symbol}" is not fractionable')
    if request.time_in_force != "day":
        raise unprocessable("fractional orders must be DAY orders")
    if request.order_class not in ("", "simple"):
        raise unprocessable("fractional orders must be simple orders")


def check_prices(request: OrderRequest) -> None:
    """The prices that a type needs, each on the venue's grid."""
    needs_limit = request.type in ("limit", "stop_limit")
    needs_stop = request.type in ("stop", "stop_limit")
    is_exit = request.order_class == "oco"
    if needs_limit and request.limit_price is None and not is_exit:
        raise unprocessable(f"{request.type} orders require limit_price")
    if not needs_limit and request.limit_price is not None:
        raise unprocessable(f"{request.type} orders must not have limit_price")
    if needs_stop and request.stop_price is None:
        raise unprocessable(f"{request.type} orders require stop_price")
    if not needs_stop and request.stop_price is not None:
        raise unprocessable(f"{request.type} orders must not have stop_price")
    check_trail(request)
    for name, price in (
        ("limit_price", request.limit_price),
        ("stop_price", request.stop_price),
        ("take_profit.limit_price", request.take_profit),
        ("stop_loss.stop_price", request.stop_loss),
        ("stop_loss.limit_price", request.stop_loss_limit),
    ):
        check_increment(name, price, request.security)


def check_trail(request: OrderRequest) -> None:
    """A trailing stop trails by a price or by a percentage."""
    trails = [each for each in (request.trail_price, request.trail_percent) if each is not None]
    if request.type != "trailing_stop":
        if trails:
            raise unprocessable(f"{request.type} orders must not have a trail")
    elif len(trails) != 1:
        raise unprocessable("one of trail_price or trail_percent is required")
    if request.trail_percent is not None and request.trail_percent >= 100:
        raise unprocessable("trail_percent must be < 100")


def check_increment(name: str, price: Decimal | None, security: Security) -> None:
    """From a dollar on two places, below it four; crypto goes by its own increment."""
    if price is None:
        return
    if security.is_crypto:
        if price % Decimal(security.tick):
            raise unprocessable(f"{name} must be a multiple of {security.tick}")
        return
    if has_more_digits_than(price, 2 if price >= 1 else 4):
        raise unprocessable(
            f"invalid {name} {plain(price)}. sub-penny increment does not fulfill minimum "
            "pricing criteria"
        )


def check_crypto(request: OrderRequest) -> None:
    """What crypto orders may be."""
    if request.type not in CRYPTO_TYPES:
        raise unprocessable(f"invalid order type for crypto order: {request.type}")
    if request.time_in_force not in CRYPTO_TERMS:
        raise unprocessable("invalid crypto time_in_force")
    if request.order_class not in ("", "simple"):
        raise unprocessable("crypto orders must be simple orders")


def check_hours(request: OrderRequest) -> None:
    """Extended hours are for limit orders of the day; auctions for market and limit orders."""
    is_day_limit = request.type == "limit" and request.time_in_force in ("day", "gtc")
    if request.has_extended_hours and not (is_day_limit and request.time_in_force == "day"):
        raise unprocessable("extended hours order must be DAY limit orders")
    if request.time_in_force in ("opg", "cls") and request.type not in ("market", "limit"):
        raise unprocessable("opg and cls orders must be market or limit orders")
    if request.time_in_force in ("ioc", "fok") and request.type == "trailing_stop":
        raise unprocessable("trailing_stop orders must be DAY or GTC orders")


def check_class(request: OrderRequest) -> None:
    """What orders with children need."""
    if request.order_class in ("", "simple"):
        return
    if request.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{request.order_class} orders must be DAY or GTC orders")
    exits = [each for each in (request.take_profit, request.stop_loss) if each is not None]
    if request.order_class == "oto":
        if len(exits) != 1:
            raise unprocessable("oto orders require one of take_profit or stop_loss")
        return
    if len(exits) != 2:
        raise unprocessable(f"{request.order_class} orders require take_profit and stop_loss")
    if request.order_class == "oco" and request.type != "limit":
        raise unprocessable("oco orders must be limit orders")
    check_exits(request)


def check_exits(request: OrderRequest) -> None:
    """The profit lies on the order's better side, the stop on its worse one."""
    profit, loss = request.take_profit, request.stop_loss
    if profit is None or loss is None:
        return
    # An OCO order closes a position: its own side is that of the exits.
    direction = -request.side if request.order_class == "oco" else request.side
    if (profit - loss) * direction < CENT:
        word = ">" if direction > 0 else "<"
        raise unprocessable(f"take_profit.limit_price must be {word} stop_loss.stop_price")
