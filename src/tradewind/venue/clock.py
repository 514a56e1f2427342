"""The venue's clock: the machine's, ahead or behind by what the fault clock-skew says."""

from __future__ import annotations

import time
from collections.abc import Callable

from tradewind.venue.faults import Faults

NS_PER_MS = 1_000_000


class VenueClock:
    """Tells the venue's time. `market_ns` goes on evenly, `now_ns` shows the skew.

    >>> VenueClock(Faults(), clock=lambda: 5).now_ns()
    5
    """

    def __init__(self, faults: Faults, clock: Callable[[], int] = time.time_ns) -> None:
        self._faults = faults
        self._clock = clock

    def market_ns(self) -> int:
        """The time by which the market goes on."""
        return self._clock()

    def now_ns(self) -> int:
        """The time that the venue says it is."""
        return self._clock() + int(self._faults.value("clock-skew") * NS_PER_MS)

    def now_ms(self) -> int:
        """The time that the venue says it is, in milliseconds."""
        return self.now_ns() // NS_PER_MS


def clock_from(start_ns: int) -> Callable[[], int]:
    """A clock that shows a time now and goes on with the machine's.

    >>> clock_from(5)() < 1_000_000_000
    True
    """
    began_ns = time.monotonic_ns()
    return lambda: start_ns + time.monotonic_ns() - began_ns
