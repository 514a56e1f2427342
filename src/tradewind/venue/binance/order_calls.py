"""Calls about orders: new, cancel, cancel and replace, amend, query."""

from __future__ import annotations

from typing import Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError, mandatory, rejected
from tradewind.venue.binance.filters import check_order
from tradewind.venue.binance.order_answers import (
    ANSWERS,
    allocation,
    canceled,
    own_trade,
    queried,
    result,
)
from tradewind.venue.binance.order_entry import RESPONSES, own_client_id, read_order
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.orders import Order, Status

LIMIT_DEFAULT, LIMIT_MAX = 500, 1000


def try_order(call: Call) -> dict[str, Any]:
    """POST order/test: checks everything and does nothing."""
    checked_order(call)
    if not call.parameters.boolean("computeCommissionRates"):
        return {}
    rates = {"maker": f"{call.owner.maker_fee:.8f}", "taker": f"{call.owner.taker_fee:.8f}"}
    none = {"maker": "0.00000000", "taker": "0.00000000"}
    return {
        "standardCommissionForOrder": rates,
        "specialCommissionForOrder": none,
        "taxCommissionForOrder": none,
        "discount": discount(),
    }


def discount() -> dict[str, Any]:
    """The discount for paying fees in BNB: there is none here."""
    return {
        "enabledForAccount": False,
        "enabledForSymbol": False,
        "discountAsset": "BNB",
        "discount": "0.00000000",
    }


def place(call: Call) -> dict[str, Any]:
    """POST order."""
    return place_checked(call, checked_order(call))


def place_checked(call: Call, order: Order) -> dict[str, Any]:
    """Place an order and answer as its type and the call want it."""
    response = call.parameters.choice("newOrderRespType", RESPONSES)
    call.parameters.check_all_read()
    submit(call, order)
    default = "FULL" if order.wire["type"] in ("LIMIT", "MARKET") else "ACK"
    return ANSWERS[response or default](order)


def checked_routed(call: Call) -> Order:
    """The order of a call of smart order routing: LIMIT and MARKET only."""
    order = checked_order(call)
    if order.wire["type"] not in ("LIMIT", "MARKET"):
        raise ApiError(-1116)
    order.wire |= {"usedSor": True, "workingFloor": "SOR"}
    return order


def place_routed(call: Call) -> dict[str, Any]:
    """POST sor/order: here the symbol's own book is the only one to be routed to."""
    return place_checked(call, checked_routed(call))


def try_routed(call: Call) -> dict[str, Any]:
    """POST sor/order/test."""
    checked_routed(call)
    return {}


def allocations(call: Call) -> list[dict[str, Any]]:
    """GET myAllocations: fills of routed orders."""
    symbol = call.symbol()
    rows = [
        allocation(order, fill)
        for order in call.venue.orders_of(call.owner, symbol)
        if order.wire.get("usedSor")
        for fill in order.fills
    ]
    return paged(rows, call.parameters, time_name="time", newest=True)


def submit(call: Call, order: Order) -> None:
    """Give a checked order to the exchange; its refusal is -2010."""
    if call.venue.chaos.faults.strikes("reject-storm"):
        raise rejected("storm")
    call.venue.exchange.submit(order, call.now_ns)
    if order.status is Status.REJECTED:
        raise rejected(order.reason)


def checked_order(call: Call) -> Order:
    """The order of a call, held to the filters."""
    exchange, symbol = call.venue.exchange, call.symbol()
    order = read_order(call.parameters, call.owner, symbol, exchange.next_order_id())
    open_orders = exchange.open_of(order.account, symbol)
    if any(each.client_id == order.client_id for each in open_orders):
        raise rejected("duplicate")
    check_order(order, exchange.books[symbol], call.venue.average_price(symbol), open_orders)
    return order


def find_order(
    call: Call, id_name: str = "orderId", client_name: str = "origClientOrderId"
) -> Order:
    """The order a call means: by the venue's id first, then the client's must agree."""
    symbol = call.symbol()
    order_id = call.parameters.optional_integer(id_name)
    client_id = call.parameters.text(client_name)
    if order_id is None and not client_id:
        raise ApiError(
            -1102,
            f"Param '{client_name}' or '{id_name}' must be sent, but both were empty/null!",
        )
    orders = call.venue.exchange.orders
    if order_id is not None:
        order = orders.get(order_id)
        if order is None or order.account != call.owner.name or order.symbol != symbol:
            raise ApiError(-2013)
        if client_id and order.client_id != client_id:
            raise ApiError(-2039)
        return order
    mine = [
        order for order in call.venue.orders_of(call.owner, symbol) if order.client_id == client_id
    ]
    if not mine:
        raise ApiError(-2013)
    # Ids may be used again: the open one is meant, else the newest.
    return next((order for order in mine if order.is_open), mine[-1])


