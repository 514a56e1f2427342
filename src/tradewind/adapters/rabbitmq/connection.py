"""One connection to a RabbitMQ: made when needed, at the next node where one fails.

No call waits long. Whatever fails is one sentence; after a failure the connection is gone, and what
was taken over it and not done is handed out again by the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

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
from tradewind.adapters.rabbitmq.topology import declare
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.ports.broker import Queue

CALL_S = 2.0
"""The longest one call may take: a frozen node would hold its client for ever."""
CONNECT_S = 2.0
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
        self._first = 0
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._turn = asyncio.Lock()
        self._is_declared = False
        self.number = 0
        """Of the connection: what was taken over an earlier one is not ours any more."""
        self.place = shown(address)

    @asynccontextmanager
    async def channel(self, call_s: float = CALL_S) -> AsyncIterator[AbstractChannel]:
        """The channel, for one call after another; `OutsideError` where it is lost meanwhile."""
        async with self._turn:
            try:
                async with asyncio.timeout(call_s + CONNECT_S * len(self._address.nodes)):
                    if self._channel is not None and self._channel.is_closed:
                        await self._let_go()
                    if self._channel is None:
                        self._channel = await self._connected()
                async with asyncio.timeout(call_s):
                    yield self._channel
            except FAILURES as error:
                await self._let_go()
                if isinstance(error, (ChannelNotFoundEntity, PublishError)):
                    self._is_declared = False  # Somebody deleted a queue.
                raise self._meaning(error) from error
            except asyncio.CancelledError:
                await self._let_go()  # Half a call: nobody knows what the next answer belongs to.
                raise

    @asynccontextmanager
    async def second_channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of its own: what is taken on it and not done goes back when it ends."""
        async with self.channel():
            connection = self._connection
            assert connection is not None, "there is a channel on it"
            channel = await connection.channel(publisher_confirms=True)
            try:
                yield channel
            finally:
                with suppress(*FAILURES):
                    await channel.close()

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            await self._let_go()

    async def _connected(self) -> AbstractChannel:
        """Ask the nodes in turn; the last one's failure where none answers."""
        nodes = self._address.nodes
        failure: Exception = AMQPError("there is no node")
        for step in range(len(nodes)):
            place = (self._first + step) % len(nodes)
            try:
                self._connection = await self._open(*nodes[place])
                async with asyncio.timeout(CALL_S):
                    channel = await self._connection.channel(publisher_confirms=True)
                    await self._declare_once(channel)
            except FAILURES as error:
                failure = error
                await self._let_go()
                if refusal(error):
                    raise
            else:
                self._first = place
                self.number += 1
                return channel
        raise failure

    async def _declare_once(self, channel: AbstractChannel) -> None:
        # A declaration asks every node, and would wait for one that is frozen.
        if not self._is_declared:
            await declare(channel, self._queues)
            self._is_declared = True

    async def _open(self, host: str, port: int) -> AbstractConnection:
        address = self._address
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
            undo.push_async_callback(connection.close)
            async with asyncio.timeout(CONNECT_S):
                await connection.connect()
            undo.pop_all()
        return connection

    async def _let_go(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        self._first = (self._first + 1) % len(self._address.nodes)
        if connection is not None:
            with suppress(*FAILURES):
                async with asyncio.timeout(1):
                    await connection.close()

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
