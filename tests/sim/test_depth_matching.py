"""Orders against price levels: walking the book, queues, what was taken."""

from __future__ import annotations

import pytest

from tests.sim.desk import Desk
from tradewind.model.columns import DEPTH_GAP, DEPTH_SNAPSHOT
from tradewind.model.instruments import Instrument
from tradewind.model.orders import TimeInForce
from tradewind.sim import queue_position
from tradewind.sim.depth_matching import TAKEN_LENGTH_MAX

BID = 1
ASK = -1
BOOK = (
    (BID, 99, 10),
    (BID, 98, 20),
    (BID, 95, 30),
    (ASK, 101, 7),
    (ASK, 102, 8),
    (ASK, 105, 9),
)


def desk_with_book(**options: object) -> Desk:
    desk = Desk(**options)
    desk.levels(*BOOK, flags=DEPTH_SNAPSHOT)
    return desk


def test_a_market_order_walks_the_levels() -> None:
    desk = desk_with_book()
    desk.buy("a", 20)
    assert desk.fills() == [("a", 7, 101), ("a", 8, 102), ("a", 5, 105)]


def test_a_limit_walks_to_its_price_and_rests() -> None:
    desk = desk_with_book()
    desk.buy("a", 20, limit=102)
    assert desk.fills() == [("a", 7, 101), ("a", 8, 102)]
    assert desk.ahead("a") == 0


def test_what_the_book_does_not_hold_waits() -> None:
    desk = desk_with_book()
    desk.buy("a", 30)
    assert desk.fills() == [("a", 7, 101), ("a", 8, 102), ("a", 9, 105)]
    desk.levels((ASK, 104, 50))
    assert desk.fills() == [("a", 6, 104)]


def test_a_walk_looks_beyond_the_first_levels() -> None:
    desk = Desk()
    desk.levels(*((ASK, 100 + step, 1) for step in range(50)), flags=DEPTH_SNAPSHOT)
    desk.buy("a", 45)
    assert desk.fills() == [("a", 1, 100 + step) for step in range(45)]


def test_a_level_is_taken_only_once_until_it_is_told_with_another_size() -> None:
    desk = desk_with_book()
    desk.buy("a", 5)
    desk.buy("b", 5, limit=101)
    assert desk.fills() == [("a", 5, 101), ("b", 2, 101)]
    desk.levels((ASK, 101, 7))
    desk.levels(*BOOK, flags=DEPTH_SNAPSHOT)
    assert desk.fills() == []
    desk.levels((ASK, 101, 6))
    assert desk.fills() == [("b", 3, 101)]


@pytest.mark.parametrize(
    ("quantity", "end"), [(15, ["filled 7 @ 101", "filled 8 @ 102"]), (16, [])]
)
def test_a_fok_order_counts_all_levels_within_its_limit(quantity: int, end: list[str]) -> None:
    desk = desk_with_book()
    desk.buy("a", quantity, limit=104, time_in_force=TimeInForce.FOK)
    words = [f"a {word}" for word in end or ["expired"]]
    assert desk.words() == ["a accepted", *words]


def test_an_order_stands_behind_what_its_level_shows() -> None:
    desk = desk_with_book()
    desk.buy("a", 5, limit=98)
    assert desk.ahead("a") == 20
    desk.buy("b", 5, limit=97)  # between the levels told: nobody is there
    assert desk.ahead("b") == 0
    desk.buy("c", 5, limit=90)  # deeper than what was told: nobody knows
    assert desk.ahead("c") == -1
    desk.levels((BID, 90, 40))
    assert desk.ahead("c") == 40


def test_trades_at_the_price_eat_the_queue_then_us() -> None:
    desk = desk_with_book()
    desk.sell("a", 5, limit=101)
    desk.trade(101, 6, 1)
    desk.levels((ASK, 101, 1))
    assert desk.ahead("a") == 1
    desk.trade(101, 3, 1)
    assert desk.fills() == [("a", 2, 101)]


def test_cancels_move_an_order_forward_as_the_queue_model_says() -> None:
    careful = desk_with_book()
    odds = desk_with_book(queue=queue_position.power(1))
    for desk in (careful, odds):
        desk.buy("a", 5, limit=98)
        desk.levels((BID, 98, 40))
        desk.levels((BID, 98, 20))
    assert careful.ahead("a") == 20
    assert odds.ahead("a") == 10


