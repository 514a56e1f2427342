"""Curves that say how much of an order each slice of its window shall do.

The weights are whole numbers: they travel in the order, so that whoever replays it needs none of
the floats that they were made of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tradewind.model.columns import Columns
from tradewind.model.errors import UserError

CURVE_ONE = 10**6
"""What the weights of a computed curve add up to, about."""
URGENCY = 2.0
"""How front-loaded implementation shortfall is where nobody says: kappa x T."""
URGENCY_MAX = 20.0
DAY_NS = 24 * 3600 * 10**9


def shortfall_curve(slices: int, urgency: float = URGENCY) -> tuple[int, ...]:
    """The optimal trajectory of Almgren and Chriss for an order that is worked in slices.

    R. Almgren and N. Chriss, "Optimal Execution of Portfolio Transactions", Journal of Risk 3
    (2000), for linear impact: what is still held at time t of a window of length T is
    X sinh(kappa (T - t)) / sinh(kappa T).
    `urgency` is kappa T (see `urgency_of`): 0 is the same in each slice, more is earlier.

    >>> shortfall_curve(4, 2.0)
    (412914, 263059, 180350, 143677)
    >>> len(set(shortfall_curve(4, 0)))
    1
    """
    if not 0 < slices <= 10_000:
        raise UserError("slices: give 1 to 10000")
    if not 0 <= urgency <= URGENCY_MAX:
        raise UserError(f"urgency: give 0 to {URGENCY_MAX:g}")
    if urgency < 1e-6:
        return (CURVE_ONE // slices or 1,) * slices
    held = [math.sinh(urgency * (1 - each / slices)) for each in range(slices + 1)]
    done = [(held[each] - held[each + 1]) / held[0] for each in range(slices)]
    return tuple(max(1, round(part * CURVE_ONE)) for part in done)


def urgency_of(
    *, risk_aversion: float, volatility: float, impact: float, seconds: float, slices: int
) -> float:
    """`urgency` from the quantities of Almgren and Chriss, without permanent impact.

    `volatility` is the standard deviation of the price over a second, `impact` the price's move
    for each unit a second that is traded (eta), `risk_aversion` their lambda. With tau the length
    of a slice, kappa solves 2 (cosh(kappa tau) - 1) / tau^2 = lambda sigma^2 / eta.

    >>> round(urgency_of(risk_aversion=1e-6, volatility=0.3, impact=0.05, seconds=3600,
    ...                  slices=12), 2)
    4.8
    """
    if min(risk_aversion, volatility) < 0 or min(impact, seconds, slices) <= 0:
        raise UserError("an urgency needs an impact, a window and slices above 0, nothing below")
    length_s = seconds / slices
    squared = risk_aversion * volatility**2 / impact
    return math.acosh(1 + squared * length_s**2 / 2) / length_s * seconds


def volume_curve(
    bars: Columns | Sequence[Columns], *, start_time_ns: int, end_time_ns: int, slices: int
) -> tuple[int, ...]:
    """What share of the volume each slice of a window of the day had in past bars.

    The window's times of day (UTC) count, on all days of the bars; a bar belongs to the slice in
    which it opens. Slices in which nothing ever traded have weight 0.

    >>> from tradewind.model.frames import columns_from
    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> hour = 3600 * 10**9
    >>> frame = {"open_time_ns": [9 * hour, 10 * hour, 33 * hour, 34 * hour], "open": [1] * 4,
    ...          "close_time_ns": [10 * hour, 11 * hour, 34 * hour, 35 * hour],
    ...          "high": [1] * 4, "low": [1] * 4, "close": [1] * 4, "volume": [30, 10, 50, 10]}
    >>> bars = columns_from("bars", frame, goog)
    >>> volume_curve(bars, start_time_ns=57 * hour, end_time_ns=59 * hour, slices=2)
    (800000, 200000)
    """
    span_ns = end_time_ns - start_time_ns
    if not 0 < span_ns <= DAY_NS or not 0 < slices <= 10_000:
        raise UserError("a curve needs a window within a day, and 1 to 10000 slices")
    sums = np.zeros(slices)
    for batch in [bars] if isinstance(bars, Columns) else bars:
        behind_ns = (np.asarray(batch["open_time_ns"]) - start_time_ns) % DAY_NS
        inside = behind_ns < span_ns
        places = behind_ns[inside] * slices // span_ns
        np.add.at(sums, places, np.asarray(batch["volume"])[inside])
    total = float(sums.sum())
    if total <= 0:
        raise UserError("the bars have no volume in the window: give bars of it, or use twap")
    return tuple(round(float(each) / total * CURVE_ONE) for each in sums)
