"""Metrics in a file of Prometheus' text format: for processes that answer on no port.

A node exporter's textfile collector reads such files. The file is put in place whole.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

LOG = logging.getLogger("tradewind.metrics")
PREFIX = "tradewind_"


def metric_text(values: Mapping[str, float]) -> str:
    """The numbers as text; a name that ends in `_total` is a counter.

    >>> print(metric_text({"watchdog_pulls_total": 1.0}), end="")
    # TYPE tradewind_watchdog_pulls_total counter
    tradewind_watchdog_pulls_total 1
    """
    lines = []
    for name, value in values.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE {PREFIX}{name} {kind}", f"{PREFIX}{name} {value:.10g}"]
    return "\n".join(lines) + "\n"


def write_metrics(path: Path, values: Mapping[str, float]) -> None:
    """Write the file; where that fails it is logged, and nothing else stops for it."""
    beside = path.with_suffix(".new")
    try:
        beside.write_text(metric_text(values), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        LOG.error("metrics_not_written path=%s error=%s", path, error.strerror)
