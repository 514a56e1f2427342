"""The link over a network by ZeroMQ: a ROUTER at the core, a DEALER at each of the others.

On one machine it is `file_link`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets

import zmq

from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
from tradewind.adapters.zeromq.sockets import (
    Reading,
    checked_endpoint,
    new_socket,
    received,
)
from tradewind.adapters.zeromq.subscriber import Access
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.link import Frames, TakeFrames, TakeFrom

LOOK_S = 0.02
"""How often a socket is looked at where nothing wakes us."""
GATE_LOOK_S = 0.1
KNOCK_AGAIN_S = 2.0
"""ZeroMQ gives up where a key is refused, so we knock again."""
BURST_MAX = 500
BIND_DEADLINE_S = 5.0
NAME_BYTES = 16

LOG = logging.getLogger("tradewind.bus")


class ZeroMqExchange:
    """One end for many, guarded by a `gatekeeper`.

    `setting` is what people change where the place cannot be had.
    """

    def __init__(
        self,
        endpoint: str,
        gatekeeper: Gatekeeper | None = None,
        *,
        setting: str = "BUS_WISHES",
    ) -> None:
        self._setting = setting
        self.endpoint = checked_endpoint(endpoint)
        if gatekeeper is None:
            raise UserError(f"{endpoint} is reached over a network: it needs keys")
        self._gatekeeper = gatekeeper
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._reading: Reading | None = None
        self._gate_s = 0.0

    async def start(self) -> None:
        """Bind; `OutsideError` where the endpoint cannot be had."""
        self._context = zmq.Context()
        self._gatekeeper.start(self._context)
        await self._bind()

    async def run(self, take: TakeFrom) -> None:
        """Hand on what comes and let keys in, until cancelled."""
        while True:
            assert self._socket is not None, "start was called"
            with Reading(self._socket) as self._reading:
                while not self._look_at_gate():
                    await self._reading.wait(LOOK_S)
                    if self._take_burst(take):
                        await asyncio.sleep(0)
            await self._bind()  # whoever is still allowed connects again

    def send(self, peer: bytes, frames: Frames) -> bool:
        """Send to a peer that is there and has room."""
        if self._socket is None:
            return False
        try:
            self._socket.send_multipart([peer, *frames], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in (errno.EAGAIN, errno.EHOSTUNREACH):
                return False
            raise
        if self._reading is not None:
            self._reading.wake()
        return True

    async def close(self) -> None:
        """Let go of sockets."""
        self._gatekeeper.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._context is not None:
            self._context.term()
            self._context = None

    def _look_at_gate(self) -> bool:
        """Answer who knocks; True where a key that was let in is allowed no more."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._gate_s < GATE_LOOK_S:
            return False
        self._gate_s = now_s
        self._gatekeeper.look()
        return self._gatekeeper.has_revoked()

    def _take_burst(self, take: TakeFrom) -> bool:
        """Take what came; True where there may be more."""
        for _ in range(BURST_MAX):
            assert self._socket is not None
            frames = received(self._socket)
            if frames is None:
                return False
            take(frames[0], frames[1:])
        return True

    async def _bind(self) -> None:
        if self._socket is not None:
            self._socket.close()
        assert self._context is not None, "start was called"
        found = new_socket(self._context, zmq.ROUTER)
        # A peer that has gone or is full is told to us; one that connects again keeps its name.
        found.setsockopt(zmq.ROUTER_MANDATORY, 1)
        found.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self._gatekeeper.guard(found)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + BIND_DEADLINE_S
        while True:
            try:
                found.bind(self.endpoint)
                break
            except zmq.ZMQError as error:
                if error.errno != errno.EADDRINUSE or loop.time() > deadline_s:
                    found.close()
                    raise OutsideError(
                        f"nobody can be let in at {self.endpoint}: {error.strerror}; "
                        f"set {self._setting} to another place",
                        fault="ours",
                        retry=False,
                    ) from None
            await asyncio.sleep(0.02)
        self._socket = found
        self.endpoint = found.getsockopt_string(zmq.LAST_ENDPOINT)


class ZeroMqLine:
    """One end of the others, let in by `access`."""

    def __init__(self, endpoint: str, access: Access | None = None) -> None:
        self._endpoint = checked_endpoint(endpoint)
        if access is None:
            raise UserError(f"{endpoint} is reached over a network: it needs keys")
        self._access = access
        self._name = secrets.token_bytes(NAME_BYTES - 1)
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._reading: Reading | None = None

    async def start(self) -> None:
        """Connect; ZeroMQ goes on trying until the other end is there."""
        self._context = zmq.Context()
        found = self._socket = new_socket(self._context, zmq.DEALER)
        found.setsockopt(zmq.IDENTITY, b"n" + self._name)
        # What is said while nobody is there would be old once somebody is.
        found.setsockopt(zmq.IMMEDIATE, 1)
        found.setsockopt_string(zmq.CURVE_SERVERKEY, self._access.publisher)
        found.setsockopt_string(zmq.CURVE_PUBLICKEY, self._access.pair.public)
        found.setsockopt_string(zmq.CURVE_SECRETKEY, self._access.pair.secret.reveal())
        found.connect(self._endpoint)

    async def run(self, take: TakeFrames) -> None:
        """Hand on what comes, until cancelled."""
        assert self._socket is not None, "start was called"
        heard_s = asyncio.get_running_loop().time()
        with Reading(self._socket) as self._reading:
            while True:
                await self._reading.wait(LOOK_S)
                now_s = asyncio.get_running_loop().time()
                for _ in range(BURST_MAX):
                    frames = received(self._socket)
                    if frames is None:
                        break
                    heard_s = now_s
                    take(frames)
                if now_s - heard_s > KNOCK_AGAIN_S:
                    heard_s = now_s
                    self._knock()
                await asyncio.sleep(0)

    def send(self, frames: Frames) -> bool:
        """Send, where the other end is there and has room."""
        if self._socket is None:
            return False
        with contextlib.suppress(zmq.Again):
            self._socket.send_multipart(frames, zmq.NOBLOCK)
            if self._reading is not None:
                self._reading.wake()
            return True
        return False

    async def close(self) -> None:
        """Let go of sockets."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._context is not None:
            self._context.term()
            self._context = None

    def _knock(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(zmq.ZMQError):  # where ZeroMQ has let go of it already
            self._socket.disconnect(self._endpoint)
        self._socket.connect(self._endpoint)
