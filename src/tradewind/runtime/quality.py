"""Data quality of rows as they arrive: what cannot be is refused, counted and kept as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.messages import BadTick
from tradewind.model.numbers import UNITS_MAX

JUMP_FACTOR_MAX = 10
"""A price this many times the last good one, or less than its inverse, cannot be."""
FEW_ROWS = 32
"""Up to so many rows are looked at one by one: that costs less than numpy's calls do."""
RAW_BYTES_MAX = 200
BAD_TICKS_PER_BATCH_MAX = 100
"""More bad rows than this in one batch are told as one."""

BoolColumn = NDArray[np.bool_]


class Quality:
    """Judges the rows of one instrument and kind by those before them.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = {"time_ns": [5, 6, 4], "price": [100, -1, 101], "size": [1, 1, 1], "side": [0] * 3}
    >>> columns = Columns("trades", goog, {k: np.array(v, np.int64) for k, v in rows.items()})
    >>> good, bad = Quality().split(columns)
    >>> len(good), [tick.reason for tick in bad]
    (1, ['not_positive', 'out_of_order'])
    """

    __slots__ = ("last_price", "last_row", "last_time_ns")

    def __init__(self) -> None:
        self.last_time_ns = 0
        self.last_price = 0
        self.last_row: tuple[int, ...] = ()

    def split(self, columns: Columns) -> tuple[Columns, list[BadTick]]:
        """The good rows, and a `BadTick` (its time still 0) for each of the others."""
        if columns.kind == "depth":
            return columns, []
        if len(columns) <= FEW_ROWS and self._takes_all(columns):
            return columns, []
        reasons = self._reasons(columns)
        bad = reasons != 0
        if not bad.any():
            self._remember(columns)
            return columns, []
        good = Columns(
            columns.kind,
            columns.instrument,
            {name: array[~bad] for name, array in columns.arrays.items()},
        )
        self._remember(good)
        return good, _bad_ticks(columns, reasons)

    def _takes_all(self, columns: Columns) -> bool:
        """Remember a few rows that are surely good: what comes most often, live, at less cost."""
        if not self.last_price and len(columns) != 1:
            return False  # what is out of proportion is told by their median
        before = self.last_price, self.last_row, self.last_time_ns
        for row in _rows(columns):
            if not self._takes(columns.kind, row, before[0]):
                self.last_price, self.last_row, self.last_time_ns = before
                return False
        return True

    def _takes(self, kind: str, row: tuple[int, ...], base: int) -> bool:
        """Remember a row if it is surely good, its price beside `base` too (0: there is none)."""
        if kind == "quotes":
            time_ns, price, _, high, _ = row
            low = price
            if price > high or row == self.last_row:
                return False
        elif kind == "trades":
            time_ns, price, _, _ = row
            low = high = price
        else:
            _, time_ns, first, high, low, price, _ = row
            low, high = min(first, high, low, price), max(first, high, low, price)
        if time_ns < self.last_time_ns or low <= 0 or high > UNITS_MAX:
            return False
        base = base or price
        if not base // JUMP_FACTOR_MAX <= price <= base * JUMP_FACTOR_MAX:
            return False
        self.last_time_ns, self.last_price, self.last_row = time_ns, price, row
        return True

    def _reasons(self, columns: Columns) -> NDArray[np.int64]:
        """For each row the place of its reason in `REASONS`, 0 where it is good."""
        times = columns.time_ns
        prices = _prices(columns)
        low, high = np.min(prices, axis=0), np.max(prices, axis=0)
        reasons = np.zeros(len(columns), np.int64)
        self._mark(reasons, _is_repeated(columns, self.last_row), "duplicate")
        self._mark(reasons, self._is_jump(prices[0]), "absurd")
        if columns.kind == "quotes":
            self._mark(reasons, columns["bid"] > columns["ask"], "crossed")
        self._mark(reasons, (low <= 0) | (high > UNITS_MAX), "not_positive")
        behind = np.maximum.accumulate(np.concatenate([[self.last_time_ns], times]))[:-1]
        self._mark(reasons, times < behind, "out_of_order")
        return reasons

    def _is_jump(self, prices: NDArray[np.int64]) -> BoolColumn:
        """Rows whose price is out of all proportion to the last good one (or to the median)."""
        base = self.last_price or int(np.median(prices))
        if base <= 0:
            return np.zeros(len(prices), np.bool_)
        return (prices > base * JUMP_FACTOR_MAX) | (prices < base // JUMP_FACTOR_MAX)

    @staticmethod
    def _mark(reasons: NDArray[np.int64], rows: BoolColumn, reason: str) -> None:
        reasons[rows] = REASONS.index(reason)

    def _remember(self, good: Columns) -> None:
        if len(good):
            self.last_time_ns = int(good.time_ns[-1])
            self.last_price = int(_prices(good)[0][-1])
            self.last_row = _row(good, len(good) - 1)


REASONS = ("", "duplicate", "absurd", "crossed", "not_positive", "out_of_order")


def _prices(columns: Columns) -> list[NDArray[np.int64]]:
    names = {"bars": ("close", "open", "high", "low"), "trades": ("price",)}
    return [columns[name] for name in names.get(columns.kind, ("bid", "ask"))]


def _is_repeated(columns: Columns, last_row: tuple[int, ...]) -> BoolColumn:
    """Quotes equal to the row in front in every column, time too; trades may well repeat."""
    count = len(columns)
    if columns.kind != "quotes" or count == 0:
        return np.zeros(count, np.bool_)
    rows = np.stack(columns.required())
    same = np.zeros(count, np.bool_)
    same[1:] = (rows[:, 1:] == rows[:, :-1]).all(axis=0)
    same[0] = tuple(rows[:, 0].tolist()) == last_row
    return same


def _rows(columns: Columns) -> list[tuple[int, ...]]:
    if columns.table is not None:
        table = columns.table[: len(REQUIRED[columns.kind])]
        return list(zip(*table.tolist(), strict=True))
    return list(zip(*[column.tolist() for column in columns.required()], strict=True))


def _row(columns: Columns, row: int) -> tuple[int, ...]:
    if columns.table is not None:
        return tuple(columns.table[: len(REQUIRED[columns.kind]), row].tolist())
    return tuple([array.item(row) for array in columns.required()])


def _bad_ticks(columns: Columns, reasons: NDArray[np.int64]) -> list[BadTick]:
    rows = np.flatnonzero(reasons)
    ticks = []
    for row in rows[:BAD_TICKS_PER_BATCH_MAX].tolist():
        raw = repr(_row(columns, row)).encode()[:RAW_BYTES_MAX]
        ticks.append(BadTick(0, columns.instrument.id, REASONS[int(reasons[row])], raw))
    if len(rows) > BAD_TICKS_PER_BATCH_MAX:
        more = f"{len(rows) - BAD_TICKS_PER_BATCH_MAX} more rows".encode()
        ticks.append(BadTick(0, columns.instrument.id, "more", more))
    return ticks
