"""Hosts and paths: where Binance's spot and USD-M services are, and what they call things."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.adapters.binance.instruments import SPOT_VENUE, USDM_VENUE
from tradewind.adapters.net.budget import Window
from tradewind.adapters.net.socket import SILENCE_S

MarketKind = Literal["spot", "usdm"]


class Hosts(msgspec.Struct, frozen=True):
    """Addresses of one environment, without a slash at the end; `ws_api` is "" where none is.

    A connection that nothing comes on for `silence_s` is made anew.
    """

    rest: str
    streams: str
    ws_api: str = ""
    silence_s: float = SILENCE_S


HOSTS: dict[tuple[MarketKind, str], Hosts] = {
    ("spot", "live"): Hosts(
        "https://api.binance.com",
        "wss://stream.binance.com:9443",
        "wss://ws-api.binance.com:443/ws-api/v3",
    ),
    ("spot", "testnet"): Hosts(
        "https://testnet.binance.vision",
        "wss://stream.testnet.binance.vision",
        "wss://ws-api.testnet.binance.vision/ws-api/v3",
    ),
    ("spot", "demo"): Hosts(
        "https://demo-api.binance.com",
        "wss://demo-stream.binance.com",
        "wss://demo-ws-api.binance.com/ws-api/v3",
    ),
    ("usdm", "live"): Hosts("https://fapi.binance.com", "wss://fstream.binance.com"),
    ("usdm", "testnet"): Hosts(
        "https://testnet.binancefuture.com", "wss://stream.binancefuture.com"
    ),
    ("usdm", "demo"): Hosts("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com"),
}
"""By market and environment. Any other host, such as a local venue, is given by settings."""


def local_hosts(address: str) -> Hosts:
    """The hosts of a venue that serves everything on one port of one address.

    >>> local_hosts("127.0.0.1:8090").ws_api
    'ws://127.0.0.1:8090/ws-api/v3'
    """
    return Hosts(f"http://{address}", f"ws://{address}", f"ws://{address}/ws-api/v3")


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One of Binance's markets: its venue name, its paths, what calls weigh, its limits."""

    kind: MarketKind
    venue: str
    public: str
    account: str
    balances: str
    own_trades: str
    cancel_all: str
    income: str
    windows: tuple[Window, ...]
    weights: dict[str, int]
    depth_weights: tuple[tuple[int, int], ...]
    trades_per_page: int = 1000
    bars_per_page: int = 1000

    def path(self, name: str) -> str:
        """The path of a call that both markets name alike."""
        return f"{self.public}/{name}"

    def depth_weight(self, limit: int) -> int:
        """What a depth request of so many levels weighs."""
        return next(weight for most, weight in self.depth_weights if limit <= most)


SPOT = Service(
    kind="spot",
    venue=SPOT_VENUE,
    public="/api/v3",
    account="/api/v3/account",
    balances="/api/v3/account",
    own_trades="/api/v3/myTrades",
    cancel_all="/api/v3/openOrders",
    income="",
    windows=(
        Window("weight", 60, 6000),
        Window("requests", 300, 61_000),
        Window("orders", 10, 100),
        Window("orders", 86_400, 200_000),
    ),
    weights={
        "time": 1,
        "exchangeInfo": 20,
        "aggTrades": 4,
        "klines": 2,
        "order": 1,
        "query": 4,
        "amend": 4,
        "openOrders": 80,
        "account": 20,
        "ownTrades": 20,
        "ownTradesOfOrder": 5,
    },
    depth_weights=((100, 5), (500, 25), (1000, 50), (5000, 250)),
)

USDM = Service(
    kind="usdm",
    venue=USDM_VENUE,
    public="/fapi/v1",
    account="/fapi/v2/account",
    balances="/fapi/v2/balance",
    own_trades="/fapi/v1/userTrades",
    cancel_all="/fapi/v1/allOpenOrders",
    income="/fapi/v1/income",
    windows=(
        Window("weight", 60, 2400),
        Window("orders", 10, 300),
        Window("orders", 60, 1200),
    ),
    weights={
        "time": 1,
        "exchangeInfo": 1,
        "aggTrades": 20,
        "klines": 5,
        "order": 1,
        "query": 1,
        "amend": 1,
        "openOrders": 40,
        "account": 5,
        "ownTrades": 5,
        "ownTradesOfOrder": 5,
        "income": 30,
        "countdown": 10,
    },
    depth_weights=((50, 2), (100, 5), (500, 10), (1000, 20)),
)
"""USD-M; its paths and weights of orders are from general knowledge, not from its documents."""

SERVICES: dict[MarketKind, Service] = {"spot": SPOT, "usdm": USDM}
