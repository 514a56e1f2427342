"""Metrics in Prometheus' text format: of HTTP, of this process, and the engine's own."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.gateway.access_log import Access, AccessLog
from tradewind.gateway.kept_replies import KeptReplies
from tradewind.gateway.request_numbers import RequestNumbers
from tradewind.version import VERSION

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
FAMILIES: dict[str, type[Family]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}
NO_ROUTE = "none"
"""The path of requests that no route takes: a scanner must not make a series a request."""


class HttpMetrics:
    """Counts and times the requests of one application."""

    def __init__(self, replies: KeptReplies, access: AccessLog | None = None) -> None:
        self._access = access
        self._registry = CollectorRegistry()
        self._registry.register(_RepliesCollector(replies))
        ProcessCollector(registry=self._registry)
        build = Gauge("build_info", "What runs.", ["version", "python"], registry=self._registry)
        build.labels(VERSION, platform.python_version()).set(1)
        self._requests = RequestNumbers()
        self._registry.register(self._requests)

    def exposition(self) -> bytes:
        """Return everything as text."""
        return generate_latest(self._registry)

    def observe(self, *, method: str, path: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        self._requests.observe(method, path, status, duration_s)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return the application with every request counted under its route's template."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            started_s = time.perf_counter()
            status = 500

            async def noting(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noting)
            finally:
                seconds = time.perf_counter() - started_s
                if self._access is not None:
                    self._note(self._access, scope, status, seconds)
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                path = getattr(scope.get("route"), "path", NO_ROUTE)
                self._requests.observe(method, path, status, seconds)

        return counted

    def _note(self, access: AccessLog, scope: Scope, status: int, seconds: float) -> None:
        state = scope.get("state", {})
        principal = state.get("principal")
        access.write(
            Access(
                time.time_ns(),
                state.get("address", ""),
                principal.name if principal else "",
                scope["method"][:16],
                scope["path"],
                status,
                round(seconds * 1000, 3),
            )
        )


def engine_metrics(metrics: Sequence[dict[str, Any]] | None) -> bytes:
    """Return the engine's metrics as text; None says that it could not be reached.

    >>> print(engine_metrics(None).decode())
    # HELP engine_up Whether the engine answered.
    # TYPE engine_up gauge
    engine_up 0.0
    <BLANKLINE>
    """
    registry = CollectorRegistry()
    registry.register(_EngineCollector(metrics))
    return generate_latest(registry)


class _RepliesCollector(Collector):
    """How often a reading was told again without being made anew."""

    def __init__(self, replies: KeptReplies) -> None:
        self._replies = replies

    def collect(self) -> Iterator[Family]:
        found = CounterMetricFamily(
            "cache_requests_total", "Questions of a cache.", labels=["cache", "result"]
        )
        found.add_metric(["replies", "hit"], self._replies.hits)
        found.add_metric(["replies", "miss"], self._replies.misses)
        yield found


class _EngineCollector(Collector):
    """Groups what the engine tells by name, as the format wants it."""

    def __init__(self, metrics: Sequence[dict[str, Any]] | None) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        up = 0 if self._metrics is None else 1
        yield GaugeMetricFamily("engine_up", "Whether the engine answered.", up)
        families: dict[str, Family] = {}
        for metric in self._metrics or ():
            name, labels = metric["name"], metric["labels"]
            if name not in families:
                kind = FAMILIES[metric["kind"]]
                families[name] = kind(name, metric["meaning"], labels=list(labels))
            _add(families[name], metric)
        yield from families.values()


def _add(family: Family, metric: dict[str, Any]) -> None:
    labels, value = list(metric["labels"].values()), metric["value"]
    if isinstance(family, HistogramMetricFamily):
        family.add_metric(labels, buckets=metric["buckets"], sum_value=value)
    else:
        family.add_metric(labels, value)
