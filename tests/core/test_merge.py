"""Merging of streams: one order of time over kinds and instruments, compiled and plain alike."""

from __future__ import annotations

import numpy as np

from tradewind.core.market import Market
from tradewind.core.merge import CLOSE_PART, OPEN_PART, Stream, merge
from tradewind.model.columns import REQUIRED, ColumnKind, Columns
from tradewind.model.instruments import Instrument

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


def stream(kind: ColumnKind, *rows: tuple[int, ...]) -> Stream:
    table = np.array(rows, dtype=np.int64)
    arrays = {name: table[:, i] for i, name in enumerate(REQUIRED[kind])}
    return Stream(Columns(kind, GOOG, arrays), Market(GOOG, 0))


def order_of(*streams: Stream) -> list[tuple[int, int, int]]:
    columns = [np.asarray(column).tolist() for column in merge(list(streams))]
    return list(zip(*columns, strict=True))


def test_rows_of_several_kinds_come_in_order_of_time_and_then_of_streams() -> None:
    quotes = stream("quotes", (5, 99, 1, 101, 1), (9, 99, 1, 101, 1))
    trades = stream("trades", (4, 100, 1, 1), (5, 100, 1, 1))
    depth = stream("depth", (5, 1, 99, 1, 1))
    assert order_of(quotes, trades, depth) == [
        (1, 0, CLOSE_PART),
        (0, 0, CLOSE_PART),
        (1, 1, CLOSE_PART),
        (2, 0, CLOSE_PART),
        (0, 1, CLOSE_PART),
    ]


def test_at_the_same_time_a_bar_closes_before_rows_behind_it_and_opens_after_them() -> None:
    bars = stream("bars", (0, 5, 10, 10, 10, 10, 1), (5, 9, 10, 10, 10, 10, 1))
    trades = stream("trades", (5, 10, 1, 1))
    assert order_of(bars, trades) == [
        (0, 0, OPEN_PART),
        (0, 0, CLOSE_PART),
        (1, 0, CLOSE_PART),
        (0, 1, OPEN_PART),
        (0, 1, CLOSE_PART),
    ]


def test_no_streams_merge_into_nothing() -> None:
    assert order_of() == []
