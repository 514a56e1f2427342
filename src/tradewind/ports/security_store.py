"""The security store: what all workers of a gateway must count and know together, and at once.

Lock-outs, rate counters, and copies of sessions that other workers have looked at. Losing it costs
nobody more than a fresh count: what must not be lost is in `Identities`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from tradewind.ports.identity import Session


class Rate(msgspec.Struct, frozen=True):
    """A limit: a request each interval on average, and a burst of so many at once."""

    interval_ns: int
    burst: int


class Taken(msgspec.Struct, frozen=True):
    """How many requests were granted, and until when the bucket is not full again."""

    granted: int
    free_at_ns: int


class RateCounters(Protocol):
    """Counts requests by subject."""

    is_near: bool
    """True where a call takes microseconds; else callers use a thread, and take many at once."""

    def take(self, subject: str, rate: Rate, *, count: int, now_ns: int) -> Taken:
        """Take up to `count` requests of a subject: as many as its limit still has."""


class SecurityStore(RateCounters, Protocol):
    """Where they are kept. All calls are short and blocking; `OutsideError` where it fails."""

    def session(
        self, session_id: str, generation: int, load: Callable[[], Session | None]
    ) -> Session | None:
        """A session as it was in a generation of `Identities`, from `load` where nobody looked.

        What was kept in an older generation is not believed.
        """

    def add_failure(self, subject: str, *, now_ns: int) -> int:
        """Count a failed login of a name or an address; returns how many in a row it has."""

    def block(self, subject: str, *, until_ns: int, now_ns: int) -> None:
        """Let a subject wait."""

    def blocked_until_ns(self, subject: str) -> int:
        """Until when a subject must wait; 0 where it need not."""

    def forgive(self, subject: str) -> None:
        """Forget a subject's failures."""


def grant(free_at_ns: int, rate: Rate, *, count: int, now_ns: int) -> Taken:
    """The generic cell rate algorithm (ITU-T I.371, 1996, annex A), for several cells at once.

    >>> grant(0, Rate(interval_ns=10, burst=2), count=3, now_ns=100)
    Taken(granted=2, free_at_ns=120)
    >>> grant(120, Rate(interval_ns=10, burst=2), count=1, now_ns=109).granted
    0
    """
    begin_ns = max(free_at_ns, now_ns)
    fitting = (now_ns + rate.burst * rate.interval_ns - begin_ns) // rate.interval_ns
    granted = max(0, min(count, fitting))
    return Taken(granted, begin_ns + granted * rate.interval_ns)
