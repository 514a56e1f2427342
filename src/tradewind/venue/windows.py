"""Rate limits as venues count them: by fixed intervals of the calendar, not by a sliding window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """A count that begins anew with each interval.

    >>> minute = Window(limit=10, interval_s=60)
    >>> minute.add(7, 59_000_000_000), minute.add(4, 59_500_000_000), minute.add(4, 60_000_000_000)
    (True, False, True)
    """

    limit: int
    interval_s: int
    count: int = 0
    began: int = -1

    def used(self, now_ns: int) -> int:
        """What is counted in the interval of this time."""
        interval = now_ns // 1_000_000_000 // self.interval_s
        if interval != self.began:
            self.began, self.count = interval, 0
        return self.count

    def add(self, weight: int, now_ns: int) -> bool:
        """Count; False where this goes beyond the limit."""
        self.used(now_ns)
        self.count += weight
        return self.count <= self.limit

    def give_back(self, weight: int, now_ns: int) -> None:
        """Take something off the count again, not below zero."""
        self.count = max(0, self.used(now_ns) - weight)

    def left_s(self, now_ns: int) -> float:
        """Seconds until the interval ends."""
        interval_ns = self.interval_s * 1_000_000_000
        return (interval_ns - now_ns % interval_ns) / 1e9
