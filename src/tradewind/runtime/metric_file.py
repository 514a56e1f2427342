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

    Names may carry labels, like `drop_copy_breaks{venue="BINANCE"}`; those of one metric follow
    each other.

    >>> print(metric_text({"watchdog_pulls_total": 1.0}), end="")
    # TYPE tradewind_watchdog_pulls_total counter
    tradewind_watchdog_pulls_total 1
    """
    lines, typed = [], ""
    for name, value in values.items():
        base = name.partition("{")[0]
        if base != typed:
            typed = base
            kind = "counter" if base.endswith("_total") else "gauge"
            lines.append(f"# TYPE {PREFIX}{base} {kind}")
        lines.append(f"{PREFIX}{name} {value:.10g}")
    return "\n".join(lines) + "\n"


def write_metrics(path: Path, values: Mapping[str, float]) -> None:
    """Write the file; where that fails it is logged, and nothing else stops for it."""
    beside = path.with_suffix(".new")
    try:
        beside.write_text(metric_text(values), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        LOG.error("metrics_not_written path=%s error=%s", path, error.strerror)
