"""The control socket: how persons and the gateway reach a running engine, with nothing between.

`control.sock` (0600) in $TRADEWIND_HOME answers one JSON request a line; who may open the file may
ask. A wrong, oversized or late request gets one sentence and never disturbs the engine.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, get_args

from tradewind.model.errors import TradewindError, UserError
from tradewind.model.ids import PERSON
from tradewind.model.messages import (
    AmendIntended,
    CancelAllIntended,
    CancelIntended,
    Halted,
    Resumed,
)
from tradewind.runtime.broadcast import Subscription
from tradewind.runtime.control_file import listen
from tradewind.runtime.control_messages import (
    CONFIRMATION,
    LINE_BYTES_MAX,
    SOCKET_NAME,
    AmendRequest,
    Answer,
    AnyRequest,
    CancelAllRequest,
    CancelRequest,
    HaltRequest,
    HealthRequest,
    HeldOrderRequest,
    InstrumentsRequest,
    MarketRequest,
    MetricsRequest,
    OpenOrdersRequest,
    OrdersRequest,
    Performed,
    PlaceRequest,
    PositionsRequest,
    ResumeRequest,
    StatusRequest,
    SubscribeRequest,
    check_scope,
    decode_request,
    encode_line,
)
from tradewind.runtime.control_target import ControlTarget, Submission
from tradewind.runtime.halt_file import remove_halt_file
from tradewind.runtime.market_board import Following, MarketTold
from tradewind.runtime.read_models import (
    HeldStory,
    OpenOrders,
)

CONNECTIONS_MAX = 64
"""Beyond it a connection gets one sentence and is closed."""
SILENCE_S = 30.0
"""A client that asks nothing for so long is closed."""
WRITE_DEADLINE_S = 5.0
"""A client that does not read for so long is closed."""
ACCEPT_PAUSE_S = 1.0
"""How long nobody is let in after the system had no room for a connection."""

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ControlServer:
    """Serves one engine's control.sock until closed."""

    def __init__(
        self,
        home: Path,
        target: ControlTarget,
        *,
        silence_s: float = SILENCE_S,
        write_deadline_s: float = WRITE_DEADLINE_S,
    ) -> None:
        self._home = home
        self._target = target
        self._silence_s = silence_s
        self._write_deadline_s = write_deadline_s
        self._conversations: set[asyncio.Task[None]] = set()
        self._listening: socket.socket | None = None
        self._handlers = self._answering()

    async def start(self) -> None:
        """Open the socket; raises `OutsideError` where another engine serves this home."""
        self._listening = listen(self._home, CONNECTIONS_MAX)
        self._let_in()

    async def close(self) -> None:
        """End all conversations and remove the socket."""
        if self._listening is None:
            return
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        self._listening = None
        (self._home / SOCKET_NAME).unlink(missing_ok=True)
        await asyncio.sleep(0)  # Every conversation has begun, and so will close its connection.
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await asyncio.sleep(0)  # The connections close in this turn.

    def _let_in(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def _accept(self, listening: socket.socket) -> None:
        # Not asyncio's server: closing that one loses a connection which it is just accepting.
        loop = asyncio.get_running_loop()
        try:
            connection, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            loop.remove_reader(listening)
            loop.call_later(ACCEPT_PAUSE_S, self._let_in)
            return
        crowded = len(self._conversations) >= CONNECTIONS_MAX
        talk = self._turn_away if crowded else self._converse
        conversation = loop.create_task(self._serve(connection, talk))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, connection: socket.socket, talk: Talk) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LINE_BYTES_MAX)
        try:
            await talk(reader, writer)
        except (ConnectionError, TimeoutError):
            writer.transport.abort()  # It went away or does not read; there is nobody to tell.
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _turn_away(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, _refusal(f"{CONNECTIONS_MAX} connections are open: wait"))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await self._read_line(reader)
                request = decode_request(line) if line else None
            except _Unreadable as error:
                await self._send(writer, _refusal(str(error)))
                return
            except ValueError as error:
                await self._send(writer, _refusal(str(error)))
                continue
            if request is None:
                return
            if isinstance(request, SubscribeRequest | MarketRequest):
                is_market = isinstance(request, MarketRequest)
                await (self._push_market if is_market else self._push)(reader, writer)
                return
            await self._send(writer, await self._answer(request))

    async def _read_line(self, reader: asyncio.StreamReader) -> bytes:
        """Return one line, b"" at the end."""
        try:
            async with asyncio.timeout(self._silence_s):
                return await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise _Unreadable("the request does not end with a newline") from None
            return b""
        except asyncio.LimitOverrunError:
            raise _Unreadable(f"the request is longer than {LINE_BYTES_MAX} bytes") from None
        except TimeoutError:
            raise _Unreadable(f"nothing was asked in {self._silence_s:g} s: good bye") from None

    async def _answer(self, request: AnyRequest) -> Answer:
        try:
            return Answer(ok=True, answer=await self._handlers[type(request)](request))
        except TradewindError as error:
            return _refusal(str(error))

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        await self._write(writer, encode_line(answer))

    async def _write(self, writer: asyncio.StreamWriter, line: bytes) -> None:
        writer.write(line)
        async with asyncio.timeout(self._write_deadline_s):
            await writer.drain()

    async def _push(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send updates until the client goes or cannot keep up, then say why it ended."""
        try:
            subscription = self._target.subscribe()
        except TradewindError as error:
            await self._send(writer, _refusal(str(error)))
            return
        leaving = asyncio.create_task(_until_closed(reader, subscription))
        try:
            await self._send(writer, Answer(ok=True))
            async for update in subscription:
                await self._write(writer, encode_line(update))
            await self._send(writer, _refusal(subscription.closed_reason))
        finally:
            subscription.close("the client went away")
            leaving.cancel()

    async def _push_market(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send prices until the client goes; what it does not read in time is told newer."""
        following = self._target.market.follow()
        pushing = asyncio.create_task(self._tell_market(following, writer))
        leaving = asyncio.create_task(_read_out(reader))
        try:
            await asyncio.wait([pushing, leaving], return_when=asyncio.FIRST_COMPLETED)
            if pushing.done():
                pushing.result()
        finally:
            following.close()
            for task in (pushing, leaving):
                task.cancel()
            await asyncio.gather(pushing, leaving, return_exceptions=True)

    async def _tell_market(self, following: Following, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, Answer(ok=True))
        while True:
            rows = await following.rows()
            await self._write(writer, encode_line(MarketTold(self._target.sequence, rows)))

    def _answering(self) -> dict[type, Callable[[Any], Awaitable[Any]]]:
        """Return the table of what answers each request, all but subscribe."""
        target = self._target
        return {
            StatusRequest: _now(target.status),
            OrdersRequest: _now(target.orders),
            OpenOrdersRequest: _now(lambda: _open_orders(target)),
            HeldOrderRequest: partial(_held_order, target),
            PositionsRequest: _now(target.positions),
            HealthRequest: _now(target.health),
            MetricsRequest: _now(target.metrics),
            InstrumentsRequest: _now(target.instruments),
            HaltRequest: self._halt,
            ResumeRequest: self._resume,
            CancelRequest: self._cancel,
            CancelAllRequest: self._cancel_all,
            AmendRequest: self._amend,
            PlaceRequest: self._place,
            **dict.fromkeys(get_args(Performed), self._perform),
        }

    async def _submit(self, event: Submission) -> dict[str, int]:
        # Shielded: a client that goes away, or our own end, leaves no event half submitted.
        return {"sequence": await asyncio.shield(self._target.submit(event))}

    async def _halt(self, request: HaltRequest) -> dict[str, int]:
        return await self._submit(Halted(0, check_scope(request.scope), request.reason, request.by))

    async def _resume(self, request: ResumeRequest) -> dict[str, int]:
        if request.confirm != CONFIRMATION:
            raise UserError(f"type {CONFIRMATION} to confirm that trading shall go on")
        resumed = Resumed(0, check_scope(request.scope), request.by)
        if request.scope == "all":
            # The file goes first: were it there after Resumed, its watcher would halt again.
            remove_halt_file(self._home)
        return await self._submit(resumed)

    async def _cancel(self, request: CancelRequest) -> dict[str, int]:
        return await self._submit(CancelIntended(0, PERSON, request.order_id))

    async def _cancel_all(self, request: CancelAllRequest) -> dict[str, int]:
        return await self._submit(CancelAllIntended(0, PERSON, request.owner, request.instrument))

    async def _amend(self, request: AmendRequest) -> dict[str, int]:
        return await self._submit(
            AmendIntended(
                0,
                PERSON,
                request.order_id,
                *(request.quantity, request.limit_price, request.stop_price),
                *(request.trail, request.trail_share),
            )
        )

    async def _perform(self, request: Performed) -> Any:
        # Shielded for the same reason.
        return await asyncio.shield(self._target.perform(request))

    async def _place(self, request: PlaceRequest) -> dict[str, int]:
        begun = self._target.submit(request.order, *request.exits)
        return {"sequence": await asyncio.shield(begun)}


class _Unreadable(Exception):
    """A connection that no further request can be read from."""


async def _held_order(target: ControlTarget, request: HeldOrderRequest) -> HeldStory | None:
    return target.held_order(request.order_id)


def _open_orders(target: ControlTarget) -> OpenOrders:
    return OpenOrders(sequence=target.sequence, orders=target.open_orders())


def _refusal(sentence: str) -> Answer:
    return Answer(ok=False, error=sentence)


def _now(view: Callable[[], Any]) -> Callable[[Any], Awaitable[Any]]:
    async def answer(_: Any) -> Any:
        return view()

    return answer


async def _until_closed(reader: asyncio.StreamReader, subscription: Subscription) -> None:
    """Close the subscription when the client hangs up."""
    await _read_out(reader)
    subscription.close("the client went away")


async def _read_out(reader: asyncio.StreamReader) -> None:
    """Read and forget what is said, until the other side hangs up."""
    with suppress(ConnectionError):
        while await reader.read(LINE_BYTES_MAX):
            pass
