"""The far layer of a cache in memory, for workers that are in one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tradewind.ports.cache import Kept

KEYS_MAX = 10_000
"""Beyond it all are forgotten."""


class MemoryFarCache:
    """Keeps values of one process; `share` gives another worker's face of the same.

    >>> cache = MemoryFarCache(lambda: 5.0)
    >>> cache.put("a", b"1", life_s=2.0)
    >>> cache.get("a")
    Kept(value=b'1', left_s=2.0)
    >>> cache.claim("a", life_s=1.0), cache.share().claim("a", life_s=1.0)
    (True, False)
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._values: dict[str, tuple[float, bytes]] = {}
        self._claims: dict[str, tuple[float, object]] = {}

    def share(self) -> MemoryFarCache:
        """Another worker's face: the same values, claims of its own."""
        other = MemoryFarCache(self._clock_s)
        other._lock, other._values, other._claims = self._lock, self._values, self._claims
        return other

    def get(self, key: str) -> Kept | None:
        """A value with what is left of its life; None where there is none."""
        until_s, value = self._values.get(key, (0.0, b""))
        left_s = until_s - self._clock_s()
        return Kept(value, left_s) if left_s > 0 else None

    def put(self, key: str, value: bytes, *, life_s: float) -> None:
        """Keep a value for so long."""
        with self._lock:
            if len(self._values) >= KEYS_MAX:
                self._values.clear()
            self._values[key] = self._clock_s() + life_s, value

    def claim(self, key: str, *, life_s: float) -> bool:
        """True for the one who is to make a value; nobody else is for so long, or until release."""
        now_s = self._clock_s()
        with self._lock:
            if len(self._claims) >= KEYS_MAX:
                self._claims.clear()
            if self._claims.get(key, (now_s, None))[0] > now_s:
                return False
            self._claims[key] = now_s + life_s, self
        return True

    def release(self, key: str) -> None:
        """Give a claim of one's own back; another's stays."""
        with self._lock:
            if self._claims.get(key, (0.0, None))[1] is self:
                del self._claims[key]
