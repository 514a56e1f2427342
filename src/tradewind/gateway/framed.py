"""The WebSocket of our own server: whole frames, made once for many clients, go out as they are.

uvicorn's protocol makes a frame anew of every message for every client; this one takes what is
already made. Compression is off: it would be made for each client by itself.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FRAMES = "tradewind.frames"
"""The name of the ASGI extension, and of its message: `frames` are the bytes."""


class FramedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol with one message more."""

    async def run_asgi(self) -> None:
        """Serve one connection, and say that frames are taken."""
        extensions: Any = self.scope["extensions"]
        extensions[FRAMES] = {}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send a message, or frames behind those that the client has taken."""
        if message["type"] != FRAMES:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected()
        self.transport.write(message["frames"])
