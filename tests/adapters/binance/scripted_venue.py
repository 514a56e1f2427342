"""A scripted Binance on loopback: answers what a test says, keeps what it was asked.

For what the local venue would never do; where it can play a case, the suites use that one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import WSMsgType, web

from tests.adapters.net.loopback import served
from tradewind.adapters.binance.hosts import Hosts, local_hosts

Answer = tuple[int, Any] | Callable[[dict[str, str]], tuple[int, Any]]

ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "orderListId": -1,
    "clientOrderId": "j0-cross-1",
    "transactTime": 1507725176595,
    "price": "60000.00000000",
    "origQty": "0.00300000",
    "executedQty": "0.00000000",
    "status": "NEW",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "BUY",
}


class ScriptedVenue:
    """Answers by `METHOD path`; the last answer of a list stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.keys: list[str] = []
        self.socket_requests: list[dict[str, Any]] = []
        self.subscribe_answer: dict[str, Any] = {"status": 200, "result": {"subscriptionId": 0}}
        self.sockets: list[web.WebSocketResponse] = []
        self.frames_on_open: list[str] = []
        self.subscribed = asyncio.Event()

    def say(self, call: str, *answers: Answer) -> None:
        """Answer a call with these, one after the other."""
        self.answers[call] = list(answers)

    def asked(self, call: str) -> list[dict[str, str]]:
        """The parameters of each call of a kind."""
        return [parameters for name, parameters in self.requests if name == call]

    async def tell(self, event: dict[str, Any]) -> None:
        """Send an event on the user stream."""
        for socket in self.sockets:
            if not socket.closed:
                await socket.send_str(text({"subscriptionId": 0, "event": event}))

    async def drop(self) -> None:
        """Close every socket."""
        for socket in self.sockets:
            await socket.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        call = f"{request.method} {request.path}"
        parameters = dict(parse_qsl(request.query_string))
        self.requests.append((call, parameters))
        self.keys.append(request.headers.get("X-MBX-APIKEY", ""))
        answers = self.answers.get(call)
        if answers is None:
            if request.path.endswith("/time"):
                return web.json_response({"serverTime": int(time() * 1000)})
            return web.json_response({"code": -1, "msg": f"not scripted: {call}"}, status=404)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status, body = answer(parameters) if callable(answer) else answer
        return web.Response(status=status, text=text(body), content_type="application/json")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        for frame in self.frames_on_open:
            await socket.send_str(frame)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                asked = msgspec.json.decode(message.data)
                self.socket_requests.append(asked)
                if "ws-api" in request.path:
                    await socket.send_str(text({"id": asked["id"], **self.subscribe_answer}))
                else:
                    await socket.send_str(text({"id": asked["id"], "result": None}))
                self.subscribed.set()
        return socket


def text(body: Any) -> str:
    """JSON, or a text as it is."""
    return body if isinstance(body, str) else msgspec.json.encode(body).decode()


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[ScriptedVenue, Hosts]]:
    """A scripted venue and where it is."""
    venue = ScriptedVenue()
    async with served(venue.handle) as address:
        yield venue, local_hosts(address)
