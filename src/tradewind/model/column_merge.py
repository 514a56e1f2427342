"""Merging of market data by time: the same rows twice count once, other rows are a conflict."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.model.columns import Columns, IntColumn, concatenate
from tradewind.model.errors import BadData

OnConflict = Literal["refuse", "replace"]


class Merged(msgspec.Struct, frozen=True):
    """The merged rows, and how many of the new ones were added, there already, or took a place.

    `rows_replaced` counts the old rows that gave way.
    """

    columns: Columns
    rows_added: int
    rows_same: int
    rows_replaced: int


def merge(old: Columns, new: Columns, on_conflict: OnConflict) -> Merged:
    """Rows of both in order of time; `BadData` where they disagree about a time.

    Rows are compared by time (a bar's open): all rows of one time are one group, since trades and
    depth rows may share it. A group that both have must be the same, unless `on_conflict` is
    "replace": then the new group takes the old one's place.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> def trades(*times):
    ...     ones = dict.fromkeys(("price", "size", "side"), np.ones(len(times), np.int64))
    ...     return Columns("trades", goog, {"time_ns": np.array(times), **ones})
    >>> merged = merge(trades(1, 2, 4), trades(2, 3), "refuse")
    >>> merged.columns["time_ns"].tolist(), merged.rows_added, merged.rows_same
    ([1, 2, 3, 4], 1, 1)
    """
    if set(old.arrays) != set(new.arrays):
        raise BadData(
            f"the stored {old.kind} of {old.instrument.id} have columns {', '.join(old.arrays)}, "
            f"the new ones {', '.join(new.arrays)}: give the same columns"
        )
    if len(old) == 0 or len(new) == 0 or key_times(old)[-1] < key_times(new)[0]:
        return Merged(concatenate([old, new]), len(new), 0, 0)
    old_shared = _among(key_times(old), key_times(new))
    new_shared = _among(key_times(new), key_times(old))
    before, after = select(old, old_shared), select(new, new_shared)
    conflict = first_difference(before, after)
    if conflict is None:
        rest = select(new, ~new_shared)
        return Merged(_in_order(old, rest), len(rest), len(after), 0)
    if on_conflict == "refuse":
        raise BadData(
            f"{old.kind} of {old.instrument.id} at {time_text(conflict)} are stored with other "
            "values: give the same rows, or replace the stored ones (--replace)"
        )
    rest = select(old, ~old_shared)
    return Merged(_in_order(rest, new), len(new) - len(after), 0, len(before))


def key_times(columns: Columns) -> IntColumn:
    """The time rows are stored under: a bar's open, else their own time."""
    return columns["open_time_ns" if columns.kind == "bars" else "time_ns"]


def select(columns: Columns, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Columns:
    """Some rows of columns, by a mask or by their numbers."""
    arrays = {name: array[rows] for name, array in columns.arrays.items()}
    return Columns(columns.kind, columns.instrument, arrays)


def first_difference(left: Columns, right: Columns) -> int | None:
    """The time of the first row in which two columns differ, None where they are the same."""
    length = min(len(left), len(right))
    different = np.zeros(length, np.bool_)
    for name in left.arrays:
        different |= left[name][:length] != right[name][:length]
    if different.any():
        row = int(np.argmax(different))
        return min(int(key_times(left)[row]), int(key_times(right)[row]))
    if len(left) == len(right):
        return None
    longer = left if len(left) > length else right
    return int(key_times(longer)[length])


def time_text(time_ns: int) -> str:
    """A time for people.

    >>> time_text(1_700_000_000_123_456_789)
    '2023-11-14 22:13:20.123456789 UTC'
    """
    seconds, rest = divmod(time_ns, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0").rstrip(".") + " UTC"


def _in_order(first: Columns, second: Columns) -> Columns:
    both = concatenate([first, second])
    return select(both, np.argsort(key_times(both), kind="stable"))


def _among(times: IntColumn, others: IntColumn) -> NDArray[np.bool_]:
    """Which of some sorted times are among other sorted times."""
    places = np.minimum(np.searchsorted(others, times), len(others) - 1)
    found: NDArray[np.bool_] = others[places] == times
    return found
