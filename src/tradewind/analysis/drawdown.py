"""Drawdown: the fall of equity from its running peak, how deep and for how long."""

from __future__ import annotations

import numpy as np

from tradewind.analysis.equity import EQUITY_MIN, FloatArray, IntArray


def drawdown_series(equity: FloatArray) -> FloatArray:
    """1 - equity / its highest value so far, at each sample: 0 at a peak, more than 1 in debt.

    Empty if the first sample is not above zero.

    >>> drawdown_series(np.array([100.0, 120.0, 90.0, 126.0])).tolist()
    [0.0, 0.0, 0.25, 0.0]
    """
    if not len(equity) or equity[0] <= EQUITY_MIN:
        return np.empty(0)
    return 1.0 - equity / np.maximum.accumulate(equity)


def max_drawdown(equity: FloatArray) -> float | None:
    """The deepest drawdown, as a positive share of the peak before it; None without a peak.

    >>> max_drawdown(np.array([100.0, 120.0, 90.0, 126.0]))
    0.25
    """
    series = drawdown_series(equity)
    return float(series.max()) if len(series) else None


def max_drawdown_duration_s(equity_time_ns: IntArray, equity: FloatArray) -> float | None:
    """Longest time in seconds from a peak until equity is back at it, or until the run's end.

    The peak's time is the last sample that touched it before the fall. It need not be the
    deepest drawdown. None without samples.

    >>> second = 1_000_000_000
    >>> times = np.arange(6) * second
    >>> max_drawdown_duration_s(times, np.array([1.0, 3.0, 2.0, 2.5, 3.0, 2.0]))
    3.0
    """
    if not len(equity):
        return None
    at_peak = np.flatnonzero(equity >= np.maximum.accumulate(equity))
    ends = np.append(at_peak[1:], len(equity) - 1)
    under_water = (ends - at_peak > 1) | (equity[ends] < equity[at_peak])
    lengths = (equity_time_ns[ends] - equity_time_ns[at_peak])[under_water]
    return int(lengths.max()) / 1e9 if len(lengths) else 0.0
