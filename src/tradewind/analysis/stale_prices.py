"""Stale prices: stretches of rows that keep coming while their prices do not move at all."""

from __future__ import annotations

import numpy as np

from tradewind.model.column_merge import key_times
from tradewind.model.columns import ColumnKind, Columns, IntColumn
from tradewind.model.timeframes import UNIT_NS

STALE_ROWS_MIN = 10
"""So many rows in a row, the first one included; fewer are a quiet market."""

STALE_NS_MIN = UNIT_NS["h"]
"""Trades and quotes must stand still for so long as well: many may come in one moment."""

PRICES: dict[ColumnKind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close"),
    "trades": ("price",),
    "quotes": ("bid", "ask"),
    "depth": (),
}


class StalePrices:
    """Counts stretches, batch by batch; a stretch may go on over the edge of batches.

    Bars are stale where all four prices are one and the same as in the bar before; trades where
    the price is; quotes where bid and ask are.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = dict.fromkeys(("size", "side"), np.ones(12, np.int64))
    >>> rows |= {"time_ns": np.arange(12) * STALE_NS_MIN, "price": np.array([5] * 11 + [6])}
    >>> stale = StalePrices()
    >>> stale.add(Columns("trades", goog, rows))
    >>> stale.found()
    (1, 0)
    """

    def __init__(self) -> None:
        self.count = 0
        self.first_ns: int | None = None
        self._prices: IntColumn | None = None
        self._begun_ns = self._last_ns = 0
        self._rows = 0
        self._least_ns = 0

    def add(self, columns: Columns) -> None:
        """Look at further rows."""
        names = PRICES[columns.kind]
        if len(columns) == 0 or not names:
            return
        self._least_ns = 0 if columns.kind == "bars" else STALE_NS_MIN
        prices = np.stack([columns[name] for name in names])
        times = key_times(columns)
        before = np.full(len(names), -1) if self._prices is None else self._prices
        moved = (np.diff(prices, axis=1, prepend=before.reshape(-1, 1)) != 0).any(axis=0)
        if columns.kind == "bars":
            moved |= prices[1] != prices[2]
        edges = np.flatnonzero(moved)
        still = int(edges[0]) if len(edges) else len(times)
        if still:
            self._rows += still
            self._last_ns = int(times[still - 1])
        if len(edges):
            self._end()
            self._stretches(times, edges)
        self._prices = prices[:, -1]

    def found(self) -> tuple[int, int | None]:
        """How many stretches there are, and when the first one began (None: never)."""
        self._end()
        return self.count, self.first_ns

    def _stretches(self, times: IntColumn, edges: IntColumn) -> None:
        """Count those that end inside the batch, remember the last one, which may go on."""
        ends = np.append(edges[1:], len(times))
        long = (ends - edges >= STALE_ROWS_MIN) & (times[ends - 1] - times[edges] >= self._least_ns)
        long[-1] = False
        if long.any():
            self.count += int(long.sum())
            begun_ns = int(times[edges[int(np.argmax(long))]])
            self.first_ns = begun_ns if self.first_ns is None else self.first_ns
        self._begun_ns, self._last_ns = int(times[edges[-1]]), int(times[-1])
        self._rows = len(times) - int(edges[-1])

    def _end(self) -> None:
        """The remembered stretch is over."""
        if self._rows >= STALE_ROWS_MIN and self._last_ns - self._begun_ns >= self._least_ns:
            self.count += 1
            self.first_ns = self._begun_ns if self.first_ns is None else self.first_ns
        self._rows = 0
