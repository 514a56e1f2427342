"""Stored market data as its corporate actions adjust it: kept raw, adjusted when read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from tradewind.model.adjustment import Adjust, Adjustment, begins_ns, changes_of
from tradewind.model.column_merge import time_text
from tradewind.model.columns import Columns
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.timeframes import UNIT_NS, timeframe_ns
from tradewind.ports.history import Entry, History

CLOSE_AGE_NS_MAX = 10 * UNIT_NS["d"]
"""A close before an ex-date that is older says nothing: no market is shut for so long."""


def adjustment_of(history: History, instrument_id: str, adjust: Adjust) -> Adjustment:
    """What the stored actions of an instrument change.

    All of them count, also those behind the rows read, but not those before the first stored row.
    A dividend needs the close before its
    ex-date: that of the stored daily bars, else of the longest bars there are; `UserError` where
    none is stored.
    """
    if adjust == "none":
        return Adjustment([])
    entries = [e for e in history.entries() if e.series.instrument_id == instrument_id]
    closes = _Closes(history, instrument_id, entries)
    instrument = history.instrument(instrument_id)
    first_ns = min((entry.first_ns for entry in entries), default=0)
    actions = [a for a in history.actions(instrument_id) if begins_ns(a, instrument) > first_ns]
    return Adjustment(
        changes_of(actions, instrument, adjust=adjust, close_before=closes.close_before)
    )


def adjusted_batches(batches: Iterable[Columns], adjustment: Adjustment) -> Iterator[Columns]:
    """Batches adjusted one by one."""
    for batch in batches:
        yield adjustment.of(batch)


class _Closes:
    """Closes of an instrument's stored bars, those of the longest timeframe first."""

    def __init__(self, history: History, instrument_id: str, entries: list[Entry]) -> None:
        self._history = history
        self._instrument_id = instrument_id
        frames = [entry.series.timeframe for entry in entries if entry.series.timeframe]
        self._timeframes = sorted(frames, key=timeframe_ns, reverse=True)

    def close_before(self, action: CorporateAction, before_ns: int) -> Fraction:
        """The last close before a time, as traded."""
        for timeframe in self._timeframes:
            bars = self._history.read(
                "bars",
                self._instrument_id,
                start_ns=before_ns - CLOSE_AGE_NS_MAX,
                end_ns=before_ns,
                timeframe=timeframe,
            )
            if len(bars):
                return Fraction(int(bars["close"][-1]), 10**bars.instrument.price_digits)
        day = time_text(action.ex_date_ns)[:10]
        raise UserError(
            f"the {action} of {self._instrument_id} has no close before it: store its 1d bars "
            f"before {day}, or use --adjust splits"
        )
