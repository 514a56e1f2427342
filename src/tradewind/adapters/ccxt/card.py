"""The capability card of a ccxt venue, from what ccxt says that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS = {
    "createOrder": "orders",
    "createMarketOrder": "market orders",
    "createPostOnlyOrder": "POST_ONLY",
    "cancelOrder": "cancel",
    "cancelAllOrders": "cancel all",
    "fetchOrder": "ask for an order",
    "fetchOpenOrders": "open orders",
    "fetchClosedOrders": "closed orders",
    "fetchMyTrades": "executions",
    "fetchBalance": "balances",
    "fetchOHLCV": "bars",
    "fetchTrades": "trades",
    "fetchOrderBook": "books",
    "watchTrades": "stream of trades",
    "watchOrderBook": "stream of books",
    "watchOrders": "stream of orders",
}
"""What we use, by ccxt's name of it."""

NEEDED_TO_TRADE = (
    "createOrder", "cancelOrder", "fetchOpenOrders", "fetchMyTrades", "fetchBalance",
)  # fmt: skip


def card(has: Mapping[str, Any]) -> dict[str, str]:
    """`yes`, `no` or `emulated` for each thing that we use.

    >>> card({"createOrder": True, "watchTrades": "emulated"})["stream of trades"]
    'emulated'
    """
    shown = {True: "yes", "emulated": "emulated"}
    return {word: shown.get(has.get(name), "no") for name, word in WORDS.items()}


def missing_to_trade(has: Mapping[str, Any]) -> list[str]:
    """What a venue lacks for orders to be safe there: to be found again above all.

    >>> missing_to_trade({"createOrder": True, "cancelOrder": True, "fetchBalance": True})
    ['open orders', 'executions', 'ask for an order']
    """
    missing = [WORDS[name] for name in NEEDED_TO_TRADE if has.get(name) is not True]
    asks = has.get("fetchOrder") is True or has.get("fetchClosedOrders") is True
    return missing if asks else [*missing, "ask for an order"]
