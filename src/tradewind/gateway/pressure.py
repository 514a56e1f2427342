"""Pressure: how late a worker is. What it cannot answer soon it refuses at once, with 429."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

TICK_S = 0.01
LATE_S = 0.1
LATE_TICKS = 3
"""A worker that came around later than this so often in a row takes no more work in."""
ROUTED_MAX = 128
"""Requests that may be in their routes at once; those told again from memory do not count."""
RETRY_S = 1
MANY = f"{ROUTED_MAX} requests are under way in this worker: wait as Retry-After says"
LATE = f"this worker is more than {LATE_S:g} s late: wait as Retry-After says"


class Pressure:
    """Measures, while it runs, how much later than asked its event loop comes around.

    >>> pressure = Pressure(lambda: 0.0)
    >>> pressure.is_high
    False
    >>> pressure.routed = ROUTED_MAX
    >>> pressure.is_high
    True
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._late_ticks = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self.routed = 0
        self.refused = 0

    @property
    def is_high(self) -> bool:
        """True where a request that is taken now would wait too long."""
        return bool(self.reason)

    @property
    def reason(self) -> str:
        """Why a request that is taken now would wait too long; empty where it would not."""
        if self.routed >= ROUTED_MAX:
            return MANY
        return LATE if self._late_ticks >= LATE_TICKS else ""

    def start(self) -> None:
        """Begin to measure, on the running event loop."""
        self._again()

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._due_s = self._clock_s() + TICK_S
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        is_late = self._clock_s() - self._due_s > LATE_S
        self._late_ticks = self._late_ticks + 1 if is_late else 0
        self._again()
