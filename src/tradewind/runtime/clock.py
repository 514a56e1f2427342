"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """UTC by the operating system.

    >>> SystemClock().now_ns() > 1_700_000_000_000_000_000
    True
    """

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return time.time_ns()