def query(call: Call) -> dict[str, Any]:
    """GET order."""
    return queried(find_order(call))


def cancel(call: Call) -> dict[str, Any]:
    """DELETE order."""
    return cancel_found(call, find_open(call))


def find_open(
    call: Call, id_name: str = "orderId", client_name: str = "origClientOrderId"
) -> Order:
    """The open order a call means; -2011 where there is none."""
    try:
        order = find_order(call, id_name, client_name)
    except ApiError as error:
        if error.code == -2013:
            raise ApiError(-2011) from None
        raise
    if not order.is_open:
        raise ApiError(-2011)
    return order


def cancel_found(call: Call, order: Order, name: str = "newClientOrderId") -> dict[str, Any]:
    """Cancel an order, if the call's restrictions allow it."""
    client_id = call.parameters.client_id(name) or own_client_id(-order.id)
    allowed = call.parameters.choice(
        "cancelRestrictions", ("ONLY_NEW", "ONLY_PARTIALLY_FILLED"), -1145
    )
    if allowed is not None and f"ONLY_{order.status.value}" != allowed:
        raise ApiError(-2011, "Order was not canceled due to cancel restrictions.")
    if order.list_id >= 0:
        return call.venue.lists.cancel(order.list_id, call.now_ns, client_id)
    call.venue.cancel(order, call.now_ns, client_id)
    return canceled(order, client_id)


def cancel_all(call: Call) -> list[dict[str, Any]]:
    """DELETE openOrders."""
    symbol = call.symbol()
    orders = call.venue.exchange.open_of(call.owner.name, symbol)
    if not orders:
        raise ApiError(-2011)
    answers = []
    for order in orders:
        if not order.is_open:
            continue  # a leg that ended with its list
        client_id = own_client_id(-order.id)
        if order.list_id >= 0:
            answers.append(call.venue.lists.cancel(order.list_id, call.now_ns, client_id))
            continue
        call.venue.cancel(order, call.now_ns, client_id)
        answers.append(canceled(order, client_id))
    return answers


def cancel_replace(call: Call) -> dict[str, Any]:
    """POST order/cancelReplace: a cancel, then a new order, each with its own outcome."""
    parameters = call.parameters
    mode = parameters.choice("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"))
    if mode is None:
        raise mandatory("cancelReplaceMode")
    order = checked_replacement(call)
    cancel_part: dict[str, Any]
    try:
        old = find_open(call, "cancelOrderId", "cancelOrigClientOrderId")
        cancel_part = cancel_found(call, old, "cancelNewClientOrderId")
        cancel_word = "SUCCESS"
    except ApiError as error:
        cancel_part, cancel_word = error.body(), "FAILURE"
    response = parameters.choice("newOrderRespType", RESPONSES)
    new_part: dict[str, Any] | None = None
    new_word = "NOT_ATTEMPTED"
    if cancel_word == "SUCCESS" or mode == "ALLOW_FAILURE":
        try:
            submit(call, order)
            default = "FULL" if order.wire["type"] in ("LIMIT", "MARKET") else "ACK"
            new_part, new_word = ANSWERS[response or default](order), "SUCCESS"
        except ApiError as error:
            new_part, new_word = error.body(), "FAILURE"
    answer = {
        "cancelResult": cancel_word,
        "newOrderResult": new_word,
        "cancelResponse": cancel_part,
        "newOrderResponse": new_part,
    }
    return _replaced(answer)


