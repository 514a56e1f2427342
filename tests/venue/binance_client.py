"""A small client of Binance's protocol for the tests, written from its documents alone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tradewind.venue.binance.markets import SPOT
from tradewind.venue.binance.spot import BinanceSpot
from tradewind.venue.binance.venue import BinanceVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.faults import Faults
from tradewind.venue.market_source import StillMarket
from tradewind.venue.server import VenueServer

DEADLINE_S = 60.0
Answer = tuple[int, Any]


class Client:
    """Signed and plain calls of one account over one server."""

    def __init__(self, server: VenueServer, http: aiohttp.ClientSession, account: str) -> None:
        self.server = server
        self.http = http
        assert isinstance(server.protocol, BinanceVenue)
        self.venue = server.protocol
        self.key = self.venue.key_of_account(account)
        self.headers: dict[str, str] = {}

    async def public(self, path: str, **parameters: object) -> Answer:
        """A call without a key."""
        return await self._call("GET", path, urlencode(parameters), {})

    async def signed(self, method: str, path: str, **parameters: object) -> Answer:
        """A call with key and HMAC signature, all in the query."""
        parameters = {"timestamp": time.time_ns() // 1_000_000, **parameters}
        query = urlencode(parameters)
        query += "&signature=" + self.sign(query)
        return await self._call(method, path, query, {"X-MBX-APIKEY": self.key.key})

    def sign(self, payload: str) -> str:
        """HMAC-SHA256 of a payload."""
        return hmac.new(self.key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    async def _call(self, method: str, path: str, query: str, headers: dict[str, str]) -> Answer:
        url = f"{self.server.url}{path}?{query}"
        async with self.http.request(method, url, headers=headers) as response:
            self.headers = dict(response.headers)
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    async def order(self, **parameters: object) -> Answer:
        """POST /api/v3/order on BTCUSDT."""
        return await self.signed("POST", "/api/v3/order", **{"symbol": "BTCUSDT", **parameters})

    async def limit(self, side: str, quantity: str, price: str, **more: object) -> Answer:
        """A limit order that works until canceled."""
        named = {"side": side, "type": "LIMIT", "quantity": quantity, "price": price}
        return await self.order(**{**named, "timeInForce": "GTC", **more})

    async def balances(self) -> dict[str, tuple[str, str]]:
        """Free and locked by asset."""
        _, account = await self.signed("GET", "/api/v3/account")
        return {row["asset"]: (row["free"], row["locked"]) for row in account["balances"]}

    @contextlib.asynccontextmanager
    async def events(self) -> AsyncIterator[Events]:
        """The account's events over the WebSocket API."""
        async with self.http.ws_connect(f"{self.server.ws_url}/ws-api/v3") as socket:
            events = Events(socket)
            parameters = {"apiKey": self.key.key, "timestamp": time.time_ns() // 1_000_000}
            payload = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
            parameters["signature"] = self.sign(payload)
            await events.call("userDataStream.subscribe.signature", parameters)
            yield events


class Events:
    """Frames of a socket, one at a time, none waited for longer than the deadline."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._earlier: list[Any] = []

    async def call(self, method: str, parameters: dict[str, Any]) -> Any:
        """A call of the WebSocket API; events that come before its answer are kept."""
        await self.socket.send_json({"id": "call", "method": method, "params": parameters})
        while True:
            frame = json.loads(await self.socket.receive_str(timeout=DEADLINE_S))
            if frame.get("id") == "call":
                return frame
            self._earlier.append(frame)

    async def next(self, kind: str = "executionReport") -> Any:
        """The next event of a kind."""
        while True:
            frame = self._earlier.pop(0) if self._earlier else None
            if frame is None:
                frame = json.loads(await self.socket.receive_str(timeout=DEADLINE_S))
            if frame.get("event", {}).get("e") == kind:
                return frame["event"]


@contextlib.asynccontextmanager
async def local_binance(faults: Faults | None = None) -> AsyncIterator[Client]:
    """A venue with a still market, and a client of its account `demo`."""
    chaos = Chaos(faults or Faults())
    protocol = BinanceSpot(chaos, market=StillMarket(SPOT))
    async with VenueServer(protocol) as server, aiohttp.ClientSession() as http:
        yield Client(server, http, "demo")


def run(scenario: Any) -> None:
    """Run a scenario, which takes a client, against a venue of its own."""

    async def within() -> None:
        async with local_binance() as client:
            await asyncio.wait_for(scenario(client), 2 * DEADLINE_S)

    asyncio.run(within())
