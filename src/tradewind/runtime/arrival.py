"""Arrival: rows in the order they came, whatever their clocks said."""

from __future__ import annotations

import numpy as np

from tradewind.model.columns import Columns, IntColumn


def not_before(columns: Columns, time_ns: int) -> Columns:
    """Rows with no time before `time_ns` or before the row in front of them; bars stay as they are.

    The venue's clock and ours differ, and rows wait: what matters is the order of arrival.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = {"time_ns": [5, 3, 9], "price": [1, 1, 1], "size": [1, 1, 1], "side": [0, 0, 0]}
    >>> columns = Columns("trades", goog, {k: np.array(v, np.int64) for k, v in rows.items()})
    >>> not_before(columns, 6)["time_ns"].tolist()
    [6, 6, 9]
    """
    if columns.kind == "bars":
        return columns
    times = columns.time_ns
    count = len(times)
    if count == 0 or (times.item(0) >= time_ns and (count == 1 or _is_sorted(times))):
        return columns
    moved = np.maximum(np.maximum.accumulate(times), time_ns)
    return Columns(columns.kind, columns.instrument, {**columns.arrays, "time_ns": moved})


def _is_sorted(times: IntColumn) -> bool:
    return bool((times[1:] >= times[:-1]).all())
