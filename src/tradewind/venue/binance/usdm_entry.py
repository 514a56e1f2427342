"""The parameters of a new futures order as an order of the exchange."""

from __future__ import annotations

from decimal import Decimal

from tradewind.venue.binance.errors import ApiError, mandatory
from tradewind.venue.binance.order_entry import own_client_id
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.book import Book
from tradewind.venue.margin import BOTH, LONG, SHORT, MarginBook
from tradewind.venue.orders import BUY, SELL, Lifetime, Order

TYPES = (
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)  # fmt: skip
LIFETIMES = ("GTC", "IOC", "FOK", "GTX", "GTD")
PRICED = {"LIMIT", "STOP", "TAKE_PROFIT"}
STOPPED = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"}
WORKING_TYPES = ("MARK_PRICE", "CONTRACT_PRICE")
CALLBACK_MIN, CALLBACK_MAX = Decimal("0.1"), Decimal(10)
MAX_NUM_ORDERS, MAX_NUM_ALGO_ORDERS = 200, 10
PRICE_MAX = Decimal(4_529_764)


def read_order(call: Parameters, book: MarginBook, account: str, symbol: str, number: int) -> Order:
    """A new order out of a call.

    The payload: symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9000
    """
    side = call.choice("side", ("BUY", "SELL"), -1117)
    kind = call.choice("type", TYPES, -1116)
    if side is None or kind is None:
        raise mandatory("side" if side is None else "type")
    lifetime = _lifetime(call, kind)
    closes_all = call.boolean("closePosition")
    order = Order(
        number,
        call.client_id("newClientOrderId") or own_client_id(number),
        account,
        symbol,
        BUY if side == "BUY" else SELL,
        Decimal(0) if closes_all else _quantity(call),
        price=call.positive("price") if kind in PRICED else None,
        lifetime=Lifetime.GTC if lifetime == "GTX" else Lifetime(lifetime),
        is_post_only=lifetime == "GTX",
        is_reduce_only=call.boolean("reduceOnly") or closes_all,
        position_side=_position_side(call, book),
        self_trade=call.choice(
            "selfTradePreventionMode", ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
        )
        or "EXPIRE_MAKER",
    )
    order.wire = {
        "type": kind,
        "timeInForce": lifetime,
        "closePosition": closes_all,
        "workingType": call.choice("workingType", WORKING_TYPES) or "CONTRACT_PRICE",
        "priceProtect": call.boolean("priceProtect"),
        "goodTillDate": call.integer("goodTillDate", 0),
    }
    if closes_all:
        held = book.position(symbol, order.position_side).quantity
        order.quantity = abs(held)
    order.expire_ns = order.wire["goodTillDate"] * 1_000_000
    _read_stop(call, order, kind)
    return order


def _quantity(call: Parameters) -> Decimal:
    quantity = call.decimal("quantity")
    if quantity is None:
        raise mandatory("quantity")
    if quantity <= 0:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    return quantity


def _lifetime(call: Parameters, kind: str) -> str:
    word = call.choice("timeInForce", LIFETIMES, -1115)
    if word is None and kind == "LIMIT":
        raise mandatory("timeInForce")
    if word == "GTD" and not call.text("goodTillDate"):
        raise mandatory("goodTillDate")
    return word or "GTC"


def _position_side(call: Parameters, book: MarginBook) -> str:
    """The position an order is about; hedged accounts must say which."""
    side = call.choice("positionSide", (BOTH, LONG, SHORT)) or BOTH
    if (side == BOTH) == book.is_hedged:
        raise ApiError(-4061, "Order's position side does not match user's setting.")
    return side


def _read_stop(call: Parameters, order: Order, kind: str) -> None:
    """The price that sets it off, and from which side."""
    is_loss = not kind.startswith("TAKE_PROFIT")
    order.stops_above = (order.side == BUY) == is_loss
    if kind in STOPPED:
        order.stop_price = call.positive("stopPrice")
    if kind != "TRAILING_STOP_MARKET":
        return
    rate = call.decimal("callbackRate")
    if rate is None or not CALLBACK_MIN <= rate <= CALLBACK_MAX:
        raise ApiError(-2007, "Invalid callBack rate")
    order.trailing_share = rate / 100
    order.stop_price = call.decimal("activationPrice") or None


def check_order(order: Order, book: Book, open_orders: list[Order]) -> None:
    """Hold an order to the contract's filters."""
    listing = book.listing
    for price in (order.price, order.stop_price):
        if price is not None:
            _check_price(price, listing.tick)
    if order.wire["closePosition"]:
        return
    if order.quantity < listing.minimum_quantity:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if order.quantity > listing.maximum_quantity:
        raise ApiError(-4005, "Quantity greater than max quantity.")
    if not listing.on_grid(order.quantity, listing.lot):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    price = order.price or order.stop_price or book.reference_price() or Decimal(0)
    if price * order.quantity < listing.minimum_notional and not order.is_reduce_only:
        raise ApiError(
            -4164,
            f"Order's notional must be no smaller than {listing.minimum_notional} "
            "(unless you choose reduce only).",
        )
    if len(open_orders) >= MAX_NUM_ORDERS:
        raise ApiError(-1010, "Reach max open order limit.")
    if order.stop_price is not None and sum(o.is_held for o in open_orders) >= MAX_NUM_ALGO_ORDERS:
        raise ApiError(-4045, "Reach max stop order limit.")


def _check_price(price: Decimal, tick: Decimal) -> None:
    if price > PRICE_MAX:
        raise ApiError(-4002, "Price greater than max price.")
    if price % tick:
        decimals = -int(price.normalize().as_tuple().exponent)
        if decimals > -int(tick.normalize().as_tuple().exponent):
            raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
        raise ApiError(-4014, "Price not increased by tick size.")


POST_ONLY_TEXT = (
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history"
)
REFUSALS: dict[str, tuple[int, str]] = {
    "insufficient_margin": (-2019, "Margin is insufficient."),
    "reduce_only": (-2022, "ReduceOnly Order is rejected."),
    "would_match": (
        -5022,
        POST_ONLY_TEXT,
    ),
    "would_trigger": (-2021, "Order would immediately trigger."),
    "market_closed": (-4108, "This contract is not open for trading."),
    "duplicate": (-4116, "ClientOrderId is duplicated."),
    "storm": (-1008, "Server is currently overloaded with other requests."),
}
"""Reasons of the exchange as codes and texts."""


def refusal(reason: str) -> ApiError:
    """The answer to an order that the exchange refused."""
    code, text = REFUSALS.get(reason, (-2010, reason))
    return ApiError(code, text)
