"""Columns of several instruments and kinds in one order of time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.market import Market
from tradewind.model.columns import REQUIRED, Columns, IntColumn
from tradewind.model.market import Bar, Trade, scaled_bar, scaled_trade

Order = tuple[Any, Any, Any]
"""Three equally long columns of int64 (lists in plain Python)."""

_COMPILED = not __file__.endswith(".py")

CLOSE_PART = 0
OPEN_PART = 1
KINDS = tuple(REQUIRED)
"""Kinds by `Stream.kind_number`: bars, trades, quotes, depth."""
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


class Stream:
    """One batch with its columns at hand by place: the order of `model.columns.REQUIRED`.

    `row` is the next one to run, and rows before `quiet_ns` are quiet (see `core.quiet`).
    """

    __slots__ = (
        "fifth",
        "first",
        "fourth",
        "kind",
        "kind_number",
        "market",
        "quiet_ns",
        "row",
        "second",
        "seventh",
        "sixth",
        "third",
    )

    def __init__(self, columns: Columns, market: Market) -> None:
        self.kind: str = columns.kind
        self.kind_number = KINDS.index(columns.kind)
        self.market = market
        self.row = 0
        self.quiet_ns = 0
        if columns.table is None or not _COMPILED:
            self._lay_out([_rows(columns[name]) for name in REQUIRED[columns.kind]])
        else:
            self._slice(columns.table)

    def bar(self, row: int) -> Bar:
        """The bar of a row."""
        market: Market = self.market
        return scaled_bar(
            market.instrument,
            market.price_scale,
            market.quantity_scale,
            self.first[row],
            self.second[row],
            self.third[row],
            self.fourth[row],
            self.fifth[row],
            self.sixth[row],
            self.seventh[row],
        )

    def trade(self, row: int) -> Trade:
        """The trade of a row."""
        market: Market = self.market
        return scaled_trade(
            market.instrument,
            market.price_scale,
            market.quantity_scale,
            self.first[row],
            self.second[row],
            self.third[row],
            self.fourth[row],
        )

    def _slice(self, table: Any) -> None:
        """The rows of a table; places that a kind has not may be any of them."""
        last = len(table) - 1
        self.first = table[0]
        self.second = table[1]
        self.third = table[2]
        self.fourth = table[3]
        self.fifth = table[min(4, last)]
        self.sixth = table[min(5, last)]
        self.seventh = table[min(6, last)]

    def _lay_out(self, arrays: list[Any]) -> None:
        while len(arrays) < len(_PLACES):
            arrays.append(arrays[0])
        (
            self.first,
            self.second,
            self.third,
            self.fourth,
            self.fifth,
            self.sixth,
            self.seventh,
        ) = arrays


def has_plain_bars(columns: Columns) -> bool:
    """Whether each bar closes before the next one opens, so that no merging is needed."""
    opens, closes = columns["open_time_ns"], columns["close_time_ns"]
    return bool((closes[:-1] <= opens[1:]).all() and (opens <= closes).all())


def _rows(array: IntColumn) -> Any:
    """A column as the loop reads it: memory when compiled, a list of ints in plain Python."""
    return array if _COMPILED else array.tolist()


def merge(streams: list[Stream]) -> Order:
    """Stream number, row and part of every event in order of time.

    At equal times bars close first, then rows come in the order of the streams, then bars open:
    what a close decides can be filled at an open of the same moment.
    """
    times, numbers, rows, parts = [], [], [], []
    for part in (CLOSE_PART, OPEN_PART):
        for number, stream in enumerate(streams):
            is_bars = stream.kind == "bars"
            if is_bars or part == CLOSE_PART:
                closes = is_bars and part == CLOSE_PART
                count = len(stream.first)
                times.append(np.asarray(stream.second if closes else stream.first))
                numbers.append(np.full(count, number, np.int64))
                rows.append(np.arange(count, dtype=np.int64))
                parts.append(np.full(count, part, np.int64))
    if not times:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty
    # what stands in the order of rank needs only a stable sort, which is quick with sorted runs
    order = np.argsort(np.concatenate(times), kind="stable")
    number_of, row_of, part_of = (np.concatenate(each)[order] for each in (numbers, rows, parts))
    return _rows(number_of), _rows(row_of), _rows(part_of)
