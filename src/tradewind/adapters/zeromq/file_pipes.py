"""Pipes through a socket of the file system: the bus on one machine, without threads between.

ZeroMQ hands each message to a thread at either end, which is two wake-ups more before it arrives.
Here the publisher writes to the socket in the call that publishes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from tradewind.adapters.zeromq.file_frames import Frames, encoded
from tradewind.adapters.zeromq.file_peer import READ_BYTES, Peer, accepted, new_socket, place_of
from tradewind.adapters.zeromq.wire import ANSWER, REQUEST
from tradewind.model.errors import BadMessage

QUEUE_BYTES_MAX = 16 << 20
"""Bytes that wait for one peer; what comes beyond them is lost to it and asked for again."""
REQUESTS_WAITING_MAX = 1_000
"""Requests that wait for the publisher; beyond it they are lost, and asked again."""
PEERS_MAX = 64
"""Subscribers at once; one more is let in when another has gone."""
NONCES_MAX = 64
"""Names of one peer that answers are sent to."""
RECONNECT_S = 0.02


class FilePipe:
    """A subscriber's end; it connects again by itself, where somebody is there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.connected_count = 0
        self._socket: socket.socket | None = None
        self._place: tuple[int, int] | None = None
        self._frames = Frames()
        self._ahead: list[bytes] | None = None
        self._is_drained = False

    @staticmethod
    def of(connection: socket.socket) -> FilePipe:
        """The end of a connection that stands; another one is not made for it."""
        pipe = FilePipe("")
        pipe._socket = connection
        return pipe

    @property
    def descriptor(self) -> int:
        """What can be waited for, -1 while nobody is there."""
        return -1 if self._socket is None else self._socket.fileno()

    def connect(self) -> None:
        """Try to connect; do nothing where it is or nobody is there."""
        if self._socket is not None:
            return
        made = new_socket()
        try:
            place = place_of(self._path)
            made.connect(self._path)
        except OSError:
            made.close()
            return
        self._place = place
        self._socket, self._frames, self._is_drained = made, Frames(), False
        self.connected_count += 1

    def go_over(self) -> None:
        """Go over to who took the place: who had it may be frozen, and say nothing any more."""
        if self._socket is None or self._place is None:
            return
        with contextlib.suppress(OSError):  # nobody has taken it
            if place_of(self._path) != self._place:
                self.close()

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a request; one that cannot be sent now is lost."""
        self.connect()
        if self._socket is None:
            return
        data = encoded(frames)
        try:
            if self._socket.send(data) != len(data):
                self.close()  # half a request: the next one would be read as its end
        except BlockingIOError:
            return
        except OSError:
            self.close()

    def received(self) -> list[bytes] | None:
        """The next message, None where there is none; `BadMessage` ends the connection."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            return ahead
        if self._socket is None:
            return None
        try:
            while (found := self._frames.next()) is None:
                if self._is_drained:
                    self._is_drained = False  # and the next call looks anew
                    return None
                data = self._socket.recv(READ_BYTES)
                if not data:
                    self.close()
                    return None
                self._is_drained = len(data) < READ_BYTES
                self._frames.feed(data)
        except BlockingIOError:
            return None
        except OSError:
            self.close()
            return None
        except BadMessage:
            self.close()
            raise
        return found

    def has_more(self) -> bool:
        """Whether a message was read whole that nobody took."""
        if self._ahead is None:
            try:
                self._ahead = self._frames.next()
            except BadMessage:
                self.close()
        return self._ahead is not None

    def close(self) -> None:
        """Let go."""
        if self._socket is not None:
            with contextlib.suppress(RuntimeError):  # no loop runs: nobody waits for it
                asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = self._ahead = None


class PipeReading:
    """Waits on the running event loop until a pipe may have something; a context manager.

    `look` is called in the very turn of the loop that finds something; `wait` returns behind it
    where it answers that it left something to do.
    """

    def __init__(self, pipe: FilePipe, look: Callable[[], bool]) -> None:
        self._pipe = pipe
        self._look = look
        self._watched = 0
        self._ready = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> PipeReading:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._watched == self._pipe.connected_count and self._pipe.descriptor >= 0:
            self._loop.remove_reader(self._pipe.descriptor)

    async def wait(self, timeout_s: float) -> None:
        """Return once something can be read, or after the time."""
        self._ready.clear()
        self._pipe.connect()
        is_there = self._pipe.descriptor >= 0
        if is_there and self._watched != self._pipe.connected_count:
            # `FilePipe.close` ended the watch of the connection before
            self._watched = self._pipe.connected_count
            self._loop.add_reader(self._pipe.descriptor, self._notice)
        if self._pipe.has_more():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s if is_there else RECONNECT_S):
                await self._ready.wait()

    def _notice(self) -> None:
        if self._look():
            self._ready.set()


class FileHub:
    """A publisher's end: messages to all peers, answers to who asked, requests of any."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._listener = new_socket()
        self._peers: dict[int, Peer] = {}
        self._asked_by: dict[bytes, Peer] = {}
        self._requests: deque[list[bytes]] = deque()
        self._loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()

    def bind(self) -> None:
        """Take the place of whoever was there; OSError where it cannot be had."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._listener.bind(self._path)
        Path(self._path).chmod(0o600)
        self._listener.listen(PEERS_MAX)
        self._loop.add_reader(self._listener, self._let_in)

    def send(self, frames: Sequence[bytes]) -> None:
        """Send to all whose queue has room, in this call; an answer to the peer that asked."""
        topic = frames[0]
        if topic[:1] == ANSWER:
            peer = self._asked_by.get(topic[1:])
            if peer is not None:
                peer.send(encoded(frames))
            return
        data = encoded(frames)
        for peer in list(self._peers.values()):
            peer.send(data)

    def received(self) -> list[bytes] | None:
        """The next request, None where there is none."""
        return self._requests.popleft() if self._requests else None

    async def wait(self, timeout_s: float) -> None:
        """Return once there is a request, or after the time."""
        self.changed.clear()
        if self._requests:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.changed.wait()

    def close(self) -> None:
        """Let go of all peers; the file stays, as a socket that nobody answers at."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for peer in list(self._peers.values()):
            peer.close()

    def take(self, peer: Peer, frames: list[bytes]) -> None:
        """A request of a peer."""
        if frames[0] == REQUEST and len(frames) > 1 and len(peer.nonces) < NONCES_MAX:
            self._asked_by[frames[1]] = peer
            peer.nonces.add(frames[1])
        if len(self._requests) < REQUESTS_WAITING_MAX:
            self._requests.append(frames)
            self.changed.set()

    def forget(self, peer: Peer) -> None:
        """A peer has gone."""
        self._peers.pop(peer.number, None)
        for nonce in peer.nonces:
            if self._asked_by.get(nonce) is peer:
                del self._asked_by[nonce]

    def _let_in(self) -> None:
        made = accepted(self._listener)
        if made is None:
            return
        if len(self._peers) >= PEERS_MAX:
            made.close()
            return
        peer = Peer(made, self, queue_bytes_max=QUEUE_BYTES_MAX)
        self._peers[peer.number] = peer
        peer.watch()
