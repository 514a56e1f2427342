"""The book against a dict of levels: best, depth, crossing, gaps, snapshots, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.numbers import UNITS_MAX

WIDTH = 256
"""The smallest window, so that a test leaves it often."""

Row = tuple[int, int, int, int]

# near prices that collide, prices about as far as the window is wide, and prices far outside it
prices = st.one_of(
    st.integers(1, 12),
    st.integers(900, 1500),
    st.integers(1, 4000),
    st.sampled_from([10**9, UNITS_MAX - 1, UNITS_MAX]),
)
sizes = st.one_of(st.just(0), st.integers(1, 5), st.just(UNITS_MAX))
sides = st.sampled_from([1, -1])
rows = st.tuples(sides, prices, sizes, st.sampled_from([0, 0, 1, 1, 2, 3, 4]))


def quiet(side: int, price: int, size: int) -> Row:
    return side, price, size, DEPTH_LAST


def fed(*given_rows: Row, tick: int = 1) -> Book:
    book = Book(tick, width=WIDTH)
    for row in given_rows:
        book.apply(*row)
    return book


def columns(given_rows: list[Row]) -> list[np.ndarray]:
    table = np.array(given_rows, dtype=np.int64).reshape(-1, 4)
    return [np.ascontiguousarray(table[:, i]) for i in range(4)]


class BookMachine(RuleBasedStateMachine):
    """The book does what two dicts do, wherever its windows stand."""

    @initialize(tick=st.sampled_from([1, 5]))
    def start(self, tick: int) -> None:
        self.tick = tick
        self.book = Book(tick, width=WIDTH)
        self.model: dict[int, dict[int, int]] = {1: {}, -1: {}}

    @rule(side=sides, price=prices, size=sizes)
    def set_a_level(self, side: int, price: int, size: int) -> None:
        price = min(price, UNITS_MAX // self.tick) * self.tick
        self.book.apply(side, price, size, DEPTH_LAST)
        self.model[side][price] = size
        if size == 0:
            del self.model[side][price]

    @rule(side=sides)
    def remove_the_best(self, side: int) -> None:
        best = self.book.best_bid if side == 1 else self.book.best_ask
        if best:
            self.book.apply(side, best, 0, DEPTH_LAST)
            del self.model[side][best]

    @rule(price=prices, side=sides)
    def begin_a_snapshot(self, price: int, side: int) -> None:
        price = min(price, UNITS_MAX // self.tick) * self.tick
        self.book.apply(side, price, 3, DEPTH_SNAPSHOT | DEPTH_LAST)
        self.model = {side: {price: 3}, -side: {}}

    @rule()
    def store_and_restore(self) -> None:
        state = self.book.snapshot()
        self.book = Book(self.tick, width=2 * WIDTH)
        self.book.restore(state)
        assert self.book.snapshot() == state

    @invariant()
    def best_is_that_of_the_model(self) -> None:
        bids, asks = self.model[1], self.model[-1]
        assert self.book.best_bid == max(bids, default=0)
        assert self.book.best_ask == min(asks, default=0)
        assert self.book.best_bid_size == bids.get(self.book.best_bid, 0)
        assert self.book.best_ask_size == asks.get(self.book.best_ask, 0)
        assert self.book.is_crossed == bool(bids and asks and max(bids) >= min(asks))

    @invariant()
    def levels_are_those_of_the_model(self) -> None:
        assert self.book.levels(1, 1000) == sorted(self.model[1].items(), reverse=True)
        assert self.book.levels(-1, 1000) == sorted(self.model[-1].items())
        assert self.book.levels(1, 2) == self.book.levels(1, 1000)[:2]
        for side in (1, -1):
            for price, size in self.model[side].items():
                assert self.book.size_at(side, price) == size


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.lists(rows, max_size=60), st.integers(0, 60))
def test_row_door_and_batch_door_agree_however_the_batch_is_cut(
    given_rows: list[Row], cut: int
) -> None:
    by_row = fed(*given_rows)
    by_batch = Book(width=WIDTH)
    assert by_batch.run(*columns(given_rows[:cut])) == len(given_rows[:cut])
    by_batch.run(*columns(given_rows[cut:]))
    assert by_batch.snapshot() == by_row.snapshot()


@given(st.lists(rows, max_size=40), st.lists(rows, max_size=40))
def test_a_restored_book_goes_on_like_the_stored_one(before: list[Row], after: list[Row]) -> None:
    stored = fed(*before)
    restored = Book(width=2 * WIDTH)
    restored.restore(stored.snapshot())
    for row in after:
        stored.apply(*row)
        restored.apply(*row)
    assert restored.snapshot() == stored.snapshot()


def test_numbers_of_a_book_are_plain_integers() -> None:
    book = Book(width=WIDTH)
    book.run(*columns([(1, 100, 5, 2), (-1, 101, 6, 3)]))
    values = [book.best_bid, book.best_ask_size, *book.levels(1, 1)[0], book.size_at(-1, 101)]
    assert [type(value) for value in values] == [int] * 5


def test_read_only_columns_are_taken() -> None:
    given_columns = columns([(1, 100, 5, 1)])
    for column in given_columns:
        column.flags.writeable = False
    assert Book().run(*given_columns) == 1


def test_a_snapshot_clears_the_book_once_and_only_at_its_first_row() -> None:
    book = fed(quiet(1, 100, 5), (1, 90, 1, 2), (1, 91, 2, 2), (-1, 95, 3, 3))
    assert book.levels(1, 9) == [(91, 2), (90, 1)]
    assert (book.snapshots, book.events) == (1, 2)


def test_a_snapshot_right_behind_a_snapshot_clears_it() -> None:
    book = fed((1, 90, 1, 2), (-1, 95, 3, 3), (1, 80, 7, 3))
    assert book.levels(1, 9) == [(80, 7)]
    assert book.best_ask == 0
    assert book.snapshots == 2


def test_a_book_whose_bid_reaches_its_ask_is_crossed_and_counted_at_the_end_of_its_event() -> None:
    book = fed(quiet(1, 99, 1), quiet(-1, 100, 1))
    assert not book.is_crossed
    book.apply(1, 100, 1, 0)
    assert book.is_crossed
    assert book.crossed == 0
    book.apply(1, 98, 1, DEPTH_LAST)
    assert book.crossed == 1
    book.apply(-1, 100, 0, 0)
    book.apply(-1, 101, 1, DEPTH_LAST)
    assert not book.is_crossed
    assert book.crossed == 1


def test_after_a_gap_the_book_is_empty_and_takes_nothing_until_a_snapshot() -> None:
    book = fed(quiet(1, 99, 1), (1, 0, 0, DEPTH_GAP | DEPTH_LAST), quiet(1, 98, 1))
    assert (book.gaps, book.ignored, book.refused) == (1, 2, 0)
    assert book.is_stale
    assert book.best_bid == 0
    book.apply(1, 97, 4, DEPTH_SNAPSHOT | DEPTH_LAST)
    book.apply(1, 96, 4, DEPTH_LAST)
    assert not book.is_stale
    assert book.levels(1, 9) == [(97, 4), (96, 4)]


@pytest.mark.parametrize(
    ("at_the_limit", "past_it"),
    [
        ((1, 5, 1, 1), (1, 0, 1, 1)),
        ((1, 5, 1, 1), (1, -5, 1, 1)),
        ((1, UNITS_MAX, 1, 1), (1, UNITS_MAX + 5, 1, 1)),
        ((-1, 5, 0, 1), (-1, 5, -1, 1)),
        ((-1, 5, UNITS_MAX, 1), (-1, 5, UNITS_MAX + 1, 1)),
        ((-1, 10, 1, 1), (-1, 11, 1, 1)),
        ((1, 5, 1, 1), (2, 5, 1, 1)),
        ((-1, 5, 1, 1), (0, 5, 1, 1)),
    ],
)
def test_a_row_at_its_limit_is_taken_and_one_past_it_is_refused_and_changes_nothing(
    at_the_limit: Row, past_it: Row
) -> None:
    assert fed(at_the_limit, tick=5).refused == 0
    book = fed(quiet(1, 100, 1), past_it, tick=5)
    assert book.refused == 1
    assert book.levels(1, 9) == [(100, 1)]
    assert book.levels(-1, 9) == []


def test_removing_a_level_that_is_not_there_is_counted() -> None:
    book = fed(quiet(1, 99, 1), quiet(1, 98, 0), quiet(1, 99, 0), quiet(1, 99, 0))
    assert book.unknown_removals == 2


def test_a_side_at_its_limit_keeps_all_levels_and_one_more_forgets_the_worst_quarter() -> None:
    book = Book(width=WIDTH, levels_max=8)
    for price in range(100, 108):
        book.apply(1, price, 1, DEPTH_LAST)
    assert len(book.levels(1, 99)) == 8
    assert book.forgotten == 0
    book.apply(1, 90, 1, DEPTH_LAST)
    assert [price for price, _size in book.levels(1, 99)] == [107, 106, 105, 104, 103, 102]
    assert book.forgotten == 3
    book.apply(1, 90, 0, DEPTH_LAST)
    assert book.unknown_removals == 1


def test_levels_outside_the_window_are_forgotten_too() -> None:
    book = Book(width=WIDTH, levels_max=4)
    for price in [10**6, 10**6 - 1, 500, 400, 300]:
        book.apply(1, price, 1, DEPTH_LAST)
    assert [price for price, _size in book.levels(1, 99)] == [10**6, 10**6 - 1, 500]
    assert book.forgotten == 2


def test_size_at_a_price_off_the_tick_is_nothing() -> None:
    book = fed(quiet(1, 100, 7), tick=5)
    assert (book.size_at(1, 100), book.size_at(1, 101), book.size_at(-1, 100)) == (7, 0, 0)


def test_a_snapshot_of_another_tick_or_format_is_not_restored() -> None:
    numbers, bids, asks = Book(5).snapshot()
    with pytest.raises(AssertionError, match="another tick"):
        Book(1).restore((numbers, bids, asks))
    with pytest.raises(AssertionError, match="another format"):
        Book(5).restore(([2, *numbers[1:]], bids, asks))


def test_a_side_without_levels_has_no_window_and_its_first_level_makes_one() -> None:
    book = Book(width=WIDTH)
    book.clear()
    assert (book.bids.width, book.asks.width, book.size_at(1, 5)) == (0, 0, 0)
    book.apply(1, 5, 1, DEPTH_LAST)
    book.apply(-1, 5, 0, DEPTH_LAST)
    assert (book.bids.width, book.asks.width) == (WIDTH, 0)
