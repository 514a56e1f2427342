"""The far layer of a cache in Redis: values with an end, and who makes the next one."""

from __future__ import annotations

import secrets
from typing import Any

from redis import Redis
from redis.commands.core import Script

from tradewind.adapters.redis.attempts import Attempts
from tradewind.ports.cache import Kept

PREFIX = "tradewind:cache:"
RELEASE = b"""
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisFarCache:
    """Keeps values in Redis; while Redis fails it knows nothing, and everybody may make."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = client
        self._attempts = Attempts()
        self._release = Script(client, RELEASE)
        self._name = secrets.token_hex(8)

    def get(self, key: str) -> Kept | None:
        """A value with what is left of its life; None where there is none."""

        def ask() -> Kept | None:
            pipeline = self._client.pipeline(transaction=False)
            value, left_ms = pipeline.get(PREFIX + key).pttl(PREFIX + key).execute()
            return None if value is None or left_ms <= 0 else Kept(value, left_ms / 1000)

        return self._attempts.first(ask, lambda: None)

    def put(self, key: str, value: bytes, *, life_s: float) -> None:
        """Keep a value for so long."""
        life_ms = max(1, round(life_s * 1000))
        self._attempts.first(
            lambda: self._client.set(PREFIX + key, value, px=life_ms), lambda: None
        )

    def claim(self, key: str, *, life_s: float) -> bool:
        """True for the one who is to make a value; nobody else is for so long, or until release."""
        life_ms = max(1, round(life_s * 1000))
        return self._attempts.first(
            lambda: bool(self._client.set(_claim(key), self._name, px=life_ms, nx=True)),
            lambda: True,
        )

    def release(self, key: str) -> None:
        """Give a claim of one's own back; another's stays."""
        self._attempts.first(lambda: self._release([_claim(key)], [self._name]), lambda: 0)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def _claim(key: str) -> str:
    return f"{PREFIX}making:{key}"