def test_a_level_that_vanishes_leaves_nothing_ahead() -> None:
    desk = desk_with_book()
    desk.buy("a", 5, limit=99)
    desk.levels((BID, 99, 0))
    assert desk.ahead("a") == 0


def test_a_snapshot_says_how_much_can_be_ahead_at_most() -> None:
    desk = desk_with_book(queue=queue_position.power(1))
    desk.buy("a", 5, limit=98)
    desk.levels((BID, 99, 10), (BID, 98, 15), (ASK, 101, 7), flags=DEPTH_SNAPSHOT)
    assert desk.ahead("a") == 15


def test_a_snapshot_does_not_say_who_canceled() -> None:
    desk = desk_with_book(queue=queue_position.power(1))
    desk.buy("a", 5, limit=99)
    desk.levels((BID, 99, 30))
    desk.levels((BID, 99, 20), (ASK, 101, 7), flags=DEPTH_SNAPSHOT)
    assert desk.ahead("a") == 10


def test_what_a_narrower_snapshot_leaves_out_is_not_known() -> None:
    desk = desk_with_book()
    desk.levels((BID, 99, 10), (BID, 98, 15), (ASK, 101, 7), flags=DEPTH_SNAPSHOT)
    desk.buy("a", 5, limit=96)
    assert desk.ahead("a") == -1


def test_a_price_between_levels_that_come_into_sight_has_nothing_ahead() -> None:
    desk = desk_with_book()
    desk.buy("a", 5, limit=90)
    desk.levels((BID, 88, 5))
    assert desk.ahead("a") == 0


def test_what_was_taken_of_levels_that_are_gone_is_forgotten() -> None:
    desk = Desk()
    for step in range(TAKEN_LENGTH_MAX + 10):
        desk.levels((BID, 99, 1), (ASK, 101 + step, 7), flags=DEPTH_SNAPSHOT)
        desk.buy(f"o{step}", 1)
    (matching,) = desk.venue.matchings
    assert len(matching.taken_asks) <= TAKEN_LENGTH_MAX


def test_a_resting_order_fills_where_the_book_crosses_it() -> None:
    desk = desk_with_book()
    desk.buy("a", 12, limit=100)
    desk.levels((BID, 99, 0), (ASK, 99, 5), (ASK, 100, 5))
    assert desk.fills() == [("a", 5, 100), ("a", 5, 100)]


def test_nothing_is_matched_in_the_middle_of_an_event() -> None:
    desk = desk_with_book()
    desk.buy("a", 12, limit=100)
    desk.venue.on_depth(0, 50, ASK, 100, 5, 0)
    assert desk.fills() == []
    desk.venue.on_depth(0, 50, ASK, 100, 0, 1)
    assert desk.fills() == []


def test_nothing_is_matched_between_a_gap_and_the_next_snapshot() -> None:
    desk = desk_with_book()
    desk.buy("a", 12, limit=100)
    desk.levels((ASK, 100, 5), flags=DEPTH_GAP)
    desk.levels((ASK, 100, 5))
    assert desk.fills() == []
    desk.levels((ASK, 100, 5), flags=DEPTH_SNAPSHOT)
    assert desk.fills() == [("a", 5, 100)]


def test_a_row_that_cannot_be_moves_nothing() -> None:
    desk = desk_with_book()
    desk.buy("a", 12, limit=98)
    desk.levels((BID, 98, -5))
    assert desk.ahead("a") == 20


def test_quotes_beside_depth_are_passed_over() -> None:
    desk = desk_with_book()
    desk.buy("a", 12, limit=100)
    desk.quote(90, 5, 92, 5)
    assert desk.fills() == []


def test_a_new_tick_keeps_the_levels() -> None:
    desk = desk_with_book()
    finer = Instrument("GOOG.SIM", tick="0.05", lot="1", currency="USD", version=2)
    desk.venue.list_instrument(finer)
    desk.levels((ASK, 110, 1))
    desk.buy("a", 12)
    assert desk.fills() == [("a", 9, 105), ("a", 1, 110)]
