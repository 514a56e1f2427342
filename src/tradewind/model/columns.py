"""A batch of market data as integer columns: the form it has from the adapter to the engine."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

ColumnKind = Literal["bars", "trades", "quotes", "depth"]
IntColumn = NDArray[np.int64]

REQUIRED: dict[ColumnKind, tuple[str, ...]] = {
    "bars": ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume"),
    "trades": ("time_ns", "price", "size", "side"),
    "quotes": ("time_ns", "bid", "bid_size", "ask", "ask_size"),
    "depth": ("time_ns", "side", "price", "size", "flags"),
}
"""Columns each kind must have. A quote's price of 0 says that the side is absent; a depth row's
size is absolute and 0 removes the level."""

OPTIONAL = ("venue_time_ns", "received_time_ns", "update_id", "conditions")

DEPTH_LAST = 1
"""Depth flag: the last row of its event; the book is consistent behind it."""
DEPTH_SNAPSHOT = 2
"""Depth flag: a row of a snapshot; the first such row behind another row clears the book."""
DEPTH_GAP = 4
"""Depth flag: updates before this row were lost; it sets no level (its size is 0). The book is
empty and takes nothing until the next snapshot."""


_NEEDED = {kind: frozenset(names) for kind, names in REQUIRED.items()}
_KNOWN = {kind: frozenset(names + OPTIONAL) for kind, names in REQUIRED.items()}


class Columns:
    """Rows of one kind of one instrument, sorted by time; arrays of int64, all of one length.

    Prices and sizes are in units of the instrument's `price_digits` and `quantity_digits`.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> row = {"time_ns": [1, 2], "price": [10000, 10001], "size": [5, 7], "side": [1, -1]}
    >>> columns = Columns("trades", goog, {k: np.array(v, np.int64) for k, v in row.items()})
    >>> len(columns), columns["price"].tolist(), len(columns.cut(1))
    (2, [10000, 10001], 1)
    """

    __slots__ = ("_arrays", "instrument", "kind", "names", "table")

    def __init__(
        self, kind: ColumnKind, instrument: Instrument, arrays: dict[str, IntColumn]
    ) -> None:
        if not _NEEDED[kind] <= arrays.keys() <= _KNOWN[kind]:
            missing = [name for name in REQUIRED[kind] if name not in arrays]
            unknown = [name for name in arrays if name not in _KNOWN[kind]]
            raise BadData(f"{kind} of {instrument.id}: missing {missing}, unknown {unknown}")
        if len(set(map(len, arrays.values()))) > 1:
            raise BadData(f"{kind} of {instrument.id}: the columns are not equally long")
        self.kind: ColumnKind = kind
        self.instrument = instrument
        self.table: IntColumn | None = None
        self.names: tuple[str, ...] = ()
        self._arrays: dict[str, IntColumn] | None = {
            name: np.ascontiguousarray(array, dtype=np.int64) for name, array in arrays.items()
        }

    @staticmethod
    def of_table(
        kind: ColumnKind, instrument: Instrument, names: tuple[str, ...], table: IntColumn
    ) -> Columns:
        """Columns that are the rows of a contiguous table: what readers make for every batch.

        `names` are not looked at again: they must be those of `REQUIRED` in its order, then any of
        `OPTIONAL`. `table` stays None in columns that were made of arrays.

        >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
        >>> table = np.array([[5], [100], [7], [1]])
        >>> Columns.of_table("trades", goog, REQUIRED["trades"], table)["price"].tolist()
        [100]
        """
        columns = Columns.__new__(Columns)
        columns.kind = kind
        columns.instrument = instrument
        columns.table = table
        columns.names = names
        columns._arrays = None
        return columns

    @property
    def arrays(self) -> dict[str, IntColumn]:
        """The columns by name."""
        if self._arrays is None:
            assert self.table is not None, "columns have arrays or a table"
            self._arrays = dict(zip(self.names, self.table, strict=True))
        return self._arrays

    def __len__(self) -> int:
        if self.table is not None:
            count: int = self.table.shape[1]
            return count
        return len(self.arrays[REQUIRED[self.kind][0]])

    def __getitem__(self, name: str) -> IntColumn:
        return self.arrays[name]

    def cut(self, start: int, stop: int | None = None) -> Columns:
        """The rows from start, to stop (excluded) or the end."""
        if start == 0 and (stop is None or stop >= len(self)):
            return self
        if self.table is not None:
            table = np.ascontiguousarray(self.table[:, start:stop])
            return Columns.of_table(self.kind, self.instrument, self.names, table)
        arrays = {name: array[start:stop] for name, array in self.arrays.items()}
        return Columns(self.kind, self.instrument, arrays)

    @property
    def time_ns(self) -> IntColumn:
        """The time each row is known at: a bar's close, else its own time."""
        place = 1 if self.kind == "bars" else 0
        return self.arrays[REQUIRED[self.kind][place]] if self.table is None else self.table[place]

    def required(self) -> list[IntColumn]:
        """The columns of `REQUIRED`, in its order."""
        return [self.arrays[name] for name in REQUIRED[self.kind]]

    def check_sorted(self) -> None:
        """Refuse rows out of order with the first such row's number (counted from 0)."""
        times = self.time_ns
        back = np.flatnonzero(times[1:] < times[:-1])
        if len(back):
            row = int(back[0]) + 1
            raise BadData(
                f"{self.kind} of {self.instrument.id}: row {row} is earlier than row {row - 1}; "
                "sort the rows by time"
            )


def concatenate(parts: list[Columns]) -> Columns:
    """Batches of one kind and instrument as one.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> one = {k: np.ones(2, np.int64) for k in REQUIRED["trades"]}
    >>> len(concatenate([Columns("trades", goog, one), Columns("trades", goog, one)]))
    4
    """
    first = parts[0]
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in first.arrays}
    return Columns(first.kind, first.instrument, arrays)
