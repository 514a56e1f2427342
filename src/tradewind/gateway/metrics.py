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
from tradewind.gateway.layered_cache import LayeredCache
from tradewind.gateway.pressure import Pressure
from tradewind.gateway.request_numbers import (
    HIT,
    MISS,
    SHED,
    WORKERS,
    NumbersCollector,
    RequestNumbers,
)
from tradewind.gateway.worker_numbers import Numbers, WorkerNumbers
from tradewind.version import VERSION

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
FAMILIES: dict[str, type[Family]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}
SUMMED = frozenset(
    {
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
    }
)
"""What is told of the processes of all workers, together."""
OWN = frozenset({"process_max_fds", "process_start_time_seconds"})
"""What is told of the process that answers: a sum of it would mean nothing."""
NO_ROUTE = "none"
"""The path of requests that no route takes: a scanner must not make a series a request."""


class HttpMetrics:
    """Counts and times the requests of one application, and tells those of all workers."""

    def __init__(
        self,
        replies: KeptReplies,
        pressure: Pressure,
        cache: LayeredCache,
        access: AccessLog | None = None,
    ) -> None:
        self._access = access
        self._cache = cache
        self._replies = replies
        self._pressure = pressure
        self._requests = RequestNumbers()
        self._process = ProcessCollector(registry=None)
        self._shared: WorkerNumbers | None = None

    def share(self, shared: WorkerNumbers | None) -> None:
        """Add up with other workers from here on, or no more."""
        self._shared = shared

    def write_down(self) -> None:
        """Let other workers know what this one counted; blocking."""
        if self._shared is not None:
            self._shared.write(self._own())

    def exposition(self) -> bytes:
        """Return everything as text; blocking."""
        own = self._own()
        registry = CollectorRegistry()
        registry.register(NumbersCollector(self._shared.total(own) if self._shared else own))
        build = Gauge("build_info", "What runs.", ["version", "python"], registry=registry)
        build.labels(VERSION, platform.python_version()).set(1)
        for family in self._process.collect():
            if family.name in OWN:
                gauge = Gauge(family.name, family.documentation, registry=registry)
                gauge.set(family.samples[0].value)
        return generate_latest(registry)

    def observe(self, *, method: str, path: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        self._requests.observe(method, path, status, duration_s)

    def note(self, address: str, method: str, path: str, *, status: int, duration_s: float) -> None:
        """Count an answer that no application gave, and write it down."""
        if self._access is not None:
            access = Access(
                time.time_ns(), address, "", method[:16], path, status, round(duration_s * 1000, 3)
            )
            self._access.write(access)
        known = method if method in METHODS else "OTHER"
        self._requests.observe(known, NO_ROUTE, status, duration_s)

    def _own(self) -> Numbers:
        numbers = self._requests.now()
        numbers.counters = {
            HIT: float(self._replies.hits),
            MISS: float(self._replies.misses),
            SHED: float(self._pressure.refused),
            **{f"{layer} {result}": n for (layer, result), n in self._cache.questions().items()},
        }
        numbers.gauges = {WORKERS: 1.0}
        for family in self._process.collect():
            for sample in family.samples:
                if sample.name in SUMMED:
                    kind = numbers.counters if family.type == "counter" else numbers.gauges
                    kind[sample.name] = sample.value
        return numbers

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