def _replaced(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer where both worked; else -2022 (all failed) or -2021 (one of two)."""
    words = (answer["cancelResult"], answer["newOrderResult"])
    if words == ("SUCCESS", "SUCCESS"):
        return answer
    if "SUCCESS" in words:
        text = "Order cancel-replace partially failed."
        raise ApiError(-2021, text, status=409, data=answer)
    raise ApiError(-2022, "Order cancel-replace failed.", data=answer)


def checked_replacement(call: Call) -> Order:
    """The new order of a cancel and replace; the one it replaces does not count against it."""
    exchange, symbol = call.venue.exchange, call.symbol()
    order = read_order(call.parameters, call.owner, symbol, exchange.next_order_id())
    check_order(order, exchange.books[symbol], call.venue.average_price(symbol), [])
    return order


def amend(call: Call) -> dict[str, Any]:
    """PUT order/amend/keepPriority: a smaller quantity, the place in the queue kept."""
    try:
        order = find_order(call)
    except ApiError as error:
        if error.code == -2013:
            raise ApiError(-2038, "Order does not exist.") from None
        raise
    quantity = call.parameters.positive("newQty")
    if not order.is_open or order.status is Status.PENDING_NEW:
        raise ApiError(-2038, "Order cannot be amended in its current state.")
    if not order.filled < quantity < order.quantity:
        raise ApiError(
            -2038, "The new quantity must be less than the order's and more than what is filled."
        )
    listing = call.venue.exchange.listing(order.symbol)
    if not listing.on_grid(quantity, listing.lot):
        raise ApiError(-1013, "Filter failure: LOT_SIZE")
    client_id = call.parameters.client_id("newClientOrderId") or own_client_id(call.now_ns)
    call.venue.amend(order, quantity, call.now_ns, client_id)
    amended = {
        key: value
        for key, value in result(order).items()
        if key not in ("transactTime", "origQty", "origQuoteOrderQty", "cummulativeQuoteQty")
    }
    amended |= {
        "origClientOrderId": call.venue.amendments[order.id][-1]["origClientOrderId"],
        "qty": f"{order.quantity:.8f}",
        "preventedQty": "0.00000000",
        "quoteOrderQty": "0.00000000",
        "cumulativeQuoteQty": f"{order.value:.8f}",
    }
    return {
        "transactTime": order.updated_ns // 1_000_000,
        "executionId": call.venue.amendments[order.id][-1]["executionId"],
        "amendedOrder": amended,
    }


def amendments(call: Call) -> list[dict[str, Any]]:
    """GET order/amendments."""
    return call.venue.amendments.get(find_order(call).id, [])


def open_orders(call: Call) -> list[dict[str, Any]]:
    """GET openOrders."""
    symbol = call.parameters.text("symbol")
    if symbol is not None:
        call.listed(symbol)
    return [queried(order) for order in call.venue.exchange.open_of(call.owner.name, symbol)]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """GET allOrders."""
    symbol, parameters = call.symbol(), call.parameters
    rows = [queried(order) for order in call.venue.orders_of(call.owner, symbol)]
    from_id = parameters.optional_integer("orderId")
    if from_id is not None:
        rows = [row for row in rows if row["orderId"] >= from_id]
    return paged(rows, parameters, time_name="time", newest=from_id is None)


def my_trades(call: Call) -> list[dict[str, Any]]:
    """GET myTrades."""
    symbol, parameters = call.symbol(), call.parameters
    order_id, from_id = (parameters.optional_integer(name) for name in ("orderId", "fromId"))
    rows = [
        own_trade(order, fill)
        for order in call.venue.orders_of(call.owner, symbol)
        if order_id in (None, order.id)
        for fill in order.fills
        if not fill.is_busted and not order.wire.get("usedSor")
    ]
    rows.sort(key=lambda row: row["id"])
    if from_id is not None:
        rows = [row for row in rows if row["id"] >= from_id]
    return paged(rows, parameters, time_name="time", newest=from_id is None)


def paged(
    rows: list[dict[str, Any]], parameters: Parameters, *, time_name: str, newest: bool
) -> list[dict[str, Any]]:
    """Rows of a range: none gives the newest, a start the oldest from it; always ascending."""
    start, end = (parameters.optional_integer(name) for name in ("startTime", "endTime"))
    limit = limit_of(parameters)
    if start is not None:
        rows = [row for row in rows if row[time_name] >= start]
    if end is not None:
        rows = [row for row in rows if row[time_name] <= end]
    return rows[-limit:] if newest and start is None else rows[:limit]


def limit_of(parameters: Parameters, default: int = LIMIT_DEFAULT, highest: int = LIMIT_MAX) -> int:
    """How many rows are wanted; more than the highest are cut to it."""
    limit = parameters.integer("limit", default)
    if limit < 1:
        raise ApiError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, highest)
