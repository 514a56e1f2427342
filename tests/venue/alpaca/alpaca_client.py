"""A small client of Alpaca's protocol for the tests, written from its documents alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp

from tradewind.venue.alpaca.venue import AlpacaVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock
from tradewind.venue.equities.times import parse_time
from tradewind.venue.events import PublicTrade
from tradewind.venue.faults import Faults
from tradewind.venue.server import VenueServer

DEADLINE_S = 60.0
FRIDAY_MORNING = "2026-11-20T10:30:00-05:00"
Answer = tuple[int, Any]


class HandClock:
    """A clock that stands still until it is set; a tick of the server sees the new time."""

    def __init__(self, text: str) -> None:
        self.now_ns = parse_time(text)

    def __call__(self) -> int:
        return self.now_ns


class Client:
    """One account's calls."""

    def __init__(
        self, server: VenueServer, http: aiohttp.ClientSession, account: str, clock: HandClock
    ) -> None:
        self.server = server
        self.http = http
        self.clock = clock
        assert isinstance(server.protocol, AlpacaVenue)
        self.venue = server.protocol
        self.customer = self.venue.desk.broker.customers[account]
        self.headers: dict[str, str] = {}

    def second(self, account: str) -> Client:
        """Another account over the same server."""
        return Client(self.server, self.http, account, self.clock)

    async def call(
        self, method: str, path: str, body: object = None, **parameters: object
    ) -> Answer:
        """A call; the answer's status and JSON."""
        query = {name: str(value) for name, value in parameters.items()}
        keys = {"APCA-API-KEY-ID": self.customer.key, "APCA-API-SECRET-KEY": self.customer.secret}
        async with self.http.request(
            method, self.server.url + path, params=query, headers=keys, json=body
        ) as response:
            self.headers = dict(response.headers)
            raw = await response.read()
            return response.status, json.loads(raw) if raw else None

    async def get(self, path: str, **parameters: object) -> Any:
        """The JSON of a GET that is granted."""
        status, answer = await self.call("GET", path, **parameters)
        assert status == 200, answer
        return answer

    async def order(self, **body: object) -> Answer:
        """POST /v2/orders: by default a market order for one share of AAPL."""
        defaults = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day"}
        if "notional" not in body:
            defaults["qty"] = "1"
        return await self.call("POST", "/v2/orders", {**defaults, **body})

    async def limit(self, side: str, quantity: object, price: object, **more: object) -> Any:
        """A limit order that is taken."""
        body = {"type": "limit", "side": side, "qty": quantity, "limit_price": price, **more}
        status, answer = await self.order(**body)
        assert status == 200, answer
        return answer

    async def state(self, order: dict[str, Any]) -> str:
        """An order's status now."""
        return str((await self.get(f"/v2/orders/{order['id']}"))["status"])

    async def until(self, text: str) -> None:
        """Set the clock, and wait until the server has seen it."""
        self.clock.now_ns = parse_time(text)
        await self.ticks()

    async def ticks(self) -> None:
        """Wait for two ticks of the server."""
        await asyncio.sleep(0.03)

    async def trade_at(
        self, price: str, *, taker: str = "sell", symbol: str = "AAPL", size: int = 1000
    ) -> None:
        """The market trades at a price; a taker of that side meets what rests."""
        now_ns = self.clock.now_ns
        is_sold = taker == "sell"
        trade = PublicTrade(
            0, symbol, Decimal(price), Decimal(size), now_ns, is_buyer_maker=is_sold
        )
        self.venue.exchange.on_trade(trade)
        self.venue.desk.broker.turn(now_ns)

    async def deposit(self, amount: str) -> None:
        """The operator gives the account dollars, or takes them away."""
        body = {"account": self.customer.name, "asset": "USD", "amount": amount}
        await self.call("POST", "/admin/deposit", body)

    @contextlib.asynccontextmanager
    async def updates(self) -> AsyncIterator[Updates]:
        """The account stream, logged in and listening."""
        async with self.http.ws_connect(f"{self.server.ws_url}/stream") as socket:
            updates = Updates(socket)
            keys = {"key_id": self.customer.key, "secret_key": self.customer.secret}
            await socket.send_json({"action": "authenticate", "data": keys})
            answer = await updates.message()
            assert answer["data"]["status"] == "authorized", answer
            streams = {"streams": ["trade_updates"]}
            await socket.send_json({"action": "listen", "data": streams})
            assert (await updates.message())["data"] == streams
            yield updates


class Updates:
    """Messages of the account stream."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def message(self) -> dict[str, Any]:
        """The next message: JSON in a binary frame."""
        message = await self.socket.receive(DEADLINE_S)
        assert message.type is aiohttp.WSMsgType.BINARY, message
        found: dict[str, Any] = json.loads(message.data)
        return found

    async def next(self) -> dict[str, Any]:
        """The next news of an order."""
        message = await self.message()
        assert message["stream"] == "trade_updates", message
        found: dict[str, Any] = message["data"]
        return found

    async def events(self, count: int) -> list[str]:
        """The events of the next news."""
        return [(await self.next())["event"] for _ in range(count)]


Scenario = Callable[[Client], Awaitable[None]]


def run(
    scenario: Scenario, *, clock: str = FRIDAY_MORNING, account: str = "demo", **options: Any
) -> None:
    """Serve a venue whose market stands still, and play a scenario as one of its accounts."""

    async def play() -> None:
        hands = HandClock(clock)
        faults = Faults(seed=7)
        venue = AlpacaVenue(Chaos(faults, VenueClock(faults, hands)), still=True, **options)
        async with VenueServer(venue) as server, aiohttp.ClientSession() as http:
            await asyncio.wait_for(scenario(Client(server, http, account, hands)), DEADLINE_S)

    asyncio.run(play())
