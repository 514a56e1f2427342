"""One connection to a RabbitMQ: made when needed, at the next node where one fails.

No call waits long, and none behind a node that stands still: it is asked for a sign of life all
the while. Whatever fails is one sentence; after a failure the connection is gone, and what was
taken over it and not done is handed out again by the server.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ProbableAuthenticationError,
    PublishError,
)

from tradewind.adapters.rabbitmq.address import Address, shown
from tradewind.adapters.rabbitmq.opening import first_of
from tradewind.adapters.rabbitmq.patience import CALL_S, PROMPT_CALL_S, Patience
from tradewind.adapters.rabbitmq.sign_of_life import in_time
from tradewind.adapters.rabbitmq.topology import declare
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.ports.broker import Queue

CONNECT_S = 2.0
SIGN_PAUSE_S = 0.25
SIGN_S = 0.75
"""A node that gives no sign of life for so long is left: no call waits for it any longer."""
AVOIDED_S = 15.0
"""A node that failed is tried behind the others for so long."""
CLOSING_S = 5.0
"""How long the end of the program waits for connections that are still being closed."""
HEARTBEAT_S = 10
FAILURES = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)
"""What the client raises where a node is lost; `RuntimeError` where its transport is closed."""

# It is said in our own sentence; the client would write the same to stderr, with a traceback.
logging.getLogger("aiormq").setLevel(logging.CRITICAL)


class Connection:
    """A channel with confirms, on which the queues are declared."""

    def __init__(self, address: Address, queues: tuple[Queue, ...], name: str) -> None:
        self._address = address
        self._queues = queues
        self._name = name
        self._node = 0
        self._failed_s: dict[int, float] = {}
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._signs: asyncio.Task[None] | None = None
        self._call: asyncio.Timeout | None = None
        self._patience = Patience()
        self._closings: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._is_declared = False
        self.number = 0
        """Of the connection: what was taken over an earlier one is not ours any more."""
        self.place = shown(address)

    @asynccontextmanager
    async def channel(self, least_s: float = PROMPT_CALL_S) -> AsyncIterator[AbstractChannel]:
        """The channel, for one call after another; `OutsideError` where it is lost meanwhile.

        Where calls have been quick lately it ends after `least_s`.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(CALL_S + CONNECT_S * len(self._address.nodes)):
                    if self._channel is not None and self._is_lost(self._channel):
                        self._let_go()
                    if self._channel is None:
                        self._channel = await self._connected()
                began_s = time.monotonic()
                allowed_s = self._patience.allowed_s(began_s, least_s)
                async with asyncio.timeout(allowed_s) as self._call:
                    yield self._channel
                self._patience.note_success(time.monotonic() - began_s)
            except FAILURES as error:
                self._let_go()
                self._patience.note_failure(time.monotonic())
                if isinstance(error, (ChannelNotFoundEntity, PublishError)):
                    self._is_declared = False  # Somebody deleted a queue.
                raise self._meaning(error) from error
            except asyncio.CancelledError:
                self._let_go()  # Half a call: nobody knows what the next answer belongs to.
                raise
            finally:
                self._call = None

    @asynccontextmanager
    async def second_channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of its own: what is taken on it and not done goes back when it ends."""
        async with self.channel(CALL_S):
            connection = self._connection
            assert connection is not None, "there is a channel on it"
            channel = await _confirming(connection)
            try:
                yield channel
            finally:
                with suppress(*FAILURES):
                    await channel.close()

    async def close(self) -> None:
        """Close the connection, and wait for those that are still being closed."""
        async with self._turn:
            self._let_go()
            if self._closings:
                await asyncio.wait(self._closings, timeout=CLOSING_S)

    async def _connected(self) -> AbstractChannel:
        """Ask the nodes until one answers; the last one's failure where none does."""
        left = self._in_order()
        failure: Exception = AMQPError("there is no node")
        while left:
            openings = [partial(self._open, number) for number in left]
            node, connection = await first_of(openings, self._close_behind)
            self._node, self._connection = left.pop(node), connection
            try:
                async with asyncio.timeout(CALL_S):
                    channel = await _confirming(connection)
                    await self._declare_once(channel)
            except FAILURES as error:
                failure = error
                self._let_go()
                if refusal(error):
                    raise
            else:
                self.number += 1
                self._signs = asyncio.create_task(self._watch(connection))
                return channel
        raise failure

    def _in_order(self) -> list[int]:
        """The node that answered last, those behind it; then those that failed lately."""
        count, since_s = len(self._address.nodes), time.monotonic() - AVOIDED_S

        def rank(number: int) -> tuple[float, int]:
            return max(self._failed_s.get(number, 0.0), since_s), (number - self._node) % count

        return sorted(range(count), key=rank)

    async def _declare_once(self, channel: AbstractChannel) -> None:
        # A declaration asks every node, and would wait for one that is frozen.
        if not self._is_declared:
            await declare(channel, self._queues)
            self._is_declared = True

    async def _open(self, number: int) -> AbstractConnection:
        address = self._address
        host, port = address.nodes[number]
        url = make_url(
            host=host,
            port=port,
            login=address.user,
            password=address.password,
            virtualhost=address.virtual_host,
            ssl=address.tls is not None,
            client_properties={"connection_name": self._name},
            heartbeat=HEARTBEAT_S,
        )
        connection = aio_pika.Connection(url, ssl_context=address.tls)
        async with AsyncExitStack() as undo:
            # Left to the garbage collector it would be closed on whichever thread that runs.
            undo.callback(self._close_behind, connection)
            try:
                async with asyncio.timeout(CONNECT_S):
                    await connection.connect()
            except FAILURES:
                self._failed_s[number] = time.monotonic()
                raise
            undo.pop_all()
        return connection

    async def _watch(self, connection: AbstractConnection) -> None:
        """Ask the node itself, not its queues, for signs of life; end the call without them."""
        with suppress(*FAILURES):
            channel = await in_time(_plain(connection), SIGN_S)
            while True:
                await asyncio.sleep(SIGN_PAUSE_S)
                await in_time(channel.set_qos(prefetch_count=1), SIGN_S)
        if self._call is not None:
            with suppress(RuntimeError):  # It is ending already.
                self._call.reschedule(asyncio.get_running_loop().time())

    def _is_lost(self, channel: AbstractChannel) -> bool:
        return channel.is_closed or self._signs is None or self._signs.done()

    def _let_go(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if self._signs is not None:
            self._signs.cancel()
            self._signs = None
        if connection is not None:
            self._failed_s[self._node] = time.monotonic()
            self._close_behind(connection)

    def _close_behind(self, connection: AbstractConnection) -> None:
        """Close it while others go on: a node that stands still says no good-bye."""
        closing = asyncio.create_task(_closed(connection))
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)

    def _meaning(self, error: Exception) -> TradewindError:
        refused = refusal(error)
        if refused:
            return OutsideError(f"{self.place} {refused}", fault="ours", retry=False)
        said = "no answer in time" if isinstance(error, TimeoutError) else first_line(error)
        return OutsideError(
            f"{self.place} does not answer ({said}): start it, or correct RABBITMQ_URL",
            fault="theirs",
            retry=True,
        )


