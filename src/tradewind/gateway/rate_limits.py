"""Rate limits in memory: so many requests a minute on average, with a burst.

The generic cell rate algorithm (ITU-T I.371, 1996, annex A): one time a subject says all.
"""

from __future__ import annotations

import msgspec

SUBJECTS_MAX = 100_000
"""Subjects remembered; beyond it those whose time has passed go, and then the oldest half."""
MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000


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


class RateLimit:
    """One limit, counted for each subject by itself.

    >>> limit = RateLimit(per_minute=60, burst=2)
    >>> [limit.take("ann", 0).wait_ns for _ in range(3)]
    [0, 0, 1000000000]
    """

    def __init__(self, *, per_minute: int, burst: int) -> None:
        assert per_minute > 0, "a limit is positive"
        assert burst > 0, "a burst is positive"
        self._interval_ns = MINUTE_NS // per_minute
        self._burst = burst
        self._per_minute = per_minute
        self._free_at_ns: dict[str, int] = {}

    def take(self, subject: str, now_ns: int) -> Allowance:
        """Count a request of a subject, unless it is one too many."""
        free_at_ns = max(self._free_at_ns.get(subject, 0), now_ns)
        wait_ns = free_at_ns + self._interval_ns - self._burst * self._interval_ns - now_ns
        if wait_ns > 0:
            return Allowance(self._per_minute, 0, wait_ns, free_at_ns - now_ns)
        if len(self._free_at_ns) >= SUBJECTS_MAX:
            self._forget(now_ns)
        free_at_ns += self._interval_ns
        self._free_at_ns[subject] = free_at_ns
        remaining = self._burst - -(-(free_at_ns - now_ns) // self._interval_ns)
        return Allowance(self._per_minute, remaining, 0, free_at_ns - now_ns)

    def _forget(self, now_ns: int) -> None:
        kept = {subject: at for subject, at in self._free_at_ns.items() if at > now_ns}
        if len(kept) >= SUBJECTS_MAX:
            kept = dict(sorted(kept.items(), key=lambda item: item[1])[SUBJECTS_MAX // 2 :])
        self._free_at_ns = kept
