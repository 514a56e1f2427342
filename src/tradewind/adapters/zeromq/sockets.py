"""ZeroMQ sockets on an event loop: made with limits, read without a thread of our own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType

import zmq

from tradewind.adapters.zeromq.wire import MESSAGE_BYTES_MAX
from tradewind.model.errors import UserError

QUEUE_BATCHES_MAX = 1_000
"""Messages that wait for one peer; what comes beyond them is lost to it and asked for again."""
BACKLOG_MAX = 64
HANDSHAKE_MS = 5_000
PING_MS = 2_000
"""A peer that does not answer a ping in twice that is taken for gone."""
SCHEMES = ("ipc://", "tcp://")


def checked_endpoint(endpoint: str) -> str:
    """The endpoint, or a `UserError` that says how one looks.

    >>> checked_endpoint("tcp://10.0.0.7:5555")
    'tcp://10.0.0.7:5555'
    """
    if not endpoint.startswith(SCHEMES) or endpoint in SCHEMES:
        raise UserError(f"{endpoint!r} is no place on the bus: give tcp://HOST:PORT or ipc:///PATH")
    return endpoint


def is_on_this_host(endpoint: str) -> bool:
    """Whether file permissions guard it, so that no key has to."""
    return endpoint.startswith("ipc://")


def path_of(endpoint: str) -> str:
    """The path of an endpoint on this host.

    >>> path_of("ipc:///tmp/bus.ipc")
    '/tmp/bus.ipc'
    """
    return endpoint.removeprefix("ipc://")


def new_socket(context: zmq.Context[zmq.Socket[bytes]], kind: int) -> zmq.Socket[bytes]:
    """A socket with the limits of this file."""
    found = context.socket(kind)
    found.setsockopt(zmq.LINGER, 0)
    found.setsockopt(zmq.SNDHWM, QUEUE_BATCHES_MAX)
    found.setsockopt(zmq.RCVHWM, QUEUE_BATCHES_MAX)
    found.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES_MAX)
    found.setsockopt(zmq.BACKLOG, BACKLOG_MAX)
    found.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    found.setsockopt(zmq.HEARTBEAT_IVL, PING_MS)
    found.setsockopt(zmq.HEARTBEAT_TIMEOUT, 2 * PING_MS)
    found.setsockopt(zmq.RECONNECT_IVL, 20)
    found.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
    return found


class Reading:
    """Waits on the running event loop until a socket may have something; a context manager.

    `look` is called in the very turn of the loop that finds something; `wait` returns behind it
    where it answers that it left something to do.
    """

    def __init__(self, socket: zmq.Socket[bytes], look: Callable[[], bool] = lambda: True) -> None:
        self._socket = socket
        self._look = look
        self._ready = asyncio.Event()
        self._descriptor = int(socket.getsockopt(zmq.FD))

    def __enter__(self) -> Reading:
        asyncio.get_running_loop().add_reader(self._descriptor, self._notice)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)

    async def wait(self, timeout_s: float) -> None:
        """Return once something can be read, or after the time."""
        self._ready.clear()
        # The descriptor tells of changes only: what came before is asked for.
        if int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()

    def wake(self) -> None:
        """Let who waits look: sending may have used up what the descriptor had to tell."""
        if int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            self._ready.set()

    def _notice(self) -> None:
        if self._look():
            self._ready.set()


class KeptFailure:
    """What went wrong in a call of the event loop, kept for the task that answers for it."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._error = error
        return True

    def raise_again(self) -> None:
        """Raise it where there is one."""
        if self._error is not None:
            raise self._error


def received(socket: zmq.Socket[bytes]) -> list[bytes] | None:
    """The next message, None where there is none."""
    try:
        return socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        return None
