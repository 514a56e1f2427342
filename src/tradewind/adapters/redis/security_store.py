"""The security store in Redis, with a slower one behind it for when Redis does not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from redis import Redis
from redis.commands.core import Script

from tradewind.adapters.redis.attempts import Attempts
from tradewind.ports.identity import Session
from tradewind.ports.security_store import Rate, SecurityStore, Taken

SESSION_S = 300
"""How long a copy of a session is kept: an access token lives no longer."""
FAILURES_S = 86_400
PREFIX = "tradewind:"
MICROSECOND_NS = 1_000
# Redis counts in doubles, which hold microseconds exactly and nanoseconds not.
TAKE = """
local now, interval, burst, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[4])
local begin = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local fitting = math.floor((now + burst * interval - begin) / interval)
local granted = math.max(0, math.min(count, fitting))
local free_at = begin + granted * interval
if granted > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX',
        math.max(1, math.ceil((free_at - now) / 1000)))
end
return {granted, string.format('%.0f', free_at)}
"""
FAIL = """
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
return count
"""


class RedisSecurityStore:
    """Asks Redis, and the store behind it while Redis fails.

    A count that began on one side is not carried to the other: an outage costs a fresh count.
    """

    is_near = False

    def __init__(self, client: Redis, behind: SecurityStore) -> None:
        self._client: Any = client
        self._behind = behind
        self.attempts = Attempts()
        self._first = self.attempts.first
        self._take = Script(client, TAKE.encode())
        self._fail = Script(client, FAIL.encode())

    @property
    def is_answering(self) -> bool:
        """False from a failure on, until it is tried again."""
        return self.attempts.is_answering

    def take(self, subject: str, rate: Rate, *, count: int, now_ns: int) -> Taken:
        """Take up to `count` requests of a subject: as many as its limit still has."""
        interval_us = max(1, rate.interval_ns // MICROSECOND_NS)
        arguments = [now_ns // MICROSECOND_NS, interval_us, rate.burst, count]

        def ask() -> Taken:
            granted, free_at_us = self._take([f"{PREFIX}rate:{subject}"], arguments)
            return Taken(int(granted), int(free_at_us) * MICROSECOND_NS)

        return self._first(
            ask, lambda: self._behind.take(subject, rate, count=count, now_ns=now_ns)
        )

    def session(
        self, session_id: str, generation: int, load: Callable[[], Session | None]
    ) -> Session | None:
        """A session as another worker saw it in this generation, else from `load`."""
        key = f"{PREFIX}session:{generation}:{session_id}"
        found = self._first(lambda: self._client.get(key), lambda: None)
        if found is not None:
            return msgspec.msgpack.decode(found, type=Session)
        session = load()
        if session is not None:
            # What a refresh token looks like is nobody else's to know.
            kept = msgspec.msgpack.encode(msgspec.structs.replace(session, refresh_hash=b""))
            self._first(lambda: self._client.set(key, kept, ex=SESSION_S), lambda: None)
        return session

    def add_failure(self, subject: str, *, now_ns: int) -> int:
        """Count a failed login of a name or an address; returns how many in a row it has."""
        return self._first(
            lambda: int(self._fail([_failures(subject)], [FAILURES_S])),
            lambda: self._behind.add_failure(subject, now_ns=now_ns),
        )

    def block(self, subject: str, *, until_ns: int, now_ns: int) -> None:
        """Let a subject wait; the store behind is told too, for it outlives this one."""
        key = _failures(subject)
        self._first(
            lambda: (
                self._client.pipeline()
                .hset(key, "until_ns", until_ns)
                .expire(key, FAILURES_S)
                .execute()
            ),
            lambda: None,
        )
        self._behind.block(subject, until_ns=until_ns, now_ns=now_ns)

    def blocked_until_ns(self, subject: str) -> int:
        """Until when a subject must wait; 0 where it need not."""
        found = self._first(lambda: self._client.hget(_failures(subject), "until_ns"), lambda: None)
        # A Redis that was emptied knows of no lock; the store behind was told of each.
        return int(found) if found else self._behind.blocked_until_ns(subject)

    def forgive(self, subject: str) -> None:
        """Forget a subject's failures, here and behind."""
        self._first(lambda: self._client.delete(_failures(subject)), lambda: None)
        self._behind.forgive(subject)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def _failures(subject: str) -> str:
    return f"{PREFIX}failures:{subject[:128]}"
