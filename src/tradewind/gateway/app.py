"""The gateway's HTTP application. `tradewind.gateway.app:app` is what servers of ASGI are given."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind.gateway.audit_retention import go_on_retiring
from tradewind.gateway.door import Door
from tradewind.gateway.guard import Guard
from tradewind.gateway.openapi import describe
from tradewind.gateway.problems import add_handlers
from tradewind.gateway.routes import (
    audit,
    auth,
    backtests,
    data,
    docs,
    history,
    jobs,
    limits,
    market,
    orders,
    reports,
    risk,
    strategies,
    system,
    trading,
    users,
    venues,
)
from tradewind.gateway.services import Services
from tradewind.gateway.stream import Stream
from tradewind.gateway.worker_numbers import WRITE_S, WorkerNumbers
from tradewind.version import VERSION

CORS_REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key")
CORS_ANSWER_HEADERS = ("ETag", "Idempotency-Replayed", "RateLimit-Remaining", "Retry-After")
CORS_S = 600
"""How long a browser remembers that an origin is allowed."""
SENT = "tradewind.send"
"""Where a connection's own way out is kept: the stream sends past the framework's layers."""
SWITCH_S = 0.0005
"""Threads that write to a database come back to Python ten times a write: none waits long."""
ROUTERS = (
    system.router,
    docs.router,
    auth.router,
    users.router,
    orders.router,
    trading.router,
    market.router,
    history.router,
    data.router,
    jobs.router,
    backtests.router,
    reports.router,
    risk.router,
    limits.router,
    strategies.router,
    venues.router,
    audit.router,
)


def create_app(services: Services) -> FastAPI:
    """Return the application over its services.

    A request passes metrics, the guard (trusted hosts, origin, rate limit of the address,
    authentication, rate limits of the user and the key), and then its route's permission.
    """
    app = Gateway(
        title="Tradewind",
        version=VERSION,
        # The framework's own documents load scripts from elsewhere, and ask for no login.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
    )
    app.state.services = services
    app.state.stream = Stream(services)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_websocket_route("/ws", _stream)
    describe(app)
    add_handlers(app)
    guard = Guard(app.routed, services)
    app.door = guard.door
    app.front = _front(guard, services)
    return app


class Gateway(FastAPI):
    """The application behind what stands before every route.

    That is outside of the framework's own layers: what it answers itself does not pay for them.
    """

    front: ASGIApp
    door: Door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or connection."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            scope[SENT] = send
            await self.front(scope, receive, send)

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer."""
        await super().__call__(scope, receive, send)


def _front(guard: Guard, services: Services) -> ASGIApp:
    front: ASGIApp = guard
    if services.options.allowed_origins:
        front = CORSMiddleware(
            front,
            allow_origins=services.options.allowed_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=list(CORS_REQUEST_HEADERS),
            expose_headers=list(CORS_ANSWER_HEADERS),
            max_age=CORS_S,
        )
    return services.metrics.middleware(front)


async def _stream(socket: WebSocket) -> None:
    await socket.app.state.stream.serve(socket)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sys.setswitchinterval(SWITCH_S)
    app.state.services.runner.start()
    app.state.services.pressure.start()
    retiring = _retiring(app.state.services)
    counting = asyncio.create_task(_go_on_writing_down(app.state.services))
    yield
    retiring.cancel()
    counting.cancel()
    await asyncio.gather(counting, return_exceptions=True)
    app.state.services.pressure.stop()
    await app.state.services.runner.stop()
    await app.state.stream.close()
    await app.state.services.engine.close()
    app.state.services.identities.close()


async def _go_on_writing_down(services: Services) -> None:
    """Share what this worker counts with the others; each may be asked for all metrics."""
    shared = await run_in_threadpool(WorkerNumbers, services.home)
    services.metrics.share(shared)
    try:
        while True:
            await run_in_threadpool(services.metrics.write_down)
            await asyncio.sleep(WRITE_S)
    finally:
        services.metrics.write_down()
        services.metrics.share(None)
        shared.close()


def _retiring(services: Services) -> asyncio.Task[None]:
    """The task that keeps the audit trail as long as the policy says; 0 days is for ever."""
    days = services.options.audit_days
    if not days:
        return asyncio.create_task(asyncio.sleep(0))
    return asyncio.create_task(go_on_retiring(services.audit, services.home, days, services.now_ns))


def __getattr__(name: str) -> Any:
    """Build `app` from the settings when a server asks for it.

    The wiring is above this package and the only one that knows stores and settings; so it is
    looked up by name here, which no import at the top could do.
    """
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("tradewind.wiring.gateway_app").served_alone()
