"""A circuit breaker: after several failures in a row a service is left alone for a while."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.adapters.net.backoff import Backoff
from tradewind.adapters.net.outcome import NeverSent

FAILURES_MAX = 5

BreakerState = Literal["closed", "open", "half_open"]


class BreakerSnapshot(msgspec.Struct, frozen=True):
    """A breaker as health pages show it; `retry_in_s` is 0 unless it is open."""

    name: str
    state: BreakerState
    failures: int
    opened: int
    reason: str
    retry_in_s: float


class Breaker:
    """Closed while calls succeed; opens after `failures_max` failures in a row.

    An open breaker refuses calls at once (`NeverSent`) until its back-off is over; then one call
    is let through (half open), and its outcome closes the breaker or opens it for longer. Times
    are seconds of any clock that does not go back.

    >>> backoff = Backoff(least_s=1.0, most_s=60.0, chance=lambda: 1.0)
    >>> breaker = Breaker("binance rest", backoff, failures_max=2)
    >>> for _ in range(2):
    ...     breaker.check(10.0)
    ...     breaker.failed("no answer", 10.0)
    >>> breaker.check(10.5)
    Traceback (most recent call last):
    tradewind.adapters.net.outcome.NeverSent: binance rest is left alone for 0.5 s: no answer
    >>> breaker.check(11.0)
    >>> breaker.succeeded()
    >>> breaker.snapshot(11.0).state
    'closed'
    """

    __slots__ = (
        "_backoff",
        "_failures",
        "_opened",
        "_probing",
        "_reason",
        "_until_s",
        "failures_max",
        "name",
    )

    def __init__(self, name: str, backoff: Backoff, failures_max: int = FAILURES_MAX) -> None:
        self.name = name
        self.failures_max = failures_max
        self._backoff = backoff
        self._failures = 0
        self._opened = 0
        self._reason = ""
        self._until_s: float | None = None
        self._probing = False

    def check(self, now_s: float) -> None:
        """Let a call through or raise `NeverSent`."""
        if self._until_s is None:
            return
        left_s = self._until_s - now_s
        if left_s > 0:
            raise NeverSent(f"{self.name} is left alone for {left_s:.1f} s: {self._reason}")
        if self._probing:
            raise NeverSent(f"{self.name} is being tried again: {self._reason}")
        self._probing = True

    def succeeded(self) -> None:
        """A call was answered."""
        self._failures = 0
        self._until_s = None
        self._probing = False
        self._backoff.reset()

    def failed(self, reason: str, now_s: float) -> None:
        """A call found nobody, no answer or a failing server."""
        self._failures += 1
        self._reason = reason
        if self._probing or self._failures >= self.failures_max:
            self._opened += self._until_s is None
            self._until_s = now_s + self._backoff.next_s()
            self._probing = False

    def undecided(self) -> None:
        """A call ended without telling anything (it was called off): the next one is the probe."""
        self._probing = False

    def snapshot(self, now_s: float) -> BreakerSnapshot:
        """As it stands."""
        state: BreakerState = "closed"
        left_s = 0.0
        if self._until_s is not None:
            left_s = max(0.0, self._until_s - now_s)
            state = "open" if left_s else "half_open"
        reason = self._reason if self._failures else ""
        return BreakerSnapshot(self.name, state, self._failures, self._opened, reason, left_s)
