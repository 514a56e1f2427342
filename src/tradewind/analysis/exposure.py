"""Exposure time: for what share of the run there was any position at all."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.analysis.equity import IntArray
from tradewind.analysis.fills import DUST_RATIO, FillRow

# a C number when compiled
_DUST = DUST_RATIO


def exposure_time_share(fills: Sequence[FillRow], equity_time_ns: IntArray) -> float | None:
    """Time with a position in any instrument over the time from first to last equity sample.

    Positions are netted by instrument. None if the run took no time.

    >>> from tradewind.analysis.fills import Fill
    >>> import numpy as np
    >>> buy, sale = Fill(2, "GOOG.SIM", 1, 1.0, 9.0, 0.0), Fill(5, "GOOG.SIM", -1, 1.0, 9.0, 0.0)
    >>> exposure_time_share([buy, sale], np.array([0, 10]))
    0.3
    """
    if len(equity_time_ns) < 2 or equity_time_ns[0] == equity_time_ns[-1]:
        return None
    begin_ns, end_ns = int(equity_time_ns[0]), int(equity_time_ns[-1])
    positions: dict[str, float] = {}
    exposed_ns, since_ns = 0, begin_ns
    for fill in fills:
        time_ns, instrument, side, quantity, _, _ = fill
        now_ns = begin_ns if time_ns < begin_ns else end_ns if time_ns > end_ns else time_ns
        if positions:
            exposed_ns += now_ns - since_ns
        since_ns = now_ns
        before = positions.pop(instrument, 0.0)
        after = before + side * quantity
        # what is gone but for rounding is forgotten
        if abs(after) > _DUST * max(abs(before), quantity):
            positions[instrument] = after
    exposed_ns += (end_ns - since_ns) * bool(positions)
    return exposed_ns / (end_ns - begin_ns)