async def _closed(connection: AbstractConnection) -> None:
    with suppress(*FAILURES):
        await connection.close()


async def _plain(connection: AbstractConnection) -> AbstractChannel:
    return await connection.channel(publisher_confirms=False)


async def _confirming(connection: AbstractConnection) -> AbstractChannel:
    """A channel that tells what became of a message, also where no queue took it."""
    return await connection.channel(publisher_confirms=True, on_return_raises=True)


REFUSALS: tuple[tuple[type[Exception], str, str], ...] = (
    (AuthenticationError, "", "refuses user or password: correct them in RABBITMQ_URL"),
    (ProbableAuthenticationError, "", "refuses user or password: correct them in RABBITMQ_URL"),
    (
        AMQPError,
        "Connection.OpenOk",  # It closes instead of opening the virtual host.
        "has no such virtual host, or this user may not enter: look at the end of RABBITMQ_URL",
    ),
    (
        ChannelPreconditionFailed,
        "",
        "has a queue of ours with other properties: empty and delete it, the program makes it anew",
    ),
    (
        OSError,
        "CERTIFICATE_VERIFY_FAILED",
        "has a certificate that is not trusted: look at cafile in RABBITMQ_URL",
    ),
    (OSError, "[SSL", "does not speak TLS there: look at RABBITMQ_URL and its port"),
)
"""Kind and words of what will be the same at the next attempt, and what to do about it."""


def refusal(error: Exception) -> str:
    """What a failure means that the next attempt would meet as well, "" for any other."""
    said = f"{error} {error.__cause__ or ''}"
    return next(
        (meaning for kind, words, meaning in REFUSALS if isinstance(error, kind) and words in said),
        "",
    )


def first_line(error: Exception) -> str:
    """What the client says, in one line without addresses that may hold a password."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    if "Connection refused" in said or "Connect call failed" in said:
        return "nothing listens there"
    return type(error).__name__ if "://" in said else said
