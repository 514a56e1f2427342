"""Numbers of requests: how many were answered how, and how long that took."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)
BOUNDS = (*(str(bound) for bound in BUCKETS_S), "+Inf")
Counted = tuple[str, str, int]
"""A method, the template of a path, a status."""


class RequestNumbers(Collector):
    """Counts on one event loop, for every answered request: so it is two look-ups and no lock.

    >>> numbers = RequestNumbers()
    >>> numbers.observe("GET", "/health", 200, 0.002)
    >>> [family.name for family in numbers.collect()]
    ['http_requests', 'http_request_duration_seconds']
    """

    def __init__(self) -> None:
        self.counts: dict[Counted, int] = {}
        self.durations: dict[tuple[str, str], list[float]] = {}

    def observe(self, method: str, path: str, status: int, duration_s: float) -> None:
        """Count one; a row of durations is a count for each bucket, and then the sum."""
        counted = (method, path, status)
        self.counts[counted] = self.counts.get(counted, 0) + 1
        row = self.durations.get((method, path))
        if row is None:
            row = self.durations[method, path] = [0.0] * (len(BOUNDS) + 1)
        row[bisect_left(BUCKETS_S, duration_s)] += 1
        row[-1] += duration_s

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """Both as families of Prometheus."""
        requests = CounterMetricFamily(
            "http_requests_total", "Requests answered.", labels=["method", "path", "status"]
        )
        for (method, path, status), count in list(self.counts.items()):
            requests.add_metric([method, path, str(status)], count)
        yield requests
        durations = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time until a request was answered.",
            labels=["method", "path"],
        )
        for labels, row in list(self.durations.items()):
            durations.add_metric(list(labels), _cumulative(row), row[-1])
        yield durations


def _cumulative(row: list[float]) -> list[tuple[str, float]]:
    total, found = 0.0, []
    for bound, count in zip(BOUNDS, row, strict=False):
        total += count
        found.append((bound, total))
    return found
