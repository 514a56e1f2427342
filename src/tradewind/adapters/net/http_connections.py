"""Connections to one host over HTTP/1.1, kept alive, with one request under way on each.

A request leaves in the call that asks for it where a connection is free: no queue, no task and no
turn of the event loop stand before its bytes. Nothing is ever sent twice, and an answer that does
not come whole ends its connection, so that it can never be taken for the answer of another.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from functools import lru_cache
from urllib.parse import urlsplit

from tradewind.adapters.net.http_answer import Answer, AnswerReader, BrokenAnswer
from tradewind.adapters.net.outcome import NeverSent, NoAnswer

CONNECTIONS_MAX = 64
"""At once; one more waits for a free one, within its own time to connect."""
KEEP_ALIVE_S = 90.0
"""A connection that was idle for longer is not used again; the questions for the venue's time,
one a minute, keep one open for the next order."""
PORTS = {"http": 80, "https": 443}


class HttpConnections:
    """The connections to one host; `origin` is `http://HOST:PORT` or `https://HOST`.

    Errors say what happened and nothing of what was sent, since that may hold secrets.
    """

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        assert parts.scheme in PORTS, f"{parts.scheme} is not spoken here"
        assert parts.hostname, "a host is needed"
        self._host = parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._is_tls = parts.scheme == "https"
        self._idle: list[_Exchange] = []
        self._open: set[_Exchange] = set()
        self._making = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def send(self, request: bytes, *, time_s: float, connect_s: float) -> Answer:
        """Send a request and return its answer.

        `NeverSent` where there is no connection within `connect_s`; `NoAnswer` where the answer
        is not whole within `time_s`, from now on, or never will be.
        """
        ends_s = asyncio.get_running_loop().time() + time_s
        exchange = self._free() or await self._new(connect_s)
        try:
            return await exchange.send(request, ends_s, time_s)
        finally:
            if exchange.is_free:
                self._idle.append(exchange)
            self._let_on()

    async def close(self) -> None:
        """Close all connections; requests under way get no answer."""
        for closed in [each.close() for each in list(self._open)]:
            await closed

    def _free(self) -> _Exchange | None:
        """An idle connection; the one used last, as the others may soon be too old."""
        oldest_s = asyncio.get_running_loop().time() - KEEP_ALIVE_S
        while self._idle:
            exchange = self._idle.pop()
            if exchange.is_free and exchange.idle_since_s > oldest_s:
                return exchange
            exchange.abort()
        return None

    async def _new(self, connect_s: float) -> _Exchange:
        ends_s = asyncio.get_running_loop().time() + connect_s
        while len(self._open) + self._making >= CONNECTIONS_MAX:
            await self._room(ends_s)
            if (exchange := self._free()) is not None:
                return exchange
        self._making += 1
        try:
            return await self._made(ends_s)
        finally:
            self._making -= 1
            self._let_on()

    async def _room(self, ends_s: float) -> None:
        """Wait until a connection is free or may be made."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiting)
        timer = loop.call_at(ends_s, _fail, waiting, NeverSent("no connection in time"))
        try:
            await waiting
        finally:
            timer.cancel()
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif waiting.cancelled():
                self._let_on()

    def _let_on(self) -> None:
        """One that waits may look again."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    async def _made(self, ends_s: float) -> _Exchange:
        loop = asyncio.get_running_loop()
        # in a task of its own, since who sends may have none before its first wait
        making = loop.create_task(self._connect())
        try:
            await asyncio.wait([making], timeout=max(0.0, ends_s - loop.time()))
        finally:
            if not making.done():
                making.cancel()
        failure: NeverSent
        if not making.done():
            raise NeverSent("no connection in time")
        try:
            return making.result()
        except ssl.SSLError as error:
            failure = NeverSent(f"no connection (TLS: {error.reason or 'not trusted'})")
        except OSError as error:
            failure = NeverSent(f"no connection ({error.strerror or 'refused'})")
        raise failure

    async def _connect(self) -> _Exchange:
        _, exchange = await asyncio.get_running_loop().create_connection(
            lambda: _Exchange(self._open),
            self._host,
            self._port,
            ssl=_tls() if self._is_tls else None,
        )
        return exchange


class _Exchange(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, connections: set[_Exchange]) -> None:
        self.idle_since_s = 0.0
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._answered: asyncio.Future[Answer] | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_free(self) -> bool:
        """Whether a request may be sent on it."""
        transport = self._transport
        return self._answered is None and transport is not None and not transport.is_closing()

    async def send(self, request: bytes, ends_s: float, time_s: float) -> Answer:
        """Send it in this very call; its answer, or `NoAnswer` and the connection is over."""
        assert self.is_free, "a request is under way"
        transport = self._transport
        assert transport is not None
        loop = asyncio.get_running_loop()
        answered = self._answered = loop.create_future()
        self._reader = AnswerReader()
        late = NoAnswer(f"no answer within {time_s:.3g} s")
        timer = loop.call_at(ends_s, _fail, answered, late)
        answer: Answer | None = None
        try:
            transport.write(request)
            answer = await answered
            return answer
        finally:
            timer.cancel()
            self._answered = self._reader = None
            self.idle_since_s = loop.time()
            # what the host has not taken of an answered request would stand before the next one
            if answer is None or answer.is_last or transport.get_write_buffer_size():
                self.abort()

    def abort(self) -> None:
        """Close it now; its place is free at once."""
        self._connections.discard(self)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> asyncio.Future[None]:
        """Close it; done when it is."""
        self.abort()
        return self._closed

    # --- what the event loop tells ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer; where none is due the connection cannot be trusted any more."""
        if self._reader is None or self._answered is None or self._answered.done():
            self.abort()
            return
        try:
            answer = self._reader.take(data)
        except BrokenAnswer as error:
            self._answered.set_exception(NoAnswer(f"the answer broke off ({error})"))
            return
        if answer is not None:
            self._answered.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over; an answer without a length ends so."""
        self._connections.discard(self)
        if not self._closed.done():
            self._closed.set_result(None)
        if self._reader is None or self._answered is None or self._answered.done():
            return
        answer, why = None, "the connection ended"
        try:
            answer = None if exc is not None else self._reader.end()
        except BrokenAnswer as error:
            why = str(error)
        if answer is None:
            self._answered.set_exception(NoAnswer(f"the answer broke off ({why})"))
        else:
            self._answered.set_result(answer)


def _fail(waiting: asyncio.Future[Answer] | asyncio.Future[None], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The machine's trusted authorities; reading them takes a while."""
    return ssl.create_default_context()
