"""The security store of a gateway with one process: in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tradewind.ports.identity import Session
from tradewind.ports.security_store import Rate, Taken, grant

SUBJECTS_MAX = 100_000
"""Subjects remembered; beyond it those whose time has passed go, and then the oldest half."""


class MemorySecurityStore:
    """Counts and knows what one process needs; may be asked from several threads.

    >>> store = MemorySecurityStore()
    >>> rate = Rate(interval_ns=1_000_000_000, burst=2)
    >>> [store.take("ann", rate, count=1, now_ns=5).granted for _ in range(3)]
    [1, 1, 0]
    """

    is_near = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at_ns: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._blocked_until_ns: dict[str, int] = {}

    def take(self, subject: str, rate: Rate, *, count: int, now_ns: int) -> Taken:
        """Take up to `count` requests of a subject: as many as its limit still has."""
        with self._lock:
            taken = grant(self._free_at_ns.get(subject, 0), rate, count=count, now_ns=now_ns)
            if taken.granted:
                self._free_at_ns = _bounded(self._free_at_ns, now_ns)
                self._free_at_ns[subject] = taken.free_at_ns
        return taken

    def session(
        self, session_id: str, generation: int, load: Callable[[], Session | None]
    ) -> Session | None:
        """A session, always from `load`: nobody else looks at it."""
        return load()

    def add_failure(self, subject: str, *, now_ns: int) -> int:
        """Count a failed login of a name or an address; returns how many in a row it has."""
        with self._lock:
            if len(self._failures) >= SUBJECTS_MAX:
                self._failures = dict(list(self._failures.items())[SUBJECTS_MAX // 2 :])
            count = self._failures[subject] = self._failures.pop(subject, 0) + 1
        return count

    def block(self, subject: str, *, until_ns: int, now_ns: int) -> None:
        """Let a subject wait."""
        with self._lock:
            self._blocked_until_ns = _bounded(self._blocked_until_ns, now_ns)
            self._blocked_until_ns[subject] = until_ns

    def blocked_until_ns(self, subject: str) -> int:
        """Until when a subject must wait; 0 where it need not."""
        return self._blocked_until_ns.get(subject, 0)

    def forgive(self, subject: str) -> None:
        """Forget a subject's failures."""
        with self._lock:
            self._failures.pop(subject, None)
            self._blocked_until_ns.pop(subject, None)


def _bounded(until_ns: dict[str, int], now_ns: int) -> dict[str, int]:
    if len(until_ns) < SUBJECTS_MAX:
        return until_ns
    kept = {subject: at for subject, at in until_ns.items() if at > now_ns}
    if len(kept) >= SUBJECTS_MAX:
        kept = dict(sorted(kept.items(), key=lambda item: item[1])[SUBJECTS_MAX // 2 :])
    return kept
