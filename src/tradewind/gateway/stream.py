"""The stream at `/ws`: one subscription to the engine, carried to every client that may see it.

A client gets a snapshot and then updates with the journal's sequence. Market updates conflate; all
others never drop: a client too slow for them is closed with a reason and comes back with the last
sequence it has, `since`, to get what it missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress

import anyio
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradewind.gateway.market_stream import MarketStream
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.services import Services
from tradewind.gateway.stream_client import Ask, Client
from tradewind.gateway.stream_sources import Sources
from tradewind.gateway.told import Told
from tradewind.gateway.views import accounts_by_strategy, visible_status
from tradewind.model.errors import TradewindError
from tradewind.model.ids import PERSON
from tradewind.runtime.broadcast import Broadcast, Subscription
from tradewind.runtime.control_client import socket_address
from tradewind.runtime.control_messages import (
    ANSWER_BYTES_MAX,
    StatusRequest,
    SubscribeRequest,
    encode_line,
)
from tradewind.runtime.read_models import Update

CLIENTS_MAX = 2_000
QUEUE_LENGTH_MAX = 1_000
"""Updates that may wait for one client; beyond it market updates go, then the client."""
KEPT_UPDATES = 10_000
"""Updates kept for clients that come back; with an older `since` they get a snapshot again."""
AGAIN_S = 1.0
"""How long after losing the engine it is tried again."""
FOLLOW_DEADLINE_S = 3.0
"""How long a client waits for the engine before it is told that there is none."""
FLUSH_S = 0.02
"""Where many listen, what comes within so long is sent to a client together."""
MANY = 32
REASON_BYTES_MAX = 120
"""What a close frame has room for."""
TOO_SLOW, NOT_ALLOWED, WRONG, GOING = 4408, 4403, 4400, 1001


Ending = tuple[int, str]


class Stream:
    """Reads the engine's updates while there are clients, and hands them on."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._broadcast = Broadcast(queue_length_max=QUEUE_LENGTH_MAX, subscribers_max=CLIENTS_MAX)
        self._kept: deque[Told] = deque(maxlen=KEPT_UPDATES)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_following = asyncio.Event()
        self._clients: set[Client] = set()
        self._sources = Sources(services, self._publish, self._is_wanted)
        self._market = MarketStream(services.home, self._publish, lambda: self._count("market"))
        self._pending: list[Told] = []

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it goes or cannot keep up."""
        principal: Principal | None = socket.state.principal
        if principal is None or not principal.may(Permission.READ_TRADING):
            await socket.close(NOT_ALLOWED, "log in, or send an API key, that may read trading")
            return
        offered = socket.scope.get("subprotocols", [])
        await socket.accept("bearer" if "bearer" in offered else None)
        code, reason = await _outcome(self._talk(socket, principal))
        if code:
            # It may be gone, or not read even this.
            with suppress(RuntimeError, WebSocketDisconnect), anyio.move_on_after(1):
                await socket.close(code, reason[:REASON_BYTES_MAX])

    async def close(self) -> None:
        """End all subscriptions and stop reading."""
        self._broadcast.close("the gateway stops")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _talk(self, socket: WebSocket, principal: Principal) -> Ending:
        """Talk until one side ends; returns why."""
        client = Client(socket, principal)
        asked = await client.next_ask()
        self._start()
        subscription = self._broadcast.subscribe()
        self._clients.add(client)
        endings: list[Ending] = []
        try:
            await self._begin(client, asked, subscription)
            async with anyio.create_task_group() as group:

                async def until_end(talk: Awaitable[Ending]) -> None:
                    endings.append(await _outcome(talk))
                    group.cancel_scope.cancel()

                group.start_soon(until_end, client.listen())
                group.start_soon(until_end, self._send(client, subscription))
        finally:
            self._clients.discard(client)
            subscription.close("the client went away")
        return endings[0]

    def _is_wanted(self, channel: str) -> bool:
        return any(channel in client.channels for client in self._clients)

    def _count(self, channel: str) -> int:
        return sum(channel in client.channels for client in self._clients)

    async def _begin(self, client: Client, asked: Ask, subscription: Subscription) -> None:
        """Send what the client missed where that is still known, else a snapshot."""
        async with asyncio.timeout(FOLLOW_DEADLINE_S):
            await self._is_following.wait()  # A snapshot from before would leave a gap behind it.
        client.accounts = await accounts_by_strategy(self._services)
        await self._tell_journal(client, asked)
        first_kept = self._kept[0].sequence if self._kept else 0
        if asked.since and first_kept and asked.since >= first_kept - 1:
            self._flush()
            subscription.leave_out(self._kept)
            await client.send_updates([each for each in self._kept if each.sequence > asked.since])
            self._begin_journal(client)
            return
        status = await self._services.engine.ask(StatusRequest())
        body = visible_status(status, client.principal)
        client.snapshot_sequence = status["sequence"]
        await client.send({"type": "snapshot", "sequence": status["sequence"], "body": body})
        self._begin_journal(client)

    def _begin_journal(self, client: Client) -> None:
        """What was written since it was told of the past must not be missed."""
        if "journal" in client.channels:
            client.journal_sequence = max(client.journal_sequence, client.snapshot_sequence)
            self._sources.begin_journal(client.journal_sequence)

    async def _tell_journal(self, client: Client, asked: Ask) -> None:
        """The records of the journal that a client of that channel missed, as far as they go."""
        if not asked.since or "journal" not in client.channels:
            return
        client.journal_sequence = asked.since
        after = asked.since
        while True:
            found, last = await run_in_threadpool(self._sources.records, after)
            await client.send_updates(found)
            if last == after:
                return
            after = last

    async def _send(self, client: Client, subscription: Subscription) -> Ending:
        while updates := await subscription.several():
            if any(each.body.get("strategy", PERSON) not in client.accounts for each in updates):
                client.accounts = await accounts_by_strategy(self._services)
            await client.send_updates([each for each in updates if isinstance(each, Told)])
        reason = subscription.closed_reason
        return (TOO_SLOW if reason.startswith("too slow") else GOING), reason

    def _start(self) -> None:
        if not self._tasks:
            followed = self._follow_engine(), self._market.run()
            self._tasks = [*map(asyncio.create_task, followed), *self._sources.start()]

    async def _follow_engine(self) -> None:
        """Subscribe to the engine, again and again; clients hear of a gap by a new snapshot."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._read_updates()
            self._is_following.clear()
            self._flush()
            self._kept.clear()
            self._broadcast.close("the engine's updates were interrupted: subscribe again")
            await asyncio.sleep(AGAIN_S)

    def _publish(self, update: Told) -> None:
        """Hand an update to all clients, with others where there are many."""
        self._pending.append(update)
        if len(self._clients) < MANY:
            self._flush()
        elif len(self._pending) == 1:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        for update in pending:
            self._broadcast.publish(update)

    async def _read_updates(self) -> None:
        with socket_address(self._services.home) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=ANSWER_BYTES_MAX)
        try:
            writer.write(encode_line(SubscribeRequest()))
            await reader.readuntil(b"\n")
            self._is_following.set()
            decode = msgspec.json.Decoder(Update).decode
            while True:
                line = await reader.readuntil(b"\n")
                try:
                    told = Told.of(decode(line))
                except msgspec.DecodeError:
                    return  # The engine's last words: why it ends.
                self._kept.append(told)
                self._publish(told)
        finally:
            writer.close()


async def _outcome(talk: Awaitable[Ending]) -> Ending:
    """How a conversation ended: a code and a sentence to close with, (0, "") where it is closed."""
    try:
        return await talk
    except WebSocketDisconnect:
        return 0, ""
    except TimeoutError:
        return GOING, "no engine answers, or you read too slowly"
    except (TradewindError, msgspec.DecodeError) as error:
        return WRONG, str(error)
