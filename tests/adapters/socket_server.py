"""A WebSocket server on the loopback that says what it is told to and keeps what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.net.loopback import served

Script = Sequence[bytes | str]
"""What is said behind each message that is heard; the first behind the connection."""


class Speaker:
    """One script for each connection, the last one for all further ones."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.scripts = list(scripts)
        self.heard: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection; it is closed by us where the script says None."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.headers.append(dict(request.headers))
        self.paths.append(request.path)
        script = list(self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0])
        await _say(socket, script)
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            data: Any = message.data
            self.heard.append(data if isinstance(data, bytes) else data.encode())
            await _say(socket, script)
        return socket


async def _say(socket: web.WebSocketResponse, script: list[bytes | str]) -> None:
    """The next line; a line `bye` closes the connection, and an empty one says nothing."""
    line = script.pop(0) if script else ""
    if line == "bye":
        await socket.close()
    elif isinstance(line, bytes):
        await socket.send_bytes(line)
    elif line:
        await socket.send_str(line)


@asynccontextmanager
async def speaking(*scripts: Script) -> AsyncIterator[tuple[str, Speaker]]:
    """Serve scripts; gives the base URL and what was heard."""
    speaker = Speaker(scripts)
    async with served(speaker.handle) as address:
        yield f"ws://{address}", speaker


async def until(condition: Any, *, seconds: float = 5.0) -> None:
    """Wait for a condition; fails the test where it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
