"""Asyncio on virtual time: nobody sleeps, the clock jumps to the next thing that is due."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of the next timer; one thread, so it repeats exactly."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now_s

    def _run_once(self) -> None:
        ready: Any = getattr(self, "_ready")  # noqa: B009 - not in the type stubs
        scheduled: Any = getattr(self, "_scheduled")  # noqa: B009
        self._drop_canceled(scheduled)
        if not ready and scheduled:
            self._now_s = max(self._now_s, scheduled[0]._when)
        run_once: Any = getattr(super(), "_run_once")  # noqa: B009
        run_once()

    def _drop_canceled(self, scheduled: Any) -> None:
        """Forget canceled timers in front: jumping to one would leave a real wait for the next."""
        while scheduled and scheduled[0]._cancelled:
            timer: Any = heapq.heappop(scheduled)
            timer._scheduled = False
            count: Any = getattr(self, "_timer_cancelled_count")  # noqa: B009
            setattr(self, "_timer_cancelled_count", count - 1)  # noqa: B010


class VirtualClock:
    """The clock that goes with the running virtual loop."""

    def now_ns(self) -> int:
        """UTC nanoseconds of the virtual time."""
        return START_NS + round(asyncio.get_running_loop().time() * SECOND_NS)


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a virtual loop of its own.

    >>> async def nap() -> float:
    ...     await asyncio.sleep(3600)
    ...     return asyncio.get_running_loop().time()
    >>> run_virtually(nap())
    3600.0
    """
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
