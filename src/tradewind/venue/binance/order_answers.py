"""Orders and fills as Binance's answers show them."""

from __future__ import annotations

from typing import Any

from tradewind.venue.binance.numbers import ZERO_TEXT, text8
from tradewind.venue.chaos import milliseconds
from tradewind.venue.orders import BUY, ZERO, Fill, Order


def acknowledged(order: Order) -> dict[str, Any]:
    """The answer to newOrderRespType=ACK."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": milliseconds(order.updated_ns),
    }


def result(order: Order) -> dict[str, Any]:
    """The answer to newOrderRespType=RESULT."""
    return {**acknowledged(order), **_state(order), **_working(order), **_conditional(order)}


def full(order: Order) -> dict[str, Any]:
    """The answer to newOrderRespType=FULL: with the fills so far."""
    fills = [fill_of_answer(fill) for fill in order.fills]
    if order.wire.get("usedSor"):
        fills = [_routed(fill, number) for number, fill in enumerate(fills)]
    return {**result(order), "fills": fills}


def _routed(fill: dict[str, Any], number: int) -> dict[str, Any]:
    """A fill of smart order routing: an allocation instead of a trade."""
    return {
        **fill,
        "matchType": "ONE_PARTY_TRADE_REPORT",
        "tradeId": -1,
        "allocId": number,
    }


def allocation(order: Order, fill: Fill) -> dict[str, Any]:
    """A fill of smart order routing as myAllocations shows it."""
    row = own_trade(order, fill)
    for name in ("id", "isBestMatch"):
        del row[name]
    return {
        **row,
        "allocationId": order.fills.index(fill),
        "allocationType": "SOR",
        "isAllocator": False,
    }


ANSWERS = {"ACK": acknowledged, "RESULT": result, "FULL": full}


def canceled(order: Order, client_id: str) -> dict[str, Any]:
    """The answer to a cancel, whose own client id takes the place of the order's."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": client_id,
        "transactTime": milliseconds(order.updated_ns),
        **_state(order),
        **_conditional(order),
    }


def queried(order: Order) -> dict[str, Any]:
    """An order as the queries show it."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        **_state(order),
        "stopPrice": text8(order.stop_price or ZERO),
        "icebergQty": text8(order.visible or ZERO),
        "time": milliseconds(order.created_ns),
        "updateTime": milliseconds(order.updated_ns),
        "isWorking": not order.is_held,
        **_working(order),
        **{name: value for name, value in _conditional(order).items() if name != "stopPrice"},
    }


def fill_of_answer(fill: Fill) -> dict[str, Any]:
    """A fill in the answer to a new order."""
    return {
        "price": text8(fill.price),
        "qty": text8(fill.quantity),
        "commission": text8(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": fill.trade_id,
    }


def own_trade(order: Order, fill: Fill) -> dict[str, Any]:
    """A fill as myTrades shows it."""
    return {
        "symbol": order.symbol,
        "id": fill.trade_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "price": text8(fill.price),
        "qty": text8(fill.quantity),
        "quoteQty": text8(fill.value),
        "commission": text8(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": milliseconds(fill.time_ns),
        "isBuyer": order.side == BUY,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def _state(order: Order) -> dict[str, Any]:
    return {
        "price": text8(order.price or ZERO),
        "origQty": text8(order.quantity),
        "executedQty": text8(order.filled),
        "origQuoteOrderQty": text8(order.quote_quantity or ZERO),
        "cummulativeQuoteQty": text8(order.value) if order.value else ZERO_TEXT,
        "status": order.status.value,
        "timeInForce": order.lifetime.value,
        "type": order.wire["type"],
        "side": "BUY" if order.side == BUY else "SELL",
        "selfTradePreventionMode": order.self_trade,
    }


def _working(order: Order) -> dict[str, Any]:
    """When it began to work: -1 while it waits for another leg or its stop price."""
    return {"workingTime": milliseconds(order.working_ns) if order.working_ns else -1}


def _conditional(order: Order) -> dict[str, Any]:
    """What only some orders have."""
    found: dict[str, Any] = {}
    if order.stop_price is not None:
        found["stopPrice"] = text8(order.stop_price)
    if order.trailing_share is not None:
        found["trailingDelta"] = int(order.trailing_share * 10_000)
        found["trailingTime"] = milliseconds(order.created_ns)
    if order.visible is not None:
        found["icebergQty"] = text8(order.visible)
    for name in ("strategyId", "strategyType", "usedSor", "workingFloor"):
        if name in order.wire:
            found[name] = order.wire[name]
    return found
