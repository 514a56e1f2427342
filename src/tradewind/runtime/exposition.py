"""Metrics as the text that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradewind.runtime.read_models import Metric


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics, grouped by name as the format wants them.

    >>> print(exposition([Metric("rows_total", "counter", "Rows.", 3.0, {"kind": "trades"})]))
    # HELP rows_total Rows.
    # TYPE rows_total counter
    rows_total{kind="trades"} 3
    <BLANKLINE>
    """
    families: dict[str, list[Metric]] = {}
    for metric in metrics:
        families.setdefault(metric.name, []).append(metric)
    lines: list[str] = []
    for name, members in families.items():
        lines += [f"# HELP {name} {members[0].meaning}", f"# TYPE {name} {members[0].kind}"]
        for metric in members:
            lines += _samples(metric)
    return "\n".join(lines) + "\n"


def _samples(metric: Metric) -> list[str]:
    if metric.kind != "histogram":
        return [f"{metric.name}{_labels(metric.labels)} {metric.value:.15g}"]
    buckets = [
        f"{metric.name}_bucket{_labels(metric.labels | {'le': bound})} {count:.15g}"
        for bound, count in metric.buckets
    ]
    labels, count = _labels(metric.labels), metric.buckets[-1][1]
    sums = [f"{metric.name}_sum{labels} {metric.value:.15g}"]
    return [*buckets, *sums, f"{metric.name}_count{labels} {count:.15g}"]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
