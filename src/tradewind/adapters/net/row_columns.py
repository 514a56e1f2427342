"""Rows in order of arrival, collected into columns of one kind and instrument at a time."""

from __future__ import annotations

from typing import Final

import numpy as np

from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.instruments import Instrument

NAMES: Final[dict[ColumnKind, tuple[str, ...]]] = {
    "bars": ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume"),
    "trades": ("time_ns", "venue_time_ns", "price", "size", "side"),
    "quotes": ("time_ns", "venue_time_ns", "bid", "bid_size", "ask", "ask_size"),
    "depth": ("time_ns", "venue_time_ns", "side", "price", "size", "flags"),
}
"""Columns of a row, in order; a `venue_time_ns` of 0 says that the venue told none."""


class RowColumns:
    """Rows of one kind of one instrument; `take` gives them as columns and forgets them.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = RowColumns("trades", goog)
    >>> rows.add((9, 5, 10001, 7, 1))
    >>> rows.take()["price"].tolist(), len(rows)
    ([10001], 0)
    """

    __slots__ = ("_flat", "instrument", "kind")

    def __init__(self, kind: ColumnKind, instrument: Instrument) -> None:
        self.kind: ColumnKind = kind
        self.instrument = instrument
        self._flat: list[int] = []

    def __len__(self) -> int:
        return len(self._flat) // len(NAMES[self.kind])

    def add(self, row: tuple[int, ...]) -> None:
        """One row, in the order of `NAMES`."""
        self._flat += row

    def take(self) -> Columns:
        """What was added since the last call."""
        names = NAMES[self.kind]
        table = np.array(self._flat, dtype=np.int64).reshape(-1, len(names))
        self._flat = []
        arrays = {name: table[:, place] for place, name in enumerate(names)}
        return Columns(self.kind, self.instrument, arrays)
