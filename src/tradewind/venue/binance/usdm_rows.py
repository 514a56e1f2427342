"""Futures orders, fills, positions and account events as rows of the venue's JSON."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from tradewind.venue.accounts import Account
from tradewind.venue.binance.user_events import EXECUTION_TYPES
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import OrderEvent
from tradewind.venue.listing import Listing
from tradewind.venue.margin import MarginClearing, Position
from tradewind.venue.orders import BUY, ZERO, Fill, Order

EIGHT = Decimal("0.00000001")


def on_step(number: Decimal, step: Decimal) -> str:
    """A number with as many decimals as its step has.

    >>> on_step(Decimal(5), Decimal("0.001")), on_step(Decimal("30000.1"), Decimal("0.10"))
    ('5.000', '30000.10')
    """
    return f"{number.quantize(step, ROUND_DOWN):f}"


def money(number: Decimal) -> str:
    """Money with eight decimals, negative too."""
    return f"{number.quantize(EIGHT, ROUND_DOWN):f}"


def order_row(order: Order, listing: Listing) -> dict[str, Any]:
    """An order as the answers and queries show it."""
    mean = order.value / order.filled if order.filled else ZERO
    row: dict[str, Any] = {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": on_step(order.price or ZERO, listing.tick),
        "avgPrice": on_step(mean, listing.tick),
        "origQty": on_step(order.quantity, listing.lot),
        "executedQty": on_step(order.filled, listing.lot),
        "cumQty": on_step(order.filled, listing.lot),
        "cumQuote": money(order.value),
        "timeInForce": order.wire["timeInForce"],
        "type": order.wire["type"],
        "reduceOnly": order.is_reduce_only,
        "closePosition": order.wire["closePosition"],
        "side": "BUY" if order.side == BUY else "SELL",
        "positionSide": order.position_side,
        "stopPrice": on_step(order.stop_price or ZERO, listing.tick),
        "workingType": order.wire["workingType"],
        "priceProtect": order.wire["priceProtect"],
        "origType": order.wire["type"],
        "priceMatch": "NONE",
        "selfTradePreventionMode": order.self_trade,
        "goodTillDate": order.wire["goodTillDate"],
        "time": milliseconds(order.created_ns),
        "updateTime": milliseconds(order.updated_ns),
    }
    if order.trailing_share is not None:
        row["activatePrice"] = on_step(order.stop_price or ZERO, listing.tick)
        row["priceRate"] = f"{(order.trailing_share * 100).normalize():f}"
    return row


def fill_row(order: Order, fill: Fill, listing: Listing) -> dict[str, Any]:
    """A fill as userTrades shows it."""
    return {
        "symbol": order.symbol,
        "id": fill.trade_id,
        "orderId": order.id,
        "side": "BUY" if order.side == BUY else "SELL",
        "price": on_step(fill.price, listing.tick),
        "qty": on_step(fill.quantity, listing.lot),
        "realizedPnl": money(fill.profit),
        "quoteQty": money(fill.value),
        "commission": money(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": milliseconds(fill.time_ns),
        "positionSide": order.position_side,
        "buyer": order.side == BUY,
        "maker": fill.is_maker,
    }


def order_update(event: OrderEvent, listing: Listing, now_ms: int) -> dict[str, Any]:
    """The payload: {"e":"ORDER_TRADE_UPDATE","E":1568879465651,"T":1568879465650,
    "o":{"s":"BTCUSDT","c":"TEST","S":"SELL","o":"LIMIT","f":"GTC","q":"0.001","x":"NEW",...}}
    """
    order, fill = event.order, event.fill
    mean = order.value / order.filled if order.filled else ZERO
    body: dict[str, Any] = {
        "s": order.symbol,
        "c": order.client_id,
        "S": "BUY" if order.side == BUY else "SELL",
        "o": order.wire["type"],
        "f": order.wire["timeInForce"],
        "q": on_step(order.quantity, listing.lot),
        "p": on_step(order.price or ZERO, listing.tick),
        "ap": on_step(mean, listing.tick),
        "sp": on_step(order.stop_price or ZERO, listing.tick),
        "x": "AMENDMENT" if event.what == "REPLACED" else EXECUTION_TYPES[event.what],
        "X": order.status.value,
        "i": order.id,
        "l": on_step(fill.quantity if fill else ZERO, listing.lot),
        "z": on_step(order.filled, listing.lot),
        "L": on_step(fill.price if fill else ZERO, listing.tick),
        "T": milliseconds(event.time_ns),
        "t": fill.trade_id if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.is_maker),
        "R": order.is_reduce_only,
        "wt": order.wire["workingType"],
        "ot": order.wire["type"],
        "ps": order.position_side,
        "cp": order.wire["closePosition"],
        "rp": money(fill.profit if fill else ZERO),
        "pP": order.wire["priceProtect"],
        "si": 0,
        "ss": 0,
        "V": order.self_trade,
        "pm": "NONE",
        "gtd": order.wire["goodTillDate"],
        "er": "0",
    }
    if fill is not None:
        body |= {"N": fill.fee_asset, "n": money(fill.fee)}
    if order.trailing_share is not None:
        body |= {
            "AP": on_step(order.stop_price or ZERO, listing.tick),
            "cr": f"{(order.trailing_share * 100).normalize():f}",
        }
    return {
        "e": "ORDER_TRADE_UPDATE",
        "E": now_ms,
        "T": milliseconds(event.time_ns),
        "o": body,
    }


def account_update(
    account: Account,
    clearing: MarginClearing,
    positions: list[Position],
    reason: str,
    *,
    time_ms: int,
    now_ms: int,
) -> dict[str, Any]:
    """The payload: {"e":"ACCOUNT_UPDATE","E":1564745798939,"T":1564745798938,"a":{"m":"ORDER",
    "B":[{"a":"USDT","wb":"122624.12","cw":"100.12","bc":"50.12"}],"P":[{"s":"BTCUSDT",...}]}}
    """
    wallet = money(account.balance(clearing.asset).total)
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": time_ms,
        "a": {
            "m": reason,
            "B": [{"a": clearing.asset, "wb": wallet, "cw": wallet, "bc": "0"}],
            "P": [
                {
                    "s": each.symbol,
                    "pa": f"{each.quantity:f}",
                    "ep": money(each.entry_price),
                    "bep": money(each.entry_price),
                    "cr": money(each.realised),
                    "up": money(each.profit_at(clearing.mark(each.symbol))),
                    "mt": "cross",
                    "iw": "0",
                    "ps": each.side,
                    "ma": clearing.asset,
                }
                for each in positions
            ],
        },
    }


def position_row(
    position: Position, clearing: MarginClearing, listing: Listing, leverage: int
) -> dict[str, Any]:
    """A position as positionRisk shows it."""
    mark = clearing.mark(position.symbol)
    notional = position.quantity * mark
    return {
        "symbol": position.symbol,
        "positionAmt": on_step(position.quantity, listing.lot),
        "entryPrice": money(position.entry_price),
        "breakEvenPrice": money(position.entry_price),
        "markPrice": money(mark),
        "unRealizedProfit": money(position.profit_at(mark)),
        "liquidationPrice": "0",
        "leverage": str(leverage),
        "maxNotionalValue": "100000000",
        "marginType": "cross",
        "isolatedMargin": "0.00000000",
        "isAutoAddMargin": "false",
        "positionSide": position.side,
        "notional": money(notional),
        "isolatedWallet": "0",
        "marginAsset": clearing.asset,
        "initialMargin": money(abs(notional) / leverage),
        "maintMargin": money(abs(notional) / 200),
        "positionInitialMargin": money(abs(notional) / leverage),
        "openOrderInitialMargin": "0",
        "adl": 0,
        "updateTime": milliseconds(position.updated_ns),
    }
