"""The gateway's process: `python -m tradewind.gateway`, started by `gateway.process`."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from tradewind.gateway.app import create_app

CONCURRENT_REQUESTS_MAX = 200
"""Beyond it a request gets 503 at once."""
GRACEFUL_STOP_S = 3
KEEP_ALIVE_S = 15


def main() -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    parser = argparse.ArgumentParser(description="The gateway's process.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="number of the listening socket")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.home, socket.socket(fileno=arguments.socket)))


async def serve(home: Path, listening: socket.socket) -> None:
    """Serve the engine of a home on a listening socket."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(home),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            limit_concurrency=CONCURRENT_REQUESTS_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACEFUL_STOP_S,
        )
    )
    watching = asyncio.create_task(stop_with_parent(server))
    await server.serve(sockets=[listening])
    watching.cancel()


async def stop_with_parent(server: uvicorn.Server) -> None:
    """Stop when standard input ends: only the parent holds its other end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
