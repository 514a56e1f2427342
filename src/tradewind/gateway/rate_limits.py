"""Rate limits: so many requests a minute on average, with a burst, over all workers.

A worker that has to ask a store far away takes some requests at once and grants them itself, so
that most requests wait for nobody; never more are granted than there are, but what a worker took
and did not use within a second is lost.
"""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.model.errors import OutsideError
from tradewind.ports.security_store import Rate, RateCounters, Taken

SUBJECTS_MAX = 100_000
"""Subjects of which something was taken at once; beyond it all are asked for anew."""
MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000
TAKEN_SHARE = 20
"""What is taken at once is this part of a burst, at least one request."""
TAKEN_NS = SECOND_NS


class Allowance(msgspec.Struct, frozen=True):
    """What is left: `wait_ns` > 0 says that the request is one too many and when to come back."""

    limit: int
    remaining: int
    wait_ns: int
    reset_ns: int

    def headers(self) -> dict[str, str]:
        """The `RateLimit-*` headers (and Retry-After where it is needed), in seconds."""
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(-(-self.reset_ns // SECOND_NS)),
        }
        if self.wait_ns > 0:
            found["Retry-After"] = str(max(1, -(-self.wait_ns // SECOND_NS)))
        return found

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same of a granted request, as a server sends them."""
        return [
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % -(-self.reset_ns // SECOND_NS)),
        ]


class _Share(msgspec.Struct):
    """What this worker took of a subject and may still grant."""

    left: int
    free_at_ns: int
    until_ns: int


class RateLimit:
    """One limit, counted for each subject by itself.

    >>> import asyncio
    >>> from tradewind.adapters.memory.security_store import MemorySecurityStore
    >>> limit = RateLimit("api", MemorySecurityStore(), spare=MemorySecurityStore(),
    ...                   per_minute=60, burst=2)
    >>> [asyncio.run(limit.take("ann", 0)).wait_ns for _ in range(3)]
    [0, 0, 1000000000]
    """

    def __init__(
        self, name: str, counters: RateCounters, *, spare: RateCounters, per_minute: int, burst: int
    ) -> None:
        assert per_minute > 0, "a limit is positive"
        assert burst > 0, "a burst is positive"
        self._name = name
        self._counters = counters
        self._spare = spare
        self._per_minute = per_minute
        self._rate = Rate(MINUTE_NS // per_minute, burst)
        self._count = 1 if counters.is_near else max(1, burst // TAKEN_SHARE)
        self._shares: dict[str, _Share] = {}
        self._refused: dict[str, tuple[int, Allowance]] = {}

    async def take(self, subject: str, now_ns: int) -> Allowance:
        """Count a request of a subject, unless it is one too many."""
        refused = self.refused(subject, now_ns)
        if refused is not None:
            return refused
        share = self._shares.get(subject)
        if share is not None and share.left and now_ns < share.until_ns:
            share.left -= 1
            return self._allowance(share.free_at_ns, share.left, now_ns)
        taken = await self._ask(f"{self._name} {subject}", now_ns)
        if not taken.granted:
            return self._refusal(subject, taken, now_ns)
        if taken.granted > 1:
            if len(self._shares) >= SUBJECTS_MAX:
                self._shares.clear()
            share = _Share(taken.granted - 1, taken.free_at_ns, now_ns + TAKEN_NS)
            self._shares[subject] = share
        return self._allowance(taken.free_at_ns, taken.granted - 1, now_ns)

    def refused(self, subject: str, now_ns: int) -> Allowance | None:
        """What was refused to a subject, while nobody could grant it more.

        Until then neither the store nor anything else has to be asked.
        """
        found = self._refused.get(subject)
        if found is None:
            return None
        until_ns, allowance = found
        wait_ns = until_ns - now_ns
        if not 0 < wait_ns <= allowance.wait_ns:  # A clock that was set back says nothing.
            del self._refused[subject]
            return None
        return allowance

    async def _ask(self, subject: str, now_ns: int) -> Taken:
        if self._counters.is_near:
            return self._counters.take(subject, self._rate, count=1, now_ns=now_ns)
        return await run_in_threadpool(self._ask_far, subject, now_ns)

    def _ask_far(self, subject: str, now_ns: int) -> Taken:
        """Ask the store; where it fails, each worker counts by itself: better than not at all."""
        try:
            return self._counters.take(subject, self._rate, count=self._count, now_ns=now_ns)
        except OutsideError:
            return self._spare.take(subject, self._rate, count=1, now_ns=now_ns)

    def _allowance(self, free_at_ns: int, left: int, now_ns: int) -> Allowance:
        owed = -(-max(0, free_at_ns - now_ns) // self._rate.interval_ns)
        remaining = min(self._rate.burst, max(0, self._rate.burst - owed + left))
        return Allowance(self._per_minute, remaining, 0, max(0, free_at_ns - now_ns))

    def _refusal(self, subject: str, taken: Taken, now_ns: int) -> Allowance:
        over_ns = taken.free_at_ns - now_ns
        wait_ns = max(1, over_ns - (self._rate.burst - 1) * self._rate.interval_ns)
        allowance = Allowance(self._per_minute, 0, wait_ns, over_ns)
        if len(self._refused) >= SUBJECTS_MAX:
            self._refused.clear()
        self._refused[subject] = (now_ns + wait_ns, allowance)
        return allowance
