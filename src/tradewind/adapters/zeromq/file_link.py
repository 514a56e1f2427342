"""The link of one machine: through a socket of the file system, without threads between.

A message is written to the socket in the call that sends it, and taken in the call of the event
loop that finds it. The first message of a line is its name; the other end knows it by that, over
all its connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from pathlib import Path

from tradewind.adapters.zeromq.file_frames import encoded
from tradewind.adapters.zeromq.file_peer import Peer, accepted, new_socket, place_of
from tradewind.adapters.zeromq.sockets import KeptFailure, path_of
from tradewind.adapters.zeromq.wire import MESSAGE_BYTES_MAX
from tradewind.model.errors import OutsideError
from tradewind.ports.link import Frames, TakeFrames, TakeFrom

FRAMES_MAX = 1 << 20
"""A group of the journal goes with two frames for each batch of its rows."""
QUEUE_BYTES_MAX = 128 << 20
"""Bytes that wait for one peer: a whole state, and what happens until it was read."""
PEERS_MAX = 256
"""Connections at once; one more is closed."""
NAME_BYTES = 16
RECONNECT_S = 0.02
LOOK_S = 0.25
"""How often a line looks whether another process has taken the place."""


class FileExchange:
    """One end for many; `setting` is what people change where the place cannot be had."""

    def __init__(self, endpoint: str, *, setting: str = "BUS_WISHES") -> None:
        self.endpoint = endpoint
        self._path = path_of(endpoint)
        self._setting = setting
        self._listener: socket.socket | None = None
        self._connected: dict[int, Peer] = {}
        self._named: dict[bytes, Peer] = {}
        self._take: TakeFrom | None = None
        self._failure = KeptFailure()
        self._failed = asyncio.Event()

    async def start(self) -> None:
        """Take the place of whoever was there; `OutsideError` where it cannot be had."""
        self._listener = new_socket()
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            self._listener.bind(self._path)
            Path(self._path).chmod(0o600)
            self._listener.listen(PEERS_MAX)
        except OSError as error:
            await self.close()
            raise OutsideError(
                f"nobody can be let in at {self.endpoint}: {error.strerror or error}; "
                f"set {self._setting} to another place",
                fault="ours",
                retry=False,
            ) from None

    async def run(self, take: TakeFrom) -> None:
        """Hand on what comes, until cancelled."""
        assert self._listener is not None, "start was called"
        loop, self._take = asyncio.get_running_loop(), take
        loop.add_reader(self._listener, self._let_in)
        for peer in list(self._connected.values()):
            peer.watch()
        try:
            await self._failed.wait()
            self._failure.raise_again()
        finally:
            self._take = None
            if self._listener is not None:
                loop.remove_reader(self._listener)
            for peer in self._connected.values():
                peer.unwatch()

    def send(self, peer: bytes, frames: Frames) -> bool:
        """Send to a peer that is there and has room."""
        known = self._named.get(peer)
        return known is not None and _sent(known, frames)

    async def close(self) -> None:
        """Let go of all peers; the file stays, as a socket that nobody answers at."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        for peer in list(self._connected.values()):
            peer.close()

    def take(self, peer: Peer, frames: Frames) -> None:
        """A message of a connection: its name, and then what it says."""
        if not peer.name:
            self._name(peer, frames)
        elif self._take is not None:
            with self._failure:
                self._take(peer.name, frames)
                return
            self._failed.set()

    def forget(self, peer: Peer) -> None:
        """A connection has gone."""
        self._connected.pop(peer.number, None)
        if self._named.get(peer.name) is peer:
            del self._named[peer.name]

    def _name(self, peer: Peer, frames: Frames) -> None:
        if len(frames) != 1 or len(frames[0]) != NAME_BYTES:
            peer.close()
            return
        former = self._named.get(frames[0])
        peer.name = frames[0]
        self._named[peer.name] = peer
        if former is not None:
            former.close()  # it connected again before we saw the end of its last connection

    def _let_in(self) -> None:
        assert self._listener is not None, "start was called"
        made = accepted(self._listener)
        if made is None:
            return
        if len(self._connected) >= PEERS_MAX:
            made.close()
            return
        peer = Peer(made, self, queue_bytes_max=QUEUE_BYTES_MAX, frames_max=FRAMES_MAX)
        self._connected[peer.number] = peer
        peer.watch()


class FileLine:
    """One end of the others; it connects again by itself, where somebody is there."""

    def __init__(self, endpoint: str) -> None:
        self._path = path_of(endpoint)
        self._name = b"n" + secrets.token_bytes(NAME_BYTES - 1)
        self._peer: Peer | None = None
        self._place: tuple[int, int] | None = None
        self._take: TakeFrames | None = None
        self._failure = KeptFailure()
        self._wake = asyncio.Event()

    async def start(self) -> None:
        """Connect; the other end may come later."""
        self._connect()

    async def run(self, take: TakeFrames) -> None:
        """Hand on what comes, until cancelled."""
        self._take = take
        if self._peer is not None:
            self._peer.watch()
        try:
            while True:
                self._wake.clear()
                self._connect()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RECONNECT_S if self._peer is None else LOOK_S):
                        await self._wake.wait()
                self._failure.raise_again()
                self._look()
        finally:
            self._take = None
            if self._peer is not None:
                self._peer.unwatch()

    def send(self, frames: Frames) -> bool:
        """Send, where the other end is there and has room."""
        return self._peer is not None and _sent(self._peer, frames)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._peer is not None:
            self._peer.close()

    def take(self, peer: Peer, frames: Frames) -> None:
        """A message of the other end."""
        if self._take is not None:
            with self._failure:
                self._take(frames)
                return
            self._wake.set()

    def forget(self, peer: Peer) -> None:
        """The connection has ended; what is said until there is another one goes nowhere."""
        self._peer = None
        self._wake.set()

    def _connect(self) -> None:
        if self._peer is not None:
            return
        made = new_socket()
        try:
            place = place_of(self._path)
            made.connect(self._path)
        except OSError:
            made.close()
            return
        self._place = place
        self._peer = Peer(made, self, queue_bytes_max=QUEUE_BYTES_MAX, frames_max=FRAMES_MAX)
        self._peer.send(encoded([self._name]))
        if self._peer is not None and self._take is not None:
            self._peer.watch()

    def _look(self) -> None:
        """Go over to who took the place: who had it may be frozen, and say nothing any more."""
        if self._peer is None:
            return
        with contextlib.suppress(OSError):  # nobody has taken it
            if place_of(self._path) != self._place:
                self._peer.close()


def _sent(peer: Peer, frames: Frames) -> bool:
    data = encoded(frames)
    return len(data) <= MESSAGE_BYTES_MAX and peer.send(data)
