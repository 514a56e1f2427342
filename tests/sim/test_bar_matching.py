"""Orders against bars: what fills, at which price, when."""

from __future__ import annotations

import pytest

from tests.sim.desk import GOOG, MAKER, TAKER, Desk
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderFlag, TimeInForce
from tradewind.sim import latency, slippage


def test_a_market_order_fills_at_the_next_open_and_at_its_time() -> None:
    desk = Desk()
    desk.bar(100, 110, 90, 105)
    desk.buy("a", 5)
    assert desk.words() == ["a accepted"]
    desk.open(107, 50)
    (fill,) = desk.take_reports()
    assert (fill.price, fill.quantity, fill.time_ns) == (107, 5, 50)
    assert fill.liquidity == TAKER


def test_with_next_close_a_market_order_fills_at_the_next_close() -> None:
    desk = Desk(fill="next_close")
    desk.buy("a", 5)
    desk.open(100)
    assert desk.fills() == []
    desk.close(100, 110, 90, 105)
    assert desk.fills() == [("a", 5, 105)]


def test_with_signal_close_a_market_order_fills_at_the_close_just_seen() -> None:
    desk = Desk(fill="signal_close")
    desk.bar(100, 110, 90, 105)
    desk.buy("a", 5)
    assert desk.words() == ["a accepted", "a filled 5 @ 105"]


def test_with_signal_close_an_order_before_the_first_bar_fills_at_its_open() -> None:
    desk = Desk(fill="signal_close")
    desk.buy("a", 5)
    desk.open(101)
    assert desk.fills() == [("a", 5, 101)]


@pytest.mark.parametrize(
    ("touch", "low", "filled"),
    [("through", 95, False), ("through", 94, True), ("touch", 95, True), ("touch", 96, False)],
)
def test_a_limit_fills_at_its_price_where_the_bar_reaches_it(
    touch: str, low: int, filled: bool
) -> None:
    desk = Desk(touch=touch)
    desk.buy("a", 5, limit=95)
    desk.bar(100, 110, low, 105)
    assert desk.fills() == ([("a", 5, 95)] if filled else [])


def test_a_limit_fills_at_the_open_where_that_is_better() -> None:
    desk = Desk()
    desk.sell("a", 5, limit=95)
    desk.open(100)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.liquidity) == (100, TAKER)


def test_a_resting_limit_that_a_bar_opens_beyond_makes_and_pays_no_slippage() -> None:
    desk = Desk(slippage=slippage.ticks(3))
    desk.sell("a", 5, limit=105)
    desk.bar(100, 104, 90, 100)
    desk.open(110)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.liquidity) == (110, MAKER)


def test_slippage_does_not_push_a_fill_beyond_its_limit() -> None:
    desk = Desk(slippage=slippage.ticks(10))
    desk.buy("a", 5, limit=104)
    desk.open(100)
    assert desk.fills() == [("a", 5, 104)]


def test_a_stop_fills_at_its_price_inside_the_bar() -> None:
    desk = Desk()
    desk.sell("a", 5, stop=95)
    desk.bar(100, 110, 95, 105)
    assert desk.fills() == [("a", 5, 95)]


def test_a_stop_fills_at_the_open_that_gaps_beyond_it() -> None:
    desk = Desk()
    desk.sell("a", 5, stop=95)
    desk.open(91)
    assert desk.fills() == [("a", 5, 91)]


def test_a_stop_one_step_out_of_reach_waits() -> None:
    desk = Desk()
    desk.sell("a", 5, stop=95)
    desk.bar(100, 110, 96, 105)
    assert desk.fills() == []


def test_inside_a_bar_the_stop_comes_before_the_limit() -> None:
    desk = Desk()
    desk.sell("target", 5, limit=108)
    desk.sell("stop", 5, stop=92)
    desk.bar(100, 110, 90, 105)
    assert desk.fills() == [("stop", 5, 92), ("target", 5, 108)]


def test_a_stop_limit_fills_at_its_stop_where_its_limit_allows() -> None:
    desk = Desk()
    desk.buy("a", 5, stop=105, limit=106)
    desk.bar(100, 110, 90, 108)
    assert desk.fills() == [("a", 5, 105)]


def test_a_stop_limit_that_a_gap_left_behind_rests_until_its_limit_is_reached() -> None:
    desk = Desk()
    desk.buy("a", 5, stop=105, limit=106)
    desk.bar(109, 112, 100, 108)
    assert desk.fills() == []
    desk.bar(108, 110, 105, 109)
    assert desk.fills() == [("a", 5, 106)]


def test_a_stop_limit_with_a_limit_off_its_stop_is_judged_by_the_close() -> None:
    desk = Desk()
    desk.buy("a", 5, stop=105, limit=100)
    desk.bar(102, 106, 95, 99)
    assert desk.fills() == [("a", 5, 100)]


def test_an_order_that_arrives_inside_a_bar_does_not_see_what_the_bar_did_before() -> None:
    desk = Desk()
    desk.open(100)
    desk.buy("a", 5, limit=95)
    desk.close(100, 110, 90, 105)
    assert desk.fills() == []


