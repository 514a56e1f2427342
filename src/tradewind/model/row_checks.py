"""What rows of market data must hold: in order, once, greater than zero, high above low."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT, Columns
from tradewind.model.errors import BadData

BoolColumn = NDArray[np.bool_]

DEPTH_FLAGS = DEPTH_LAST | DEPTH_SNAPSHOT | DEPTH_GAP


def check_rows(columns: Columns) -> None:
    """Refuse with `BadData` the first row that breaks a rule; the sentence names row and rule.

    Rows count from 0. Bars: open times grow, no bar begins before the last one ended, prices are
    greater than zero, high and low enclose open and close. Trades, quotes and depth: times never
    go back; prices are greater than zero (a quote's may be 0: that side is absent).

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = {"time_ns": [2, 1], "price": [5, 5], "size": [1, 1], "side": [0, 0]}
    >>> check_rows(Columns("trades", goog, {k: np.array(v) for k, v in rows.items()}))
    Traceback (most recent call last):
    tradewind.model.errors.BadData: trades of GOOG.SIM: row 1 is earlier than row 0: sort the ...
    """
    if len(columns) == 0:
        return
    for broken, sentence in RULES[columns.kind](columns):
        if broken.any():
            _refuse(columns, int(np.argmax(broken)), sentence)


def _refuse(columns: Columns, row: int, sentence: str) -> None:
    text = sentence.format(row=row, before=row - 1)
    raise BadData(f"{columns.kind} of {columns.instrument.id}: {text}")


Rules = list[tuple[BoolColumn, str]]

BACK = "row {row} is earlier than row {before}: sort the rows by time"
DOUBLE = "row {row} has the same time as row {before}: keep one of them"
OVERLAP = "row {row} begins before row {before} has ended: give the right timeframe or close times"
EMPTY = "row {row} does not end after it begins: mend its close_time_ns"


def _bar_rules(columns: Columns) -> Rules:
    opened, closed = columns["open_time_ns"], columns["close_time_ns"]
    high, low = columns["high"], columns["low"]
    top = np.maximum(columns["open"], columns["close"])
    bottom = np.minimum(columns["open"], columns["close"])
    return [
        (_behind_first(opened[1:] < opened[:-1]), BACK),
        (_behind_first(opened[1:] == opened[:-1]), DOUBLE),
        (_behind_first(opened[1:] < closed[:-1]), OVERLAP),
        (closed <= opened, EMPTY),
        *_positive(columns, "open", "high", "low", "close"),
        (high < low, "row {row} has its high below its low: mend the row"),
        (high < top, "row {row} has its high below its open or close: mend the row"),
        (low > bottom, "row {row} has its low above its open or close: mend the row"),
        *_not_negative(columns, "volume"),
    ]


def _trade_rules(columns: Columns) -> Rules:
    return [
        *_in_order(columns),
        *_positive(columns, "price"),
        *_not_negative(columns, "size"),
        (np.abs(columns["side"]) > 1, "row {row} has a side other than 1, -1 or 0: mend the row"),
    ]


def _quote_rules(columns: Columns) -> Rules:
    return [*_in_order(columns), *_not_negative(columns, "bid", "ask", "bid_size", "ask_size")]


def _depth_rules(columns: Columns) -> Rules:
    flags = columns["flags"]
    level = flags & DEPTH_GAP == 0
    price = "row {row}, column 'price': a price must be greater than zero: drop or mend it"
    side = "row {row} has a side other than 1 or -1: mend the row"
    return [
        *_in_order(columns),
        (level & (columns["price"] <= 0), price),
        *_not_negative(columns, "price", "size"),
        (level & (np.abs(columns["side"]) != 1), side),
        ((flags < 0) | (flags > DEPTH_FLAGS), "row {row} has unknown flags: use 0 to 7"),
    ]


RULES = {
    "bars": _bar_rules,
    "trades": _trade_rules,
    "quotes": _quote_rules,
    "depth": _depth_rules,
}


def _in_order(columns: Columns) -> Rules:
    times = columns["time_ns"]
    return [(_behind_first(times[1:] < times[:-1]), BACK)]


def _behind_first(broken: BoolColumn) -> BoolColumn:
    """A comparison of each row with the one before, as a column of all rows."""
    return np.concatenate([np.zeros(1, np.bool_), broken])


def _positive(columns: Columns, *names: str) -> Rules:
    sentence = "row {{row}}, column {name!r}: a price must be greater than zero: drop or mend it"
    return [(columns[name] <= 0, sentence.format(name=name)) for name in names]


def _not_negative(columns: Columns, *names: str) -> Rules:
    sentence = "row {{row}}, column {name!r} is negative: drop or mend the row"
    return [(columns[name] < 0, sentence.format(name=name)) for name in names]
