"""How long the loop takes, from what comes in until it is durable, as a histogram."""

from __future__ import annotations

from bisect import bisect_left

from tradewind.runtime.read_models import Metric

BOUNDS_S = (
    0.0005, 0.00075, 0.001, 0.0015, 0.0025, 0.0035, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.035,
    0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip
"""So fine that half as much again shows."""
SECOND_NS = 1_000_000_000


class Latencies:
    """Counts durations by the bounds of this file.

    >>> latencies = Latencies("order_latency_seconds", "From a price to a durable order.")
    >>> latencies.observe(600_000)
    >>> latencies.metric().buckets[:2], latencies.metric().value
    ((('0.0005', 0.0), ('0.00075', 1.0)), 0.0006)
    """

    def __init__(self, name: str, meaning: str) -> None:
        self._name = name
        self._meaning = meaning
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_ns = 0

    def observe(self, duration_ns: int) -> None:
        """Count one; a clock that was set back counts as nothing."""
        duration_ns = max(0, duration_ns)
        self._counts[bisect_left(BOUNDS_S, duration_ns / SECOND_NS)] += 1
        self._sum_ns += duration_ns

    def metric(self) -> Metric:
        """All of it for a monitoring system."""
        total, buckets = 0.0, []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return Metric(
            self._name,
            "histogram",
            self._meaning,
            self._sum_ns / SECOND_NS,
            buckets=tuple(buckets),
        )