def test_an_order_that_arrives_inside_a_bar_is_judged_by_its_close() -> None:
    desk = Desk()
    desk.open(100)
    desk.buy("a", 5, limit=95)
    desk.sell("b", 5, stop=95)
    desk.close(100, 110, 90, 94)
    assert desk.fills() == [("b", 5, 94), ("a", 5, 95)]


def test_a_stop_that_arrives_inside_a_bar_is_not_triggered_by_its_open() -> None:
    desk = Desk(participation="0.1")
    desk.open(100)
    desk.sell("a", 5, stop=101)
    desk.close(100, 110, 90, 105)
    assert desk.fills() == []


def test_an_ioc_limit_that_arrives_inside_a_bar_is_decided_at_the_next_open() -> None:
    desk = Desk()
    desk.open(100)
    desk.buy("a", 5, limit=106, time_in_force=TimeInForce.IOC)
    desk.close(100, 110, 90, 105)
    assert desk.words() == ["a accepted"]
    desk.open(107)
    assert desk.words() == ["a expired"]


def test_with_latency_an_order_that_arrives_between_bars_waits_for_the_open() -> None:
    desk = Desk(latency=latency.constant(order_ns=5, report_ns=0))
    desk.bar(100, 110, 90, 105)
    desk.buy("a", 5)
    desk.open(107, desk.now_ns + 20)
    assert desk.fills() == [("a", 5, 107)]


def test_with_latency_an_order_that_arrives_inside_a_bar_acts_on_its_open() -> None:
    desk = Desk(latency=latency.constant(order_ns=5, report_ns=0))
    desk.bar(100, 110, 90, 105)
    desk.buy("a", 5)
    desk.open(106, desk.now_ns)
    assert desk.fills() == []
    desk.venue.advance(desk.now_ns + 5)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.time_ns) == (106, 15)


def test_an_ioc_limit_that_the_open_does_not_reach_expires() -> None:
    desk = Desk()
    desk.buy("a", 5, limit=99, time_in_force=TimeInForce.IOC)
    desk.bar(100, 110, 90, 105)
    assert desk.words() == ["a accepted", "a expired"]


def test_participation_fills_a_share_of_the_volume_a_bar() -> None:
    desk = Desk(participation="0.1")
    desk.buy("a", 150)
    desk.bar(100, 110, 90, 105, volume=1000)
    assert desk.fills() == [("a", 100, 100)]
    desk.bar(106, 110, 90, 105, volume=1000)
    assert desk.fills() == [("a", 50, 106)]


def test_participation_is_shared_by_all_orders_the_first_first() -> None:
    desk = Desk(participation="0.1")
    desk.buy("a", 70)
    desk.buy("b", 70)
    desk.bar(100, 110, 90, 105, volume=1009)
    assert desk.fills() == [("a", 70, 100), ("b", 30, 100)]


def test_participation_fills_whole_lots() -> None:
    lots = Instrument("GOOG.SIM", tick="0.01", lot="7", currency="USD")
    desk = Desk(lots, participation="0.1")
    desk.buy("a", 70)
    desk.bar(100, 110, 90, 105, volume=200)
    assert desk.fills() == [("a", 14, 100)]


@pytest.mark.parametrize(("volume", "end"), [(500, "filled 50 @ 100"), (499, "expired")])
def test_a_fok_order_fills_whole_or_expires(volume: int, end: str) -> None:
    desk = Desk(participation="0.1")
    desk.buy("a", 50, time_in_force=TimeInForce.FOK)
    desk.bar(100, 110, 90, 105, volume=volume)
    assert desk.words() == ["a accepted", f"a {end}"]


def test_a_post_only_order_makes_at_its_limit_even_at_a_better_open() -> None:
    desk = Desk()
    desk.buy("a", 5, limit=101, flags=OrderFlag.POST_ONLY)
    desk.open(99)
    (_, fill) = desk.take_reports()
    assert (fill.price, fill.liquidity) == (101, MAKER)


def test_the_better_price_fills_first_and_at_one_price_the_earlier_order() -> None:
    desk = Desk(participation="0.1")
    desk.buy("early", 60, limit=95)
    desk.buy("late", 60, limit=95)
    desk.buy("better", 60, limit=96)
    desk.bar(100, 101, 90, 100, volume=1300)
    assert desk.fills() == [("better", 60, 96), ("early", 60, 95), ("late", 10, 95)]


def test_without_orders_no_bar_needs_to_be_told() -> None:
    desk = Desk()
    assert desk.venue.working == 1  # nothing is known of the instrument's data yet
    desk.open(100)
    assert desk.venue.working == 0
    desk.buy("a", 5)
    assert desk.venue.working == 1
    desk.open(100)
    assert desk.venue.working == 0


@pytest.mark.parametrize(
    "options",
    [
        {"fill": "signal_close"},
        {"latency": latency.constant(order_ns=1, report_ns=1)},
        {"slippage": slippage.square_root("0.02")},
    ],
)
def test_what_acts_on_earlier_bars_is_told_all_of_them(options: dict[str, object]) -> None:
    desk = Desk(**options)
    desk.open(100)
    assert desk.venue.working == 1


@pytest.mark.parametrize(
    "options",
    [{"fill": "open"}, {"touch": "near"}, {"participation": "0"}, {"participation": "1.1"}],
)
def test_an_unknown_convention_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(UserError):
        Desk(GOOG, **options)
