"""Loopback servers with faults, and the clock and chance that the clients under test are given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import time_ns

from aiohttp import web

from tradewind.adapters.net.budget import RateBudget
from tradewind.adapters.net.http import HttpClient, NoteHeaders
from tradewind.adapters.net.session import Session

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RealClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return time_ns()


def no_chance() -> float:
    """The shortest of all waits."""
    return 0.0


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    """Serve every path by one handler on a free port; gives `127.0.0.1:port`."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def spoken(speak: Speak) -> AsyncIterator[str]:
    """Serve raw bytes on a free port: for what no HTTP server would do."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await speak(reader, writer)
        except asyncio.CancelledError:
            pass  # asyncio's server would log it
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def client_of(
    address: str, *, budget: RateBudget | None = None, note_headers: NoteHeaders | None = None
) -> AsyncIterator[HttpClient]:
    """A client of a loopback server."""
    session = Session()
    try:
        yield HttpClient(
            "venue",
            f"http://{address}",
            session,
            budget or RateBudget([]),
            clock=RealClock(),
            chance=no_chance,
            note_headers=note_headers,
        )
    finally:
        await session.close()


def free_port_that_is_closed() -> int:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
