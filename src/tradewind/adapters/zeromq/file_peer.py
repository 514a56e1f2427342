"""A peer: one connection through a socket of the file system, with what waits to be written."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from typing import Protocol

from tradewind.adapters.zeromq.file_frames import FRAMES_MAX, Frames
from tradewind.model.errors import BadMessage

READ_BYTES = 1 << 18
BUFFER_BYTES = 1 << 20


class Host(Protocol):
    """Who has peers."""

    def take(self, peer: Peer, frames: list[bytes]) -> None:
        """A message of a peer; it must not raise."""

    def forget(self, peer: Peer) -> None:
        """A peer has gone."""


class Peer:
    """One other end, read from between `watch` and `unwatch`.

    Of what is sent so many bytes may wait; one message may, however long it is.
    """

    def __init__(
        self,
        connection: socket.socket,
        host: Host,
        *,
        queue_bytes_max: int,
        frames_max: int = FRAMES_MAX,
    ) -> None:
        self.number = connection.fileno()
        self.nonces: set[bytes] = set()
        self.name = b""
        self._socket = connection
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._frames = Frames(frames_max)
        self._queue: deque[bytes] = deque()
        self._queue_bytes_max = queue_bytes_max
        self._queued_bytes = 0
        self._is_closed = False

    def watch(self) -> None:
        """Take what comes from now on."""
        self._loop.add_reader(self._socket, self._read)

    def unwatch(self) -> None:
        """Leave what comes where it is."""
        self._loop.remove_reader(self._socket)

    def send(self, data: bytes) -> bool:
        """Write it now, or behind what waits; False where too much does, or nobody is there."""
        if self._is_closed:
            return False
        if self._queue:
            return self._keep(data)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return False
        if sent < len(data):
            # what was begun is ended in any case
            self._queue.append(data[sent:])
            self._queued_bytes += len(data) - sent
            self._loop.add_writer(self._socket, self._flush)
        return True

    def close(self) -> None:
        """Let it go."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._host.forget(self)

    def _keep(self, data: bytes) -> bool:
        if self._queued_bytes + len(data) > self._queue_bytes_max:
            return False
        self._queue.append(data)
        self._queued_bytes += len(data)
        return True

    def _flush(self) -> None:
        try:
            while self._queue:
                sent = self._socket.send(self._queue[0])
                self._queued_bytes -= sent
                if sent < len(self._queue[0]):
                    self._queue[0] = self._queue[0][sent:]
                    return
                self._queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._frames.feed(data)
        try:
            while not self._is_closed and (frames := self._frames.next()) is not None:
                self._host.take(self, frames)
        except BadMessage:
            self.close()


def place_of(path: str) -> tuple[int, int]:
    """Which file a path is now; OSError where it is none."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def new_socket() -> socket.socket:
    """A socket that never waits."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    return made


def accepted(listener: socket.socket) -> socket.socket | None:
    """A connection that somebody asks for, None where there is none any more."""
    try:
        made, _ = listener.accept()
    except OSError:  # gone again
        return None
    made.settimeout(0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    return made
