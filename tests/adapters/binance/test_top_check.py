"""The check of the top: compared at the same update only, whichever stream is ahead."""

from __future__ import annotations

from tradewind.adapters.binance.depth_sync import DepthGap
from tradewind.adapters.binance.rows import DepthSnapshotRow, DepthUpdateRow, QuoteRow
from tradewind.adapters.binance.top_check import TopCheck
from tradewind.core.book import Book


def quote(update_id: int, bid: int = 99, bid_size: int = 5) -> QuoteRow:
    return QuoteRow("X", 0, update_id, bid, bid_size, 101, 7)


def update(first_id: int, last_id: int, bid: int = 99, size: int = 5) -> DepthUpdateRow:
    return DepthUpdateRow("X", 0, first_id, last_id, -1, [(bid, size)], [])


def started(quotes_max: int = 10) -> TopCheck:
    check = TopCheck(Book(), quotes_max)
    check.apply(DepthSnapshotRow("X", 0, 10, [(99, 5)], [(101, 7)]))
    return check


def test_a_quote_ahead_of_the_book_waits_for_its_update() -> None:
    check = started()
    check.take_quote(quote(12))
    assert check.compared == 0
    check.apply(update(11, 12))
    assert (check.compared, check.equal) == (1, 1)


def test_a_quote_behind_the_book_is_compared_only_where_the_book_still_stands() -> None:
    check = started()
    check.take_quote(quote(10))
    check.take_quote(quote(9))
    assert (check.compared, check.equal) == (1, 1)


def test_a_quote_inside_an_update_is_not_comparable() -> None:
    check = started()
    check.take_quote(quote(11))
    check.apply(update(11, 12))
    check.apply(update(13, 14))
    assert check.compared == 0


def test_a_top_that_differs_in_price_or_size_is_not_equal() -> None:
    check = started()
    for bad in [quote(10, bid=98), quote(10, bid_size=4)]:
        check.take_quote(bad)
    assert (check.compared, check.equal) == (2, 0)


def test_behind_a_gap_nothing_is_compared_until_the_next_snapshot() -> None:
    check = started()
    check.take_quote(quote(20))
    check.apply(DepthGap(0))
    assert check.book.best_bid == 0
    check.take_quote(quote(10))
    assert check.compared == 0
    check.apply(DepthSnapshotRow("X", 0, 20, [(99, 5)], [(101, 7)]))
    assert (check.compared, check.equal) == (1, 1)


def test_a_new_snapshot_replaces_the_book() -> None:
    check = started()
    check.apply(DepthSnapshotRow("X", 0, 20, [(50, 1)], []))
    assert check.book.levels(1, 9) == [(50, 1)]
    assert check.book.best_ask == 0
    check.apply(DepthSnapshotRow("X", 0, 21, [], []))
    assert check.book.best_bid == 0


def test_waiting_quotes_at_the_limit_are_all_compared_and_one_more_drops_the_oldest() -> None:
    check = started(quotes_max=2)
    for update_id in (11, 12):
        check.take_quote(quote(update_id))
    check.take_quote(quote(9))  # behind the book: takes nobody's place
    check.apply(update(11, 11))
    check.apply(update(12, 12))
    assert check.compared == 2
    for update_id in (13, 14, 15):
        check.take_quote(quote(update_id))
    for update_id in (13, 14, 15):
        check.apply(update(update_id, update_id))
    assert check.compared == 4
