"""A small client of Massive's protocol for the tests, written from its documents alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.venue.alpaca.alpaca_client import DEADLINE_S, FRIDAY_MORNING, HandClock
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock
from tradewind.venue.faults import Faults
from tradewind.venue.massive.venue import MassiveVenue
from tradewind.venue.server import VenueServer

Answer = tuple[int, Any]


class Client:
    """Calls with the key of one account."""

    def __init__(self, server: VenueServer, http: aiohttp.ClientSession, clock: HandClock) -> None:
        self.server = server
        self.http = http
        self.clock = clock
        assert isinstance(server.protocol, MassiveVenue)
        self.venue = server.protocol
        self.keys = {key.name: key.key for key in self.venue.desk.keys.values()}

    async def call(self, path: str, account: str = "demo", **parameters: object) -> Answer:
        """A call with a Bearer key; the answer's status and JSON."""
        query = {name.replace("__", "."): str(value) for name, value in parameters.items()}
        headers = {"Authorization": f"Bearer {self.keys[account]}"}
        url = path if path.startswith("http") else self.server.url + path
        async with self.http.get(url, params=query, headers=headers) as response:
            return response.status, json.loads(await response.read())

    async def get(self, path: str, **parameters: object) -> Any:
        """The JSON of a call that is granted."""
        status, answer = await self.call(path, **parameters)
        assert status == 200, answer
        return answer

    async def pages(self, path: str, **parameters: object) -> list[list[Any]]:
        """The results of every page, by following next_url."""
        answer = await self.get(path, **parameters)
        found = [answer.get("results", [])]
        while "next_url" in answer:
            answer = await self.get(answer["next_url"])
            found.append(answer["results"])
        return found

    def socket(self, market: str) -> Any:
        """A connection to a market's stream."""
        return self.http.ws_connect(f"{self.server.ws_url}/{market}")


async def received(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """The next message."""
    message = await socket.receive(DEADLINE_S)
    assert message.type is aiohttp.WSMsgType.TEXT, message
    found: list[dict[str, Any]] = json.loads(message.data)
    return found


def run(scenario: Callable[[Client], Awaitable[None]], *, clock: str = FRIDAY_MORNING) -> None:
    """Serve a venue whose market stands still, and play a scenario."""

    async def play() -> None:
        hands, faults = HandClock(clock), Faults(seed=7)
        venue = MassiveVenue(Chaos(faults, VenueClock(faults, hands)), still=True)
        async with VenueServer(venue) as server, aiohttp.ClientSession() as http:
            await asyncio.wait_for(scenario(Client(server, http, hands)), DEADLINE_S)

    asyncio.run(play())
