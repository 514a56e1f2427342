"""Calls about futures orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.order_calls import find_order, paged
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.binance.usdm_entry import check_order, read_order, refusal
from tradewind.venue.binance.usdm_rows import fill_row, on_step, order_row
from tradewind.venue.orders import ZERO, Order, Status

if TYPE_CHECKING:
    from tradewind.venue.binance.usdm import BinanceUsdm

BATCH_MAX = 5
BATCH_CANCEL_MAX = 10


def futures(call: Call) -> BinanceUsdm:
    """The venue of a call, which is a futures venue."""
    from tradewind.venue.binance.usdm import BinanceUsdm

    assert isinstance(call.venue, BinanceUsdm)
    return call.venue


def row(call: Call, order: Order) -> dict[str, Any]:
    """An order as an answer."""
    return order_row(order, call.venue.exchange.listing(order.symbol))


def try_order(call: Call) -> dict[str, Any]:
    """POST order/test."""
    return row(call, checked_order(call))


def place(call: Call) -> dict[str, Any]:
    """POST order. ACK answers before the order is matched, RESULT afterwards."""
    order = checked_order(call)
    response = call.parameters.choice("newOrderRespType", ("ACK", "RESULT")) or "ACK"
    call.parameters.check_all_read()
    venue = call.venue
    if venue.chaos.faults.strikes("reject-storm"):
        raise refusal("storm")
    venue.exchange.submit(order, call.now_ns)
    if order.status is Status.REJECTED:
        raise refusal(order.reason)
    answer = row(call, order)
    if response == "ACK":
        lot = venue.exchange.listing(order.symbol).lot
        zero = on_step(ZERO, lot)
        answer |= {"status": "NEW", "executedQty": zero, "cumQty": zero, "cumQuote": "0.00000000"}
        answer["avgPrice"] = on_step(ZERO, venue.exchange.listing(order.symbol).tick)
    return answer


def checked_order(call: Call) -> Order:
    """The order of a call, held to the filters."""
    exchange, symbol = call.venue.exchange, call.symbol()
    book = futures(call).clearing.book(call.owner.name)
    number = exchange.next_order_id()
    order = read_order(call.parameters, book, call.owner.name, symbol, number)
    open_orders = exchange.open_of(order.account, symbol)
    if any(each.client_id == order.client_id for each in open_orders):
        raise refusal("duplicate")
    check_order(order, exchange.books[symbol], open_orders)
    return order


def place_batch(call: Call) -> list[dict[str, Any]]:
    """POST batchOrders: up to five, each with its own outcome."""
    answers: list[dict[str, Any]] = []
    for wanted in _batch(call.parameters.required("batchOrders"), BATCH_MAX):
        if not isinstance(wanted, dict):
            raise ApiError(-1130, "Data sent for parameter 'batchOrders' is not valid.")
        texts = {name: _text(value) for name, value in wanted.items()}
        try:
            one = Call(call.venue, Parameters(texts), call.now_ns, call.account, call.key)
            answers.append(place(one))
        except ApiError as error:
            answers.append(error.body())
    return answers


def _batch(text: str, highest: int) -> list[Any]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError:
        raise ApiError(-4082, "Invalid number of batch place orders.") from None
    if not isinstance(rows, list) or not 0 < len(rows) <= highest:
        raise ApiError(-4082, "Invalid number of batch place orders.")
    return rows


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def query(call: Call) -> dict[str, Any]:
    """GET order."""
    return row(call, find_order(call))


def query_open(call: Call) -> dict[str, Any]:
    """GET openOrder."""
    order = find_order(call)
    if not order.is_open:
        raise ApiError(-2013)
    return row(call, order)


def find_open(call: Call) -> Order:
    """The open order a call means; -2011 where there is none."""
    try:
        order = find_order(call)
    except ApiError as error:
        if error.code == -2013:
            raise ApiError(-2011) from None
        raise
    if not order.is_open:
        raise ApiError(-2011)
    return order


def cancel(call: Call) -> dict[str, Any]:
    """DELETE order."""
    order = find_open(call)
    call.venue.cancel(order, call.now_ns, "")
    return row(call, order)


def cancel_batch(call: Call) -> list[dict[str, Any]]:
    """DELETE batchOrders: by orderIdList or origClientOrderIdList."""
    symbol = call.symbol()
    name, lists = "orderId", call.parameters.text("orderIdList")
    if lists is None:
        name, lists = "origClientOrderId", call.parameters.required("origClientOrderIdList")
    answers: list[dict[str, Any]] = []
    for each in _batch(lists, BATCH_CANCEL_MAX):
        texts = Parameters({"symbol": symbol, name: str(each)})
        try:
            answers.append(cancel(Call(call.venue, texts, call.now_ns, call.account, call.key)))
        except ApiError as error:
            answers.append(error.body())
    return answers


def cancel_all(call: Call) -> dict[str, Any]:
    """DELETE allOpenOrders."""
    for order in call.venue.exchange.open_of(call.owner.name, call.symbol()):
        call.venue.cancel(order, call.now_ns, "")
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def count_down(call: Call) -> dict[str, Any]:
    """POST countdownCancelAll."""
    return futures(call).countdowns.set(call)


def modify(call: Call) -> dict[str, Any]:
    """PUT order: another quantity and price for a limit order."""
    order = find_open(call)
    quantity, price = call.parameters.positive("quantity"), call.parameters.positive("price")
    call.parameters.choice("side", ("BUY", "SELL"), -1117)
    if order.price is None or order.is_held:
        raise ApiError(-4054, "Only limit order is supported.")
    if quantity <= order.filled:
        call.venue.exchange.cancel(order, call.now_ns)
        return row(call, order)
    if (quantity, price) == (order.quantity, order.price):
        raise ApiError(-5027, "No need to modify the order.")
    before = order.quantity, order.price
    order.quantity, order.price = quantity, price
    try:
        check_order(order, call.venue.exchange.books[order.symbol], [])
    finally:
        order.quantity, order.price = before
    reason = call.venue.exchange.modify(order, quantity, price, call.now_ns)
    if reason:
        raise refusal(reason)
    return row(call, order)


def open_orders(call: Call) -> list[dict[str, Any]]:
    """GET openOrders."""
    symbol = call.parameters.text("symbol")
    if symbol is not None:
        call.listed(symbol)
    return [row(call, order) for order in call.venue.exchange.open_of(call.owner.name, symbol)]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """GET allOrders."""
    rows = [row(call, order) for order in call.venue.orders_of(call.owner, call.symbol())]
    from_id = call.parameters.optional_integer("orderId")
    if from_id is not None:
        rows = [each for each in rows if each["orderId"] >= from_id]
    return paged(rows, call.parameters, time_name="time", newest=from_id is None)


def user_trades(call: Call) -> list[dict[str, Any]]:
    """GET userTrades."""
    symbol = call.symbol()
    order_id, from_id = (call.parameters.optional_integer(name) for name in ("orderId", "fromId"))
    listing = call.venue.exchange.listing(symbol)
    rows = [
        fill_row(order, fill, listing)
        for order in call.venue.orders_of(call.owner, symbol)
        if order_id in (None, order.id)
        for fill in order.fills
        if not fill.is_busted
    ]
    rows.sort(key=lambda each: each["id"])
    if from_id is not None:
        rows = [each for each in rows if each["id"] >= from_id]
    return paged(rows, call.parameters, time_name="time", newest=from_id is None)
