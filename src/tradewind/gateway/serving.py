"""Serving the gateway's application on a listening socket: in its own process, or in another's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import msgspec
import uvicorn
from fastapi import FastAPI

from tradewind.gateway.door_protocol import DoorProtocol
from tradewind.gateway.process import LOADED, READY, is_listening

CONCURRENT_REQUESTS_MAX = 2_500
"""Connections and requests, WebSockets too; beyond it a new request gets 503 at once."""
WEBSOCKET_BYTES_MAX = 4_096
"""A message of a client that is longer ends its connection."""
GRACEFUL_STOP_S = 3
KEEP_ALIVE_S = 15
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of 1.3 are all good. Older versions Python refuses by itself."""
DRAIN_S = 1.0
"""How long a worker that is replaced asks its clients to connect again before it goes."""
READY_CHECK_S = 0.02


async def serve_as_child(
    app: FastAPI, listening: socket.socket, ready: int = -1, tls: Tls | None = None
) -> None:
    """Serve until told to stop, or until the process that started this one is gone.

    `ready` is the number of a pipe that is told when requests are answered.
    """
    server = uvicorn.Server(_settings(app, tls))
    watching = asyncio.create_task(_follow_parent(server, app))
    telling = asyncio.create_task(_tell_ready(server, ready))
    await server.serve(sockets=[listening])
    for task in (watching, telling):
        task.cancel()
    if not server.started:
        sys.exit(1)


def wait_until_listening(listening: socket.socket, ready: int = -1) -> bool:
    """Wait, with all loaded, until the parent claims a port for the socket; False where it is gone.

    Standard input is its other end's: only the parent holds that.
    """
    if ready >= 0:
        os.write(ready, LOADED)
    while not is_listening(listening):
        if select.select([sys.stdin], [], [], READY_CHECK_S)[0]:
            return False
    return True


class Tls(msgspec.Struct, frozen=True):
    """The gateway's own certificate: two files in PEM."""

    certificate: str
    key: str


class GuestServer(uvicorn.Server):
    """A server in a process whose signals belong to somebody else."""

    def __init__(self, app: FastAPI, tls: Tls | None = None) -> None:
        super().__init__(_settings(app, tls))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _settings(app: FastAPI, tls: Tls | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_ciphers=CIPHERS,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Whom to believe about an address is this application's own decision.
        proxy_headers=False,
        lifespan="on",
        http=DoorProtocol,
        # The platform serves its requests even where it cannot stream.
        ws=_framed_protocol() if has_streaming() else "none",
        ws_per_message_deflate=False,
        ws_max_size=WEBSOCKET_BYTES_MAX,
        limit_concurrency=CONCURRENT_REQUESTS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )


def _framed_protocol() -> type[asyncio.Protocol]:
    from tradewind.gateway.framed import FramedProtocol  # Its library may be missing.

    return FramedProtocol


def has_streaming() -> bool:
    """True where the library that WebSockets need is installed."""
    return find_spec("websockets") is not None


async def _follow_parent(server: uvicorn.Server, app: FastAPI) -> None:
    """Stop when standard input ends, for only the parent holds its other end; drain on a line."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    if await reader.readline():
        app.state.services.is_draining = True
        for each in server.servers:
            each.close()  # From here on the successor takes new connections.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(), DRAIN_S)
    server.should_exit = True


async def _tell_ready(server: uvicorn.Server, ready: int) -> None:
    while not server.started:
        await asyncio.sleep(READY_CHECK_S)
    if ready >= 0:
        os.write(ready, READY)
        os.close(ready)
