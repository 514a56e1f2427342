"""The parameters of a new order as an order of the exchange, checked type by type."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from tradewind.venue.accounts import Account
from tradewind.venue.binance.errors import ApiError, mandatory
from tradewind.venue.binance.filters import check_trailing
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.orders import BUY, SELL, Lifetime, Order

TYPES = (
    "LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
    "LIMIT_MAKER",
)  # fmt: skip
STOP_TYPES = {"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"}
SELF_TRADE_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
RESPONSES = ("ACK", "RESULT", "FULL")
STRATEGY_TYPE_MIN = 1_000_000

NOT_TAKEN: dict[str, tuple[str, ...]] = {
    "LIMIT": ("stopPrice", "trailingDelta", "quoteOrderQty"),
    "MARKET": ("timeInForce", "price", "stopPrice", "trailingDelta", "icebergQty"),
    "STOP_LOSS": ("timeInForce", "price", "icebergQty", "quoteOrderQty"),
    "TAKE_PROFIT": ("timeInForce", "price", "icebergQty", "quoteOrderQty"),
    "STOP_LOSS_LIMIT": ("quoteOrderQty",),
    "TAKE_PROFIT_LIMIT": ("quoteOrderQty",),
    "LIMIT_MAKER": ("timeInForce", "stopPrice", "trailingDelta", "quoteOrderQty"),
}
"""What a type does not take (-1106)."""
PRICED = {"LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER"}
TIMED = {"LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"}


def read_order(call: Parameters, account: Account, symbol: str, order_id: int) -> Order:
    """A new order out of a call; its names may carry a prefix, as in order lists.

    The payload: symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1
    """
    side = _side(call)
    kind = call.choice("type", TYPES, -1116)
    if kind is None:
        raise mandatory("type")
    call.refuse(NOT_TAKEN[kind])
    order = Order(
        order_id,
        call.client_id("newClientOrderId") or own_client_id(order_id),
        account.name,
        symbol,
        side,
        _quantity(call, kind),
        price=call.positive("price") if kind in PRICED else None,
        lifetime=_lifetime(call, kind),
        quote_quantity=_quote_quantity(call, kind),
        is_post_only=kind == "LIMIT_MAKER",
        visible=call.decimal("icebergQty") or None,
        self_trade=call.choice("selfTradePreventionMode", SELF_TRADE_MODES) or "NONE",
    )
    if order.visible is not None and order.lifetime is not Lifetime.GTC:
        raise ApiError(-1014)
    if kind in STOP_TYPES:
        _read_stop(call, order, kind)
    order.wire = {"type": kind, **_strategy(call)}
    return order


def own_client_id(order_id: int) -> str:
    """The client id of an order that was sent without one: 22 letters and digits."""
    return hashlib.blake2b(f"order {order_id}".encode(), digest_size=11).hexdigest()


def _side(call: Parameters) -> int:
    side = call.choice("side", ("BUY", "SELL"), -1117)
    if side is None:
        raise mandatory("side")
    return BUY if side == "BUY" else SELL


def _quantity(call: Parameters, kind: str) -> Decimal:
    """The quantity; 0 where a market order spends money instead."""
    if kind == "MARKET" and call.text("quoteOrderQty"):
        call.refuse(("quantity",))
        return Decimal(0)
    return call.positive("quantity")


def _quote_quantity(call: Parameters, kind: str) -> Decimal | None:
    if kind != "MARKET" or not call.text("quoteOrderQty"):
        return None
    return call.positive("quoteOrderQty")


def _lifetime(call: Parameters, kind: str) -> Lifetime:
    if kind not in TIMED:
        return Lifetime.GTC
    word = call.choice("timeInForce", ("GTC", "IOC", "FOK"), -1115)
    if word is None:
        raise mandatory("timeInForce")
    return Lifetime(word)


def _read_stop(call: Parameters, order: Order, kind: str) -> None:
    """The price that sets it off, and from which side; at least one of two is needed."""
    order.stop_price = call.decimal("stopPrice") or None
    delta = call.optional_integer("trailingDelta")
    if order.stop_price is None and delta is None:
        raise mandatory("stopPrice")
    is_loss = kind.startswith("STOP_LOSS")
    order.stops_above = (order.side == BUY) == is_loss
    if delta is not None:
        order.trailing_share = check_trailing(delta)


def _strategy(call: Parameters) -> dict[str, int]:
    """What a client may note about its strategy; it comes back in every answer."""
    found = {}
    for name in ("strategyId", "strategyType"):
        number = call.optional_integer(name)
        if number is not None:
            found[name] = number
    if found.get("strategyType", STRATEGY_TYPE_MIN) < STRATEGY_TYPE_MIN:
        raise ApiError(-1130, "Data sent for parameter 'strategyType' is not valid.")
    return found
