"""Events of an account: execution reports, balances, as the user data stream sends them."""

from __future__ import annotations

from typing import Any

from tradewind.venue.accounts import Account
from tradewind.venue.binance.numbers import ZERO_TEXT, text8
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import Happened, OrderEvent
from tradewind.venue.orders import BUY, ZERO

EXECUTION_TYPES: dict[Happened, str] = {
    Happened.NEW: "NEW",
    Happened.TRIGGERED: "NEW",
    Happened.TRADE: "TRADE",
    Happened.REPLACED: "REPLACED",
    Happened.CANCELED: "CANCELED",
    Happened.EXPIRED: "EXPIRED",
}
"""A bust has no execution report at Binance: balances change, and the trade is gone."""


def execution_report(event: OrderEvent, now_ms: int) -> dict[str, Any]:
    """The payload, shortened: {"e": "executionReport", "s": "ETHBTC", "c": "mUvoqJ...",
    "x": "NEW", "X": "NEW", "i": 4293153, "l": "0.00000000", "z": "0.00000000", ...}
    """
    order, fill = event.order, event.fill
    renames = event.what in (Happened.CANCELED, Happened.REPLACED) and event.client_id
    report: dict[str, Any] = {
        "e": "executionReport",
        "E": now_ms,
        "s": order.symbol,
        "c": event.client_id if renames else order.client_id,
        "S": "BUY" if order.side == BUY else "SELL",
        "o": order.wire["type"],
        "f": order.lifetime.value,
        "q": text8(order.quantity),
        "p": text8(order.price or ZERO),
        "P": text8(order.stop_price or ZERO),
        "F": text8(order.visible or ZERO),
        "g": order.list_id,
        "C": order.client_id if renames else "",
        "x": EXECUTION_TYPES[event.what],
        "X": order.status.value,
        "r": "NONE",
        "i": order.id,
        "l": ZERO_TEXT if fill is None else text8(fill.quantity),
        "z": text8(order.filled),
        "L": ZERO_TEXT if fill is None else text8(fill.price),
        "n": "0" if fill is None else text8(fill.fee),
        "N": None if fill is None else fill.fee_asset,
        "T": milliseconds(event.time_ns),
        "t": -1 if fill is None else fill.trade_id,
        "I": event.execution_id,
        "w": order.is_open and not order.is_held,
        "m": fill is not None and fill.is_maker,
        "M": fill is not None,
        "O": milliseconds(order.created_ns),
        "Z": text8(order.value),
        "Y": ZERO_TEXT if fill is None else text8(fill.value),
        "Q": text8(order.quote_quantity or ZERO),
        "V": order.self_trade,
    }
    if order.working_ns:
        report["W"] = milliseconds(order.working_ns)
    if order.trailing_share is not None:
        report["d"] = int(order.trailing_share * 10_000)
        report["D"] = milliseconds(order.created_ns)
    if order.wire.get("usedSor"):
        report |= {"k": "SOR", "uS": True}
        if fill is not None:
            number = order.fills.index(fill)
            report |= {"t": -1, "b": "ONE_PARTY_TRADE_REPORT", "a": number}
    for name, letter in (("strategyId", "j"), ("strategyType", "J")):
        if name in order.wire:
            report[letter] = order.wire[name]
    return report


def account_position(
    account: Account, assets: tuple[str, ...], time_ns: int, now_ms: int
) -> dict[str, Any]:
    """The payload: {"e": "outboundAccountPosition", "E": 1564034571105, "u": 1564034571073,
    "B": [{"a": "ETH", "f": "10000.000000", "l": "0.000000"}]}
    """
    balances = [(asset, account.balance(asset)) for asset in assets]
    return {
        "e": "outboundAccountPosition",
        "E": now_ms,
        "u": milliseconds(time_ns),
        "B": [
            {"a": asset, "f": text8(balance.free), "l": text8(balance.locked)}
            for asset, balance in balances
        ],
    }
