"""Kept replies: a reading of the engine that was just told is told again without making it anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.types import Message, Scope, Send

from tradewind.gateway.principal import Principal

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


class KeptReply(msgspec.Struct, frozen=True):
    """An answer without its age, and since when that is 0."""

    headers: list[tuple[bytes, bytes]]
    content: bytes
    tag: bytes
    read_ms: int
    route: Any


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
        self.hits = 0
        self.misses = 0

    def find(self, key: Key) -> KeptReply | None:
        """The reply while it is fresh."""
        found = self._replies.get(key)
        if found is None:
            return None
        now_ms = self._now_ns() // MILLION
        age_ms = now_ms - found.read_ms
        if not 0 <= age_ms <= FRESH_MS or (age_ms > YOUNG_MS and self._is_let_through(key, now_ms)):
            self.misses += 1
            return None
        self.hits += 1
        return found

    def _is_let_through(self, key: Key, now_ms: int) -> bool:
        """One request now and then asks anew, so that the others need not wait at the end."""
        if now_ms - self._let_through_ms.get(key, 0) < LET_THROUGH_MS:
            return False
        if len(self._let_through_ms) >= REPLIES_MAX:
            self._let_through_ms.clear()
        self._let_through_ms[key] = now_ms
        return True

    def body_of(self, reply: KeptReply) -> bytes:
        """The body with its age as it is now."""
        return reply.content + AGE + b"%d}" % (self._now_ns() // MILLION - reply.read_ms)

    def keep(
        self, key: Key, headers: list[tuple[bytes, bytes]], content: bytes, route: Any
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
        self._replies[key] = KeptReply(own, head, tag, read_ms, route)


def key_of(path: str, query: bytes, principal: Principal) -> Key:
    """Who asks what."""
    return path, query, principal


class Keeping:
    """Listens to what is sent, and keeps it where it was one whole good reply."""

    def __init__(self, send: Send, replies: KeptReplies, key: Key, scope: Scope) -> None:
        self._send = send
        self._replies = replies
        self._key = key
        self._scope = scope
        self._headers: list[tuple[bytes, bytes]] | None = None

    async def send(self, message: Message) -> None:
        """Send a message on, and keep the reply when its body is there."""
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._headers = list(message["headers"])
        elif self._headers is not None and not message.get("more_body", False):
            route = self._scope.get("route")
            self._replies.keep(self._key, self._headers, message.get("body", b""), route)
            self._headers = None
        else:
            self._headers = None
        await self._send(message)
