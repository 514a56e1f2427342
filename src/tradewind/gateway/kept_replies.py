"""Kept replies: a reading of the engine that was just told is told again without making it anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.types import Message, Scope, Send

from tradewind.gateway.content import encoded, tag_of
from tradewind.gateway.principal import Principal
from tradewind.model.errors import TradewindError

FRESH_MS = 100
"""No reading is told again that is older."""
YOUNG_MS = 50
"""Of an older one some requests ask for the next already."""
LET_THROUGH_MS = 10
REPLIES_MAX = 1_000
"""Beyond it all are forgotten."""
AGE = b',"age_ms":'
MILLION = 1_000_000

Key = tuple[str, bytes, Principal]
Protected = Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]
"""Adds the headers that every answer has."""


Made = tuple[Mapping[str, Any], int]
"""A body, and the time it is as of."""
Make = Callable[[int], Awaitable[Made]]
"""Reads a body anew, no older than so many nanoseconds."""


class KeptReply(msgspec.Struct, frozen=True):
    """An answer without its age, and since when that is 0; `make` knows how to make it anew."""

    headers: list[tuple[bytes, bytes]]
    content: bytes
    tag: bytes
    read_ms: int
    route: Any
    make: Make | None = None


class KeptReplies:
    """Replies by what was asked and who asked; what one user was told no other one hears.

    >>> from tradewind.gateway.principal import LOCAL
    >>> time_ms, key = [0], key_of("/p", b"", LOCAL)
    >>> replies = KeptReplies(lambda: time_ms[0] * MILLION)
    >>> replies.keep(key, [], b'{"a":1,"age_ms":40}', None)
    >>> time_ms[0] = 10
    >>> replies.body_of(replies.find(key))
    b'{"a":1,"age_ms":50}'
    >>> time_ms[0] = 61
    >>> replies.find(key) is None
    True
    """

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._replies: dict[Key, KeptReply] = {}
        self._let_through_ms: dict[Key, int] = {}
        self._tasks: dict[Key, asyncio.Task[KeptReply]] = {}
        self.hits = 0
        self.misses = 0

    def find(self, key: Key) -> KeptReply | None:
        """The reply while it is fresh; one that will not be for long is begun to be made anew."""
        found = self._replies.get(key)
        if found is None:
            return None
        now_ms = self._now_ns() // MILLION
        age_ms = now_ms - found.read_ms
        is_young = 0 <= age_ms <= YOUNG_MS
        if not is_young and (age_ms > FRESH_MS or age_ms < 0 or self._needs_route(found, key)):
            self.misses += 1
            return None
        self.hits += 1
        return found

    async def again(self, key: Key) -> KeptReply | None:
        """The reply made anew, once for all who wait; None where the route has to be asked."""
        found = self._replies.get(key)
        if found is None or found.make is None:
            return None
        try:
            return await asyncio.shield(self._making(key, found, found.make))
        except TradewindError:
            self._replies.pop(key, None)
            return None

    def _needs_route(self, found: KeptReply, key: Key) -> bool:
        """Begin to make the next one; where nobody knows how, one request now and then asks."""
        if found.make is not None:
            self._making(key, found, found.make)
            return False
        now_ms = self._now_ns() // MILLION
        if now_ms - self._let_through_ms.get(key, 0) < LET_THROUGH_MS:
            return False
        if len(self._let_through_ms) >= REPLIES_MAX:
            self._let_through_ms.clear()
        self._let_through_ms[key] = now_ms
        return True

    def _making(self, key: Key, found: KeptReply, make: Make) -> asyncio.Task[KeptReply]:
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(self._made(key, found, make))
            task.add_done_callback(lambda done: self._forget(key, done))
        return task

    async def _made(self, key: Key, found: KeptReply, make: Make) -> KeptReply:
        body, time_ns = await make(YOUNG_MS * MILLION)
        content = encoded(body)[:-1]
        tag = tag_of(content + b"}").encode()
        headers = [(name, tag if name == b"etag" else value) for name, value in found.headers]
        reply = KeptReply(headers, content, tag, time_ns // MILLION, found.route, make)
        self._replies[key] = reply
        return reply

    def _forget(self, key: Key, task: asyncio.Task[KeptReply]) -> None:
        self._tasks.pop(key, None)
        if not task.cancelled():
            task.exception()  # Heard by whoever awaited it; nobody else needs a warning.

    def body_of(self, reply: KeptReply) -> bytes:
        """The body with its age as it is now."""
        return reply.content + AGE + b"%d}" % (self._now_ns() // MILLION - reply.read_ms)

    def keep(
        self,
        key: Key,
        headers: list[tuple[bytes, bytes]],
        content: bytes,
        route: Any,
        make: Make | None = None,
    ) -> None:
        """Keep a reply that ends with its age; others are not kept."""
        head, _, age = content.rpartition(AGE)
        if not head or not age[:-1].isdigit():
            return
        if len(self._replies) >= REPLIES_MAX:
            self._replies.clear()
        own = [each for each in headers if each[0] != b"content-length"]
        tag = next((value for name, value in own if name == b"etag"), b"")
        read_ms = self._now_ns() // MILLION - int(age[:-1])
        self._replies[key] = KeptReply(own, head, tag, read_ms, route, make)


def key_of(path: str, query: bytes, principal: Principal) -> Key:
    """Who asks what."""
    return path, query, principal


class Keeping:
    """Listens to what is sent, and keeps it where it was one whole good reply."""

    def __init__(
        self, send: Send, replies: KeptReplies, key: Key, scope: Scope, protected: Protected
    ) -> None:
        self._protected = protected
        self._send = send
        self._replies = replies
        self._key = key
        self._scope = scope
        self._headers: list[tuple[bytes, bytes]] | None = None

    async def send(self, message: Message) -> None:
        """Send a message on, and keep the reply when its body is there."""
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._headers = self._protected(list(message["headers"]))
        elif self._headers is not None and not message.get("more_body", False):
            route = self._scope.get("route")
            make = self._scope["state"].get("make")
            self._replies.keep(self._key, self._headers, message.get("body", b""), route, make)
            self._headers = None
        else:
            self._headers = None
        await self._send(message)
