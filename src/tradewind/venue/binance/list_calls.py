"""Calls about order lists: one cancels the other, one triggers the other, and both together."""

from __future__ import annotations

from typing import Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError, filter_failure, rejected
from tradewind.venue.binance.filters import MAX_NUM_ORDER_LISTS, check_order
from tradewind.venue.binance.order_calls import paged
from tradewind.venue.binance.order_entry import own_client_id, read_order
from tradewind.venue.binance.order_lists import OrderList, list_row, placed_row
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.orders import Order

LEG_NAMES = {
    "type": "Type", "price": "Price", "stopPrice": "StopPrice", "quantity": "Quantity",
    "trailingDelta": "TrailingDelta", "timeInForce": "TimeInForce", "icebergQty": "IcebergQty",
    "newClientOrderId": "ClientOrderId", "side": "Side", "strategyId": "StrategyId",
    "strategyType": "StrategyType",
}  # fmt: skip
"""A leg's parameter is the order's, behind the leg's prefix: abovePrice, pendingSide."""
WORKING_TYPES = ("LIMIT", "LIMIT_MAKER")


def place_oco(call: Call) -> dict[str, Any]:
    """POST orderList/oco: a leg above and a leg below the market, of which one is done."""
    shared = {name: call.parameters.required(name) for name in ("side", "quantity")}
    legs = _pair(call, ("above", "below"), shared)
    made = _list(call, "OCO", legs)
    made.pair = legs
    return _begin(call, made)


def place_oto(call: Call) -> dict[str, Any]:
    """POST orderList/oto: a leg that begins when the working leg is filled."""
    working, pending = _leg(call, "working", {}), _leg(call, "pending", {})
    made = _list(call, "OTO", [working, pending])
    made.working, made.pending = _checked_working(working), [pending]
    return _begin(call, made)


def place_otoco(call: Call) -> dict[str, Any]:
    """POST orderList/otoco: a pair that begins when the working leg is filled."""
    working = _checked_working(_leg(call, "working", {}))
    shared = {
        "side": call.parameters.required("pendingSide"),
        "quantity": call.parameters.required("pendingQuantity"),
    }
    pair = _pair(call, ("pendingAbove", "pendingBelow"), shared)
    made = _list(call, "OTO", [working, *pair])
    made.working, made.pending, made.pair = working, pair, pair
    return _begin(call, made)


def _leg(call: Call, prefix: str, shared: dict[str, str]) -> Order:
    """One leg out of the parameters with its prefix, held to the filters."""
    texts = dict(shared)
    for name, suffix in LEG_NAMES.items():
        text = call.parameters.text(prefix + suffix)
        if text is not None:
            texts[name] = text
    exchange, symbol = call.venue.exchange, call.symbol()
    order = read_order(Parameters(texts), call.owner, symbol, exchange.next_order_id())
    book, average = exchange.books[symbol], call.venue.average_price(symbol)
    check_order(order, book, average, exchange.open_of(order.account, symbol))
    return order


def _pair(call: Call, prefixes: tuple[str, str], shared: dict[str, str]) -> list[Order]:
    """Two legs of which one is done; the answers show the held one first."""
    above, below = (_leg(call, prefix, shared) for prefix in prefixes)
    _check_pair(above, below, call)
    return [above, below] if above.stop_price is not None else [below, above]


def _checked_working(leg: Order) -> Order:
    if leg.wire["type"] not in WORKING_TYPES:
        raise ApiError(-1116)
    return leg


def _check_pair(above: Order, below: Order, call: Call) -> None:
    """A pair has one limit and one stop leg at least, the above leg above the market."""
    last = call.venue.exchange.books[above.symbol].reference_price()
    high = above.stop_price or above.price
    low = below.stop_price or below.price
    if above.wire["type"] == below.wire["type"]:
        raise ApiError(-1014, "Unsupported order combination.")
    if high is not None and low is not None and last is not None and not low < last < high:
        raise ApiError(-2010, "The relationship of the prices for the orders is not correct.")


def _list(call: Call, contingency: str, legs: list[Order]) -> OrderList:
    number = call.venue.lists.next_id()
    client_id = call.parameters.client_id("listClientOrderId") or own_client_id(~number)
    running = [each for each in call.venue.lists.of(call.owner.name) if not each.is_done]
    if len(running) >= MAX_NUM_ORDER_LISTS:
        raise filter_failure("MAX_NUM_ORDER_LISTS")
    symbol = legs[0].symbol
    return OrderList(number, client_id, call.owner.name, symbol, contingency, legs, call.now_ns)


def _begin(call: Call, made: OrderList) -> dict[str, Any]:
    call.parameters.text("newOrderRespType")
    call.parameters.text("selfTradePreventionMode")
    call.parameters.check_all_read()
    reason = call.venue.lists.begin(made)
    if reason:
        raise rejected(reason)
    return placed_row(made)


def cancel_list(call: Call) -> dict[str, Any]:
    """DELETE orderList."""
    made = _find(call, -2011)
    if made.is_done or made.symbol != call.symbol():
        raise ApiError(-2011)
    client_id = call.parameters.client_id("newClientOrderId") or own_client_id(call.now_ns)
    return call.venue.lists.cancel(made.id, call.now_ns, client_id)


def query_list(call: Call) -> dict[str, Any]:
    """GET orderList."""
    return list_row(_find(call, -2018))


def _find(call: Call, code: int) -> OrderList:
    number = call.parameters.optional_integer("orderListId")
    client_id = call.parameters.text("listClientOrderId") or call.parameters.text(
        "origClientOrderId"
    )
    for made in reversed(call.venue.lists.of(call.owner.name)):
        if made.id == number or (number is None and made.client_id == client_id):
            return made
    raise ApiError(code, "Order list does not exist." if code == -2018 else None)


def open_lists(call: Call) -> list[dict[str, Any]]:
    """GET openOrderList."""
    return [list_row(each) for each in call.venue.lists.of(call.owner.name) if not each.is_done]


def all_lists(call: Call) -> list[dict[str, Any]]:
    """GET allOrderList."""
    rows = [list_row(each) for each in call.venue.lists.of(call.owner.name)]
    from_id = call.parameters.optional_integer("fromId")
    if from_id is not None:
        rows = [row for row in rows if row["orderListId"] >= from_id]
    return paged(rows, call.parameters, time_name="transactionTime", newest=from_id is None)
