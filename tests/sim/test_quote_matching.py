"""Orders against quotes and trades: what is taken, what rests, where it stands."""

from __future__ import annotations

import pytest

from tests.sim.desk import MAKER, TAKER, Desk
from tradewind.model.orders import OrderFlag, TimeInForce
from tradewind.sim import queue_position, slippage


def test_a_market_order_takes_the_last_quote_when_it_arrives() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5)
    desk.sell("b", 5)
    assert desk.fills() == [("a", 5, 101), ("b", 5, 99)]


def test_what_is_quoted_less_waits_for_the_next_quote() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 10)
    assert desk.fills() == [("a", 7, 101)]
    desk.quote(99, 10, 102, 7)
    assert desk.fills() == [("a", 3, 102)]


def test_with_slip_a_market_order_fills_whole_at_once() -> None:
    desk = Desk(excess="slip", slippage=slippage.ticks(2))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 10)
    assert desk.fills() == [("a", 7, 103), ("a", 3, 103)]


def test_a_displayed_size_is_taken_only_once() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5)
    desk.buy("b", 5)
    assert desk.fills() == [("a", 5, 101), ("b", 2, 101)]
    desk.quote(98, 10, 101, 7)  # the ask says the same as before: it is not new
    assert desk.fills() == []
    desk.quote(98, 10, 101, 8)
    assert desk.fills() == [("b", 3, 101)]


def test_a_market_order_before_the_first_quote_waits_for_it() -> None:
    desk = Desk()
    desk.buy("a", 5)
    desk.quote(99, 10, 0, 0)
    assert desk.fills() == []
    desk.quote(99, 10, 101, 7)
    assert desk.fills() == [("a", 5, 101)]


@pytest.mark.parametrize(("limit", "filled"), [(100, False), (101, True)])
def test_an_ioc_order_takes_what_is_there_and_expires(limit: int, filled: bool) -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 10, limit=limit, time_in_force=TimeInForce.IOC)
    fills = ["a filled 7 @ 101"] if filled else []
    assert desk.words() == ["a accepted", *fills, "a expired"]


@pytest.mark.parametrize(("quantity", "end"), [(7, "filled 7 @ 101"), (8, "expired")])
def test_a_fok_order_takes_all_or_nothing(quantity: int, end: str) -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", quantity, time_in_force=TimeInForce.FOK)
    assert desk.words() == ["a accepted", f"a {end}"]


@pytest.mark.parametrize(("limit", "word"), [(101, "rejected"), (100, "accepted")])
def test_a_post_only_order_that_would_take_is_rejected(limit: int, word: str) -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=limit, flags=OrderFlag.POST_ONLY)
    assert desk.words() == [f"a {word}"]


def test_a_resting_order_fills_at_its_limit_where_the_opposite_quote_reaches_it() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 10, limit=100)
    desk.quote(98, 10, 100, 4)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.quantity, fill.liquidity) == (100, 4, MAKER)
    desk.quote(97, 10, 99, 20)
    assert desk.fills() == [("a", 6, 100)]


def test_a_limit_that_takes_pays_the_quote_and_the_taker_fee() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=105)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.liquidity) == (101, TAKER)


def test_a_trade_at_the_limit_fills_behind_the_queue() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.trade(99, 10, -1)
    assert desk.fills() == []
    desk.trade(99, 3, -1)
    assert desk.fills() == [("a", 3, 99)]


def test_a_trade_by_an_aggressor_of_our_own_side_fills_nothing() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.trade(99, 100, 1)
    assert desk.fills() == []


def test_a_trade_beyond_the_limit_fills_whole() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.sell("a", 500, limit=101)
    desk.trade(102, 1, 1)
    assert desk.fills() == [("a", 500, 101)]


def test_two_own_orders_at_one_price_share_a_trade_in_their_order() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.buy("b", 5, limit=99)
    desk.trade(99, 17, -1)
    assert desk.fills() == [("a", 5, 99), ("b", 2, 99)]


def test_a_canceled_size_moves_nobody_forward_while_it_may_have_stood_behind() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.quote(99, 30, 101, 7)
    desk.quote(99, 12, 101, 7)
    assert desk.ahead("a") == 10
    desk.quote(99, 4, 101, 7)
    assert desk.ahead("a") == 4


def test_a_trade_and_the_quote_that_shows_it_move_the_queue_once() -> None:
    desk = Desk(queue=queue_position.power(1))
    desk.quote(99, 100, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.quote(99, 300, 101, 7)
    desk.trade(99, 40, -1)
    assert desk.ahead("a") == 60
    desk.quote(99, 260, 101, 7)
    assert desk.ahead("a") == 60
    desk.quote(99, 130, 101, 7)  # half of it canceled, in front as behind
    assert desk.ahead("a") == 30


def test_an_order_that_improves_the_price_has_nothing_ahead() -> None:
    desk = Desk()
    desk.quote(98, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    assert desk.ahead("a") == 0
    desk.quote(99, 40, 101, 7)  # the others stand behind
    assert desk.ahead("a") == 0
    desk.trade(99, 2, -1)
    assert desk.fills() == [("a", 2, 99)]


def test_an_order_deeper_than_the_quote_joins_its_queue_when_it_becomes_the_best() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=98)
    assert desk.ahead("a") == -1
    desk.quote(98, 20, 101, 7)
    assert desk.ahead("a") == 20


def test_stops_are_triggered_by_quotes_while_no_trade_ever_came() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, stop=102)
    assert desk.fills() == []
    desk.quote(99, 10, 102, 7)
    assert desk.fills() == [("a", 5, 102)]


def test_stops_are_triggered_by_trades_once_there_are_any() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.trade(100, 1)
    desk.buy("a", 5, stop=102)
    desk.quote(99, 10, 103, 7)
    assert desk.fills() == []
    desk.trade(102, 1)
    assert desk.fills() == [("a", 5, 103)]


def test_a_stop_beyond_the_market_is_triggered_on_arrival() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.sell("a", 5, stop=99)
    assert desk.fills() == [("a", 5, 99)]


def test_with_trades_alone_a_market_order_fills_with_the_next_trades() -> None:
    desk = Desk()
    desk.trade(100, 50)
    desk.buy("a", 10)
    assert desk.fills() == []
    desk.trade(101, 6)
    desk.trade(103, 6)
    assert desk.fills() == [("a", 6, 101), ("a", 4, 103)]


def test_with_trades_alone_orders_share_the_size_of_a_trade() -> None:
    desk = Desk()
    desk.trade(100, 50)
    desk.buy("a", 4)
    desk.sell("b", 4)
    desk.trade(101, 6)
    assert desk.fills() == [("a", 4, 101), ("b", 2, 101)]


@pytest.mark.parametrize(("touch", "filled"), [("through", False), ("touch", True)])
def test_with_trades_alone_touch_says_whether_a_trade_at_the_limit_fills(
    touch: str, filled: bool
) -> None:
    desk = Desk(touch=touch)
    desk.trade(101, 50)
    desk.buy("a", 10, limit=100)
    desk.trade(100, 6, -1)
    assert desk.fills() == ([("a", 6, 100)] if filled else [])


def test_with_quotes_bars_no_longer_match() -> None:
    desk = Desk()
    desk.bar(100, 110, 90, 105)
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 10, limit=100)
    desk.bar(95, 110, 90, 105)
    assert desk.fills() == []
    assert desk.venue.working == 2  # one order, and quotes are told even without orders
