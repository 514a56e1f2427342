"""The server of a local venue: one port for REST and WebSocket, and the routes of the operator."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Protocol

from aiohttp import web

from tradewind.model.errors import OutsideError
from tradewind.venue.admin import admin_routes
from tradewind.venue.chaos import Chaos
from tradewind.venue.exchange import Exchange
from tradewind.venue.market_source import MarketSource
from tradewind.venue.sockets import Sockets

TICK_S = 0.01
"""How often the market goes on and messages are sent."""
PING_INTERVAL_S = 20.0
BODY_BYTES_MAX = 4 << 20
HOST = "127.0.0.1"


class VenueProtocol(Protocol):
    """A venue's protocol over an exchange, as the server drives it."""

    name: str
    exchange: Exchange
    chaos: Chaos
    market: MarketSource
    sockets: Sockets

    def add_routes(self, application: web.Application) -> None:
        """Add the venue's REST and WebSocket routes."""

    def on_tick(self, now_ns: int) -> None:
        """Send what is due; comes after the market has gone on."""

    def failure(self, status: int, what: str, retry_s: float) -> web.Response:
        """The venue's own answer to a request that the operator's faults let fail."""

    def changes_orders(self, request: web.Request) -> bool:
        """True for a request that may change orders: some faults are for these alone."""

    async def burst(self, channel: str, count: int) -> int:
        """Send a channel's subscribers so many messages as fast as they read; how many went."""

    def describe(self) -> dict[str, Any]:
        """Accounts with their keys, symbols: what a user needs to begin."""


class VenueServer:
    """Serves a protocol until closed; use it with `async with`.

    Port 0 takes a free one. `url` and `ws_url` say where it is.
    """

    def __init__(self, protocol: VenueProtocol, *, host: str = HOST, port: int = 0) -> None:
        self.protocol = protocol
        self._host = host
        self._wanted_port = port
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where REST is, as http://127.0.0.1:8080."""
        return f"http://{self._host}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where WebSockets are, as ws://127.0.0.1:8080."""
        return f"ws://{self._host}:{self.port}"

    async def __aenter__(self) -> VenueServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bring the market to now, then listen."""
        protocol = self.protocol
        protocol.market.start(protocol.exchange, protocol.chaos.clock.market_ns())
        application = web.Application(
            client_max_size=BODY_BYTES_MAX,
            middlewares=[protocol.chaos.middleware(protocol.failure, protocol.changes_orders)],
        )
        protocol.add_routes(application)
        admin_routes(application, protocol)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._wanted_port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise OutsideError(
                f"port {self._wanted_port} cannot be used: {error.strerror}; choose another --port",
                fault="ours",
                retry=False,
            ) from None
        self.port = self._runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Close every connection and the port."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        self.protocol.chaos.stop()
        self.protocol.sockets.cut_all()
        if self._runner is not None:
            await self._runner.cleanup()

    async def run_until_failed(self) -> None:
        """Wait for the market; ends only with the error that stopped it."""
        assert self._ticking is not None
        await asyncio.shield(self._ticking)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        pinged_s = loop.time()
        protocol = self.protocol
        while True:
            protocol.market.advance(protocol.exchange, protocol.chaos.clock.market_ns())
            protocol.on_tick(protocol.chaos.clock.now_ns())
            if loop.time() - pinged_s >= PING_INTERVAL_S:
                pinged_s = loop.time()
                protocol.sockets.ping_all(str(protocol.chaos.clock.now_ms()).encode())
            await asyncio.sleep(TICK_S)
