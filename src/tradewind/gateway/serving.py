"""Serving the gateway's application on a listening socket: in its own process, or in another's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

CONCURRENT_REQUESTS_MAX = 2_500
"""Requests and WebSockets; beyond it one gets 503 at once."""
WEBSOCKET_BYTES_MAX = 4_096
"""A message of a client that is longer ends its connection."""
GRACEFUL_STOP_S = 3
KEEP_ALIVE_S = 15


async def serve_as_child(app: FastAPI, listening: socket.socket) -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    server = uvicorn.Server(_settings(app))
    watching = asyncio.create_task(_stop_with_parent(server))
    await server.serve(sockets=[listening])
    watching.cancel()


class GuestServer(uvicorn.Server):
    """A server in a process whose signals belong to somebody else."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(_settings(app))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _settings(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_BYTES_MAX,
        limit_concurrency=CONCURRENT_REQUESTS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )


async def _stop_with_parent(server: uvicorn.Server) -> None:
    """Stop when standard input ends: only the parent holds its other end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    server.should_exit = True
