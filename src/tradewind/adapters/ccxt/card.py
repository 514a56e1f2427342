"""The capability cards: of ccxt as a whole, and of one venue from what ccxt says that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.adapters.ccxt.lookup import BY_OUR_ID
from tradewind.adapters.ccxt.orders import TIMES_IN_FORCE, TYPES
from tradewind.ports.venue_card import VenueCard

SILENCE_S = 60.0
"""Most venues have no receive window; what they did not take by then is not on its way."""

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


def ccxt_card() -> VenueCard:
    """What the adapter can at any of its venues; `card` says more of one.

    >>> ccxt_card().order_types
    {'MARKET': 'market', 'LIMIT': 'limit'}
    """
    return VenueCard(
        venue="CCXT",
        title="A hundred spot venues through ccxt",
        data=("trades", "quotes"),
        history=("bars of the venue's timeframes",),
        order_types={ours.name: theirs for ours, theirs in TYPES.items()},
        times_in_force={ours.name: theirs for ours, theirs in TIMES_IN_FORCE.items()},
        flags={"POST_ONLY": "postOnly"},
        amend="none: ccxt's cancels and places anew",
        beyond=(),
        keys=("key and secret, as ccxt signs with them",),
        limits=("ccxt's own count",),
        unknown=(
            "time-outs, failures of network or server, errors that ccxt has no name for; it may "
            f"arrive for {SILENCE_S:g} s"
        ),
        quality=(
            (
                f"traded live at {', '.join(sorted(BY_OUR_ID))} only, where the suite of "
                "trading passes at a local venue; the others run on paper"
            ),
            "an order that is not on a page of orders is never taken for one that was not sent",
            "numbers are exact, but for streamed books, which ccxt makes of floats",
        ),
        not_tried=(
            "every venue of ccxt but the local Binance",
            "derivatives, margin, amendments",
        ),
    )
