"""Batches: rows keep their order, a batch ends with its kind or at its size."""

from __future__ import annotations

import pytest

from tests.adapters.binance.frames import BTC
from tradewind.adapters.binance.batches import Batches
from tradewind.adapters.binance.depth_sync import DepthGap
from tradewind.adapters.binance.rows import DepthSnapshotRow, DepthUpdateRow, QuoteRow, TradeRow
from tradewind.core.book import Book
from tradewind.model.columns import Columns
from tradewind.model.row_checks import check_rows

TRADE = TradeRow(BTC.id, 5, 1, 100, 7, 1)
QUOTE = QuoteRow(BTC.id, 0, 3, 100, 1, 101, 2)


def depth(last_id: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> DepthUpdateRow:
    return DepthUpdateRow(BTC.id, 4, last_id, last_id, -1, bids, asks)


def rows(columns: Columns) -> list[dict[str, int]]:
    names = list(columns.arrays)
    lists = [columns[name].tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]


def test_a_batch_ends_where_the_kind_changes() -> None:
    batches = Batches(BTC)
    for add in [lambda: batches.add_trade(TRADE, 9), lambda: batches.add_quote(QUOTE, 10)]:
        add()
        add()
    batches.add_trade(TRADE, 11)
    assert [(part.kind, len(part)) for part in batches.take_finished()] == [
        ("trades", 2),
        ("quotes", 2),
    ]
    assert [(part.kind, len(part)) for part in batches.take_all()] == [("trades", 1)]
    assert batches.take_all() == []


def test_a_batch_is_full_at_its_limit() -> None:
    batches = Batches(BTC, rows_max=3)
    for _ in range(3):
        batches.add_trade(TRADE, 9)
    assert batches.take_finished() == []
    batches.add_trade(TRADE, 9)
    assert [len(part) for part in batches.take_finished()] == [3]


def test_an_event_of_the_book_is_never_cut() -> None:
    batches = Batches(BTC, rows_max=3)
    batches.add_depth(depth(1, [(n, 1) for n in range(1, 5)], [(9, 1)]), 9)
    batches.add_depth(depth(2, [(1, 0)], []), 9)
    assert [len(part) for part in batches.take_all()] == [5, 1]


def test_columns_say_both_times_and_the_update() -> None:
    batches = Batches(BTC)
    batches.add_trade(TRADE, 9)
    batches.add_quote(QUOTE, 10)
    trades, quotes = batches.take_all()
    assert rows(trades) == [{"time_ns": 9, "venue_time_ns": 5, "price": 100, "size": 7, "side": 1}]
    assert rows(quotes) == [
        {"time_ns": 10, "venue_time_ns": 0, "bid": 100, "bid_size": 1, "ask": 101, "ask_size": 2,
         "update_id": 3}
    ]  # fmt: skip


def test_only_the_last_row_of_an_event_ends_it() -> None:
    batches = Batches(BTC)
    batches.add_depth(DepthSnapshotRow(BTC.id, 4, 7, [(99, 1)], [(101, 2)]), 9)
    batches.add_depth(depth(8, [(99, 0), (98, 3)], []), 10)
    batches.add_depth(depth(9, [], []), 10)
    (columns,) = batches.take_all()
    keys = ("time_ns", "side", "price", "size", "flags", "update_id")
    assert [tuple(row[key] for key in keys) for row in rows(columns)] == [
        (9, 1, 99, 1, 2, 7),
        (9, -1, 101, 2, 3, 7),
        (10, 1, 99, 0, 0, 8),
        (10, 1, 98, 3, 1, 8),
    ]


@pytest.mark.parametrize("event", [DepthGap(4), DepthSnapshotRow(BTC.id, 4, 7, [], [])])
def test_a_gap_and_an_empty_snapshot_empty_the_book(event: DepthGap | DepthSnapshotRow) -> None:
    batches = Batches(BTC)
    batches.add_depth(depth(1, [(99, 1)], [(101, 2)]), 9)
    batches.add_depth(event, 10)
    (columns,) = batches.take_all()
    check_rows(columns)
    book = Book()
    book.run(columns["side"], columns["price"], columns["size"], columns["flags"])
    assert (book.best_bid, book.best_ask, book.refused) == (0, 0, 0)
    assert book.is_stale == isinstance(event, DepthGap)
