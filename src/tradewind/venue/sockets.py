"""WebSocket connections of the venue: frames made once for all, and faults of the connection.

Frames go to the transport as bytes, many in one write: a frame of a market message is made once
and sent to every subscriber. What a slow reader leaves unread is bounded; beyond it is cut off.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import msgspec
from aiohttp import WSMsgType, web

from tradewind.venue.faults import Faults

UNREAD_BYTES_MAX = 256 << 20
"""A reader that is further behind than this is cut off."""
MESSAGE_BYTES_MAX = 1 << 20
POUR_BYTES = 1 << 18
"""A burst is written in pieces of this size."""
CONNECTIONS_MAX = 2_000

_TEXT, _BINARY, _PING, _PONG = 0x81, 0x82, 0x89, 0x8A
_numbers = itertools.count(1)


def text_frame(payload: bytes) -> bytes:
    """A text message as the bytes of one unmasked frame (RFC 6455, 5.2).

    >>> text_frame(b"hi")
    b'\\x81\\x02hi'
    """
    return _frame(_TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """A binary message as the bytes of one unmasked frame."""
    return _frame(_BINARY, payload)


def ping_frame(payload: bytes) -> bytes:
    """A ping as the bytes of one unmasked frame; at most 125 bytes of payload."""
    return _frame(_PING, payload)


def _frame(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((kind, size)) + payload
    if size < 1 << 16:
        return bytes((kind, 126)) + size.to_bytes(2, "big") + payload
    return bytes((kind, 127)) + size.to_bytes(8, "big") + payload


class Socket:
    """One connection. `silenced` sends nothing more; a deaf one does not read either."""

    def __init__(self, request: web.Request, faults: Faults) -> None:
        self.number = next(_numbers)
        self.request = request
        self.is_silenced = False
        self._faults = faults
        self._web = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX
        )

    async def open(self) -> web.WebSocketResponse:
        """Shake hands."""
        await self._web.prepare(self.request)
        return self._web

    @property
    def is_open(self) -> bool:
        """True while messages can be sent."""
        return not self._web.closed and self.request.transport is not None

    def send(self, frames: bytes) -> None:
        """Send frames as they are, after what the faults of connections make of it."""
        if self.is_silenced or not self.is_open:
            return
        transport = self.request.transport
        assert transport is not None
        if self._is_struck():
            return
        if transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            self.cut()
            return
        transport.write(frames)

    async def pour(self, frames: bytes) -> None:
        """Send much at once, no faster than it is read; for bursts, which no fault touches."""
        transport = self.request.transport
        view = memoryview(frames)
        for begin in range(0, len(frames), POUR_BYTES):
            if transport is None or transport.is_closing():
                return
            transport.write(bytes(view[begin : begin + POUR_BYTES]))
            while transport.get_write_buffer_size() > POUR_BYTES and not transport.is_closing():
                await asyncio.sleep(0)

    def send_json(self, message: object) -> None:
        """Send a message as JSON text."""
        self.send(text_frame(msgspec.json.encode(message)))

    def _is_struck(self) -> bool:
        """Draw the faults of a connection; True where nothing more is to be sent."""
        if self._faults.strikes("drop-socket"):
            self.cut()
        elif self._faults.strikes("silent-socket"):
            self.is_silenced = True
        elif self._faults.strikes("half-open"):
            self.deafen()
        else:
            return False
        return True

    def deafen(self) -> None:
        """Neither read nor write any more, with the connection left open."""
        self.is_silenced = True
        transport = self.request.transport
        if transport is not None:
            transport.pause_reading()

    def cut(self) -> None:
        """Cut the connection without a close frame."""
        transport = self.request.transport
        if transport is not None:
            transport.abort()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in order."""
        if not self._web.closed:
            await self._web.close(code=code, message=reason.encode())

    async def messages(self) -> AsyncIterator[bytes]:
        """The client's messages until it goes; its pings are answered, its pongs passed over."""
        async for message in self._web:
            if message.type == WSMsgType.TEXT:
                yield message.data.encode()
            elif message.type == WSMsgType.BINARY:
                yield message.data
            elif message.type == WSMsgType.PING:
                self.send(_frame(_PONG, message.data))
            if self.is_silenced and self.request.transport is None:
                return


class Sockets:
    """All open connections of a server, so that they can be pinged, cut and closed together."""

    def __init__(self) -> None:
        self._open: dict[int, Socket] = {}

    def add(self, socket: Socket) -> None:
        """Note an open connection."""
        if len(self._open) >= CONNECTIONS_MAX:
            socket.cut()
        self._open[socket.number] = socket

    def remove(self, socket: Socket) -> None:
        """Forget a closed connection."""
        self._open.pop(socket.number, None)

    def __len__(self) -> int:
        return len(self._open)

    def ping_all(self, payload: bytes) -> None:
        """Ping every connection."""
        for socket in list(self._open.values()):
            socket.send(ping_frame(payload))

    def cut_all(self) -> None:
        """Cut every connection."""
        for socket in list(self._open.values()):
            socket.cut()

    async def close_all(self, code: int, reason: str) -> None:
        """Close every connection in order; one that does not answer is cut."""
        sockets = list(self._open.values())
        for socket in sockets:
            if socket.is_silenced:
                socket.cut()
        await asyncio.gather(*(each.close(code, reason) for each in sockets if each.is_open))
