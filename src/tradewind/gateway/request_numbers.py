"""Numbers of requests: how many were answered how, and how long that took."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from tradewind.gateway.layered_cache import FAR, LOCAL
from tradewind.gateway.worker_numbers import Numbers

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)
BOUNDS = (*(str(bound) for bound in BUCKETS_S), "+Inf")
HIT, MISS, SHED = "hit", "miss", "shed"
"""Counters: of kept replies, and of requests that a late worker refused."""
WORKERS = "workers"
LAYERS = (LOCAL, FAR)
"""Of the cache: this worker's memory, and what all workers share."""
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class RequestNumbers:
    """Counts on one event loop, for every answered request: so it is two look-ups and no lock.

    >>> numbers = RequestNumbers()
    >>> numbers.observe("GET", "/health", 200, 0.002)
    >>> numbers.now().counts
    {'GET /health 200': 1}
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._durations: dict[tuple[str, str], list[float]] = {}

    def observe(self, method: str, path: str, status: int, duration_s: float) -> None:
        """Count one; a row of durations is a count for each bucket, and then the sum."""
        counted = (method, path, status)
        self._counts[counted] = self._counts.get(counted, 0) + 1
        row = self._durations.get((method, path))
        if row is None:
            row = self._durations[method, path] = [0.0] * (len(BOUNDS) + 1)
        row[bisect_left(BUCKETS_S, duration_s)] += 1
        row[-1] += duration_s

    def now(self) -> Numbers:
        """What was counted until now."""
        return Numbers(
            {f"{m} {path} {status}": n for (m, path, status), n in list(self._counts.items())},
            {f"{m} {path}": list(row) for (m, path), row in list(self._durations.items())},
        )


class NumbersCollector(Collector):
    """Numbers as families of Prometheus."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Family]:
        """Requests, durations, what was kept and refused, and the processes."""
        requests = CounterMetricFamily(
            "http_requests_total", "Requests answered.", labels=["method", "path", "status"]
        )
        for name, count in self._numbers.counts.items():
            requests.add_metric(name.split(" "), count)
        yield requests
        durations = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time until a request was answered.",
            labels=["method", "path"],
        )
        for name, row in self._numbers.rows.items():
            durations.add_metric(name.split(" "), _cumulative(row), row[-1])
        yield durations
        yield from self._others()

    def _others(self) -> Iterator[Family]:
        counters = dict(self._numbers.counters)
        replies = CounterMetricFamily(
            "cache_requests_total", "Questions of a cache.", labels=["cache", "result"]
        )
        for result in (HIT, MISS):
            replies.add_metric(["replies", result], counters.pop(result, 0.0))
            for layer in LAYERS:
                name = f"{layer} {result}"
                if name in counters:
                    replies.add_metric([layer, result], counters.pop(name))
        yield replies
        yield CounterMetricFamily(
            "http_requests_shed_total", "Refused by a late worker.", counters.pop(SHED, 0.0)
        )
        workers = self._numbers.gauges.get(WORKERS, 1.0)
        yield GaugeMetricFamily("gateway_workers", "Processes of the gateway.", workers)
        for name, value in counters.items():
            yield CounterMetricFamily(name, "Of all workers together.", value)
        for name, value in self._numbers.gauges.items():
            if name != WORKERS:
                yield GaugeMetricFamily(name, "Of all workers together.", value)


def _cumulative(row: list[float]) -> list[tuple[str, float]]:
    total, found = 0.0, []
    for bound, count in zip(BOUNDS, row, strict=False):
        total += count
        found.append((bound, total))
    return found
