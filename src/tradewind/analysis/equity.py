"""The equity curve of a run: its samples checked, its returns, the time it spans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tradewind.model.errors import BadData

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
FloatSequence = Sequence[float] | FloatArray
IntSequence = Sequence[int] | IntArray

EQUITY_MAX = 1e15
"""Largest size of a sample; more is refused, since it is no account's equity."""
EQUITY_MIN = 1e-9
"""At or below this there is nothing left to make a return on."""
YEAR_NS = 31_557_600_000_000_000
"""A year of 365.25 days."""


def equity_arrays(
    equity_time_ns: IntSequence, equity: FloatSequence
) -> tuple[IntArray, FloatArray]:
    """Times and values as arrays, one length; BadData if they cannot be an equity curve.

    >>> equity_arrays([2, 1], [1.0, 2.0])
    Traceback (most recent call last):
    tradewind.model.errors.BadData: equity sample 1 is earlier than sample 0: sort them by time
    """
    times = np.asarray(equity_time_ns, dtype=np.int64)
    values = np.asarray(equity, dtype=np.float64)
    if times.shape != values.shape or times.ndim != 1:
        raise BadData(f"equity has {values.size} values for {times.size} times: give one for each")
    if (backward := np.flatnonzero(times[1:] < times[:-1])).size:
        row = int(backward[0]) + 1
        raise BadData(f"equity sample {row} is earlier than sample {row - 1}: sort them by time")
    if (strange := np.flatnonzero(~(np.abs(values) <= EQUITY_MAX))).size:
        raise BadData(f"equity sample {int(strange[0])} is not a number within +-{EQUITY_MAX:g}")
    return times, values


def period_returns(equity: FloatArray) -> FloatArray:
    """Simple return of each period, `equity[k] / equity[k - 1] - 1`: one fewer than samples.

    Empty if any sample is zero or below (`EQUITY_MIN`), where a return has no meaning.

    >>> period_returns(np.array([100.0, 110.0, 99.0])).round(12).tolist()
    [0.1, -0.1]
    """
    if len(equity) < 2 or equity.min() <= EQUITY_MIN:
        return np.empty(0)
    return equity[1:] / equity[:-1] - 1.0


def span_years(equity_time_ns: IntArray) -> float:
    """Years of 365.25 days between the first and the last sample; 0 with fewer than two."""
    if len(equity_time_ns) < 2:
        return 0.0
    return int(equity_time_ns[-1] - equity_time_ns[0]) / YEAR_NS


def samples_per_year(equity_time_ns: IntSequence) -> float | None:
    """Samples a year, counted over the run: about 252 for daily bars of US equities.

    Nights, weekends and holidays that have no samples count as they are. None where the run took
    no time.

    >>> samples_per_year([0, YEAR_NS // 2, YEAR_NS])
    2.0
    """
    times = np.asarray(equity_time_ns, dtype=np.int64)
    years = span_years(times)
    return (len(times) - 1) / years if years > 0.0 else None
