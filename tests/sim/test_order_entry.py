"""Commands at the venue: what is refused, canceled, amended, expired, adopted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sim.desk import GOOG, Desk, send
from tradewind.core.venue_model import NEVER_NS
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import OrderFlag, OrderType, Side, TimeInForce
from tradewind.sim import reporting

DAY_NS = 24 * 3600 * 10**9
COARSE = Instrument("GOOG.SIM", tick="0.05", lot="10", currency="USD", min_notional="100")


def reason_of(desk: Desk) -> str:
    """The reason in the only report since the last call; empty for an acceptance."""
    (report,) = desk.take_reports()
    return str(getattr(report, "reason", ""))


NO_AUCTION = "the instrument's calendar has no opening or close to wait for"


@pytest.mark.parametrize(
    ("quantity", "terms", "reason"),
    [
        (100, {"limit": 10005}, ""),
        (100, {"limit": 10006}, "limit price 100.06 is not a multiple of the tick 0.05"),
        (100, {"stop": 10006}, "stop price 100.06 is not a multiple of the tick 0.05"),
        (105, {"limit": 10005}, "quantity 105 is not a multiple of the lot 10"),
        (0, {"limit": 10005}, f"quantity 0 is not between 1 and {UNITS_MAX} units"),
        (100, {"limit": -5}, f"limit price -5 is not between 1 and {UNITS_MAX} units"),
        (10, {"limit": 1000}, ""),
        (10, {"limit": 995}, "the order's value is below the minimum of 100"),
        (UNITS_MAX, {"limit": UNITS_MAX}, "the order's value is beyond 64 bits of money"),
        (100, {"limit": 10000, "instrument": 1}, "instrument number 1 is not listed here"),
        (100, {"limit": 10000, "instrument": -1}, "instrument number -1 is not listed here"),
        (100, {"limit": 10000, "time_in_force": 6}, NO_AUCTION),
        (100, {"limit": 10000, "time_in_force": 8}, "time in force 8 is not known here"),
        (100, {"flags": OrderFlag.POST_ONLY}, "POST_ONLY needs a limit order that may rest"),
    ],
)
def test_an_order_off_the_terms_is_rejected_with_the_reason(
    quantity: int, terms: dict[str, Any], reason: str
) -> None:
    desk = Desk(COARSE)
    desk.buy("a", quantity, **terms)
    assert reason_of(desk) == reason


def test_a_market_order_below_the_minimum_is_judged_by_the_last_price() -> None:
    desk = Desk(COARSE)
    desk.bar(995, 1000, 990, 995)
    desk.buy("a", 10)
    assert reason_of(desk) == "the order's value is below the minimum of 100"


def test_an_order_id_is_good_for_one_order() -> None:
    desk = Desk()
    desk.buy("a", 5)
    desk.buy("a", 5)
    assert desk.words() == ["a accepted", "a rejected"]
    desk.open(100)
    assert desk.fills() == [("a", 5, 100)]
    desk.buy("a", 5)
    assert reason_of(desk) == "the order id was used before"
    desk.venue.cancel(0, "a")
    assert reason_of(desk) == "the order is filled"


@pytest.mark.parametrize(("until", "word"), [(8, "accepted"), (7, "rejected")])
def test_an_expire_time_must_lie_ahead(until: int, word: str) -> None:
    desk = Desk()
    desk.pass_time(7)
    desk.buy("a", 5, limit=90, time_in_force=TimeInForce.GTD, until=until)
    assert desk.words() == [f"a {word}"]


def test_a_halted_instrument_takes_cancels_only() -> None:
    desk = Desk()
    desk.buy("a", 5, limit=90)
    desk.buy("b", 5, limit=90)
    desk.venue.halt(0, "trading is halted")
    desk.buy("c", 5, limit=90)
    desk.venue.amend(0, "a", 4, 0)
    desk.venue.cancel(0, "b")
    assert desk.words() == [
        "a accepted",
        "b accepted",
        "c rejected",
        "a amend rejected",
        "b canceled",
    ]
    desk.venue.resume(0)
    desk.buy("d", 5, limit=90)
    assert desk.words() == ["d accepted"]


def test_a_canceled_order_fills_no_more() -> None:
    desk = Desk()
    desk.buy("a", 5, limit=95)
    desk.venue.cancel(3, "a")
    desk.bar(100, 110, 90, 105)
    assert desk.words() == ["a accepted", "a canceled"]
    assert desk.venue.open_orders() == []


def test_a_cancel_of_what_is_not_open_says_what_became_of_it() -> None:
    desk = Desk()
    desk.buy("a", 5)
    desk.open(100)
    desk.take_reports()
    desk.venue.cancel(3, "a")
    assert reason_of(desk) == "the order is filled"
    desk.venue.cancel(3, "never")
    assert reason_of(desk) == "the order is not known here"


def test_ids_of_finished_orders_are_kept_up_to_a_bound() -> None:
    kept = 10_000
    assert kept == reporting.FINISHED_LENGTH_MIN
    desk = Desk()
    for number in range(2 * kept + 1):
        send(desk.venue, 0, f"o{number}", Side.BUY, 0)
    desk.take_reports()
    desk.venue.cancel(0, f"o{kept - 1}")
    assert reason_of(desk) == "the order is not known here"
    desk.venue.cancel(0, f"o{kept}")
    assert reason_of(desk) == "the order is rejected"
    send(desk.venue, 0, f"o{kept + 1}", Side.BUY, 5)
    assert "was used before" in reason_of(desk)


# --- amendments ------------------------------------------------------------------------------


def test_less_quantity_keeps_the_place_in_the_queue() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.trade(99, 4, -1)
    desk.venue.amend(0, "a", 3, 0)
    assert desk.words() == ["a accepted", "a amended"]
    assert desk.ahead("a") == 6


@pytest.mark.parametrize(("quantity", "limit"), [(6, 0), (6, 99)])
def test_more_quantity_loses_the_place_in_the_queue(quantity: int, limit: int) -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.buy("b", 5, limit=99)
    desk.trade(99, 4, -1)
    desk.venue.amend(0, "a", quantity, limit)
    assert desk.ahead("a") == 10
    desk.take_reports()
    desk.trade(99, 8, -1)
    assert desk.fills() == [("b", 2, 99)]


def test_another_price_is_matched_at_once() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99)
    desk.venue.amend(0, "a", 5, 101)
    assert desk.words() == ["a accepted", "a amended", "a filled 5 @ 101"]


def test_a_post_only_order_is_not_amended_into_taking() -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=99, flags=OrderFlag.POST_ONLY)
    desk.venue.amend(0, "a", 5, 101)
    assert desk.words() == ["a accepted", "a amend rejected"]
    (order,) = desk.venue.open_orders()
    assert (order.limit_price, order.ahead) == (99, 10)
    desk.quote(97, 10, 99, 7)
    assert desk.fills() == [("a", 5, 99)]


@pytest.mark.parametrize(("quantity", "word"), [(4, "amended"), (3, "amend rejected")])
def test_an_order_is_not_amended_below_what_it_filled(quantity: int, word: str) -> None:
    desk = Desk()
    desk.quote(99, 10, 101, 3)
    desk.buy("a", 5, limit=101)
    desk.take_reports()
    desk.venue.amend(0, "a", quantity, 0)
    assert desk.words() == [f"a {word}"]


@pytest.mark.parametrize(
    ("quantity", "limit", "reason"),
    [
        (50, 10003, "limit price 100.03 is not a multiple of the tick 0.05"),
        (55, 0, "quantity 55 is not a multiple of the lot 10"),
        (10, 500, "the order's value is below the minimum of 100"),
    ],
)
def test_an_amendment_keeps_to_the_terms(quantity: int, limit: int, reason: str) -> None:
    desk = Desk(COARSE)
    desk.buy("a", 50, limit=10000)
    desk.take_reports()
    desk.venue.amend(0, "a", quantity, limit)
    assert reason_of(desk) == reason


def test_a_market_order_has_no_limit_to_amend() -> None:
    desk = Desk()
    desk.buy("a", 50)
    desk.take_reports()
    desk.venue.amend(0, "a", 50, 100)
    assert reason_of(desk) == "the order has no limit price to amend"
    desk.venue.amend(0, "never", 50, 100)
    assert reason_of(desk) == "the order is not known here"


# --- expiry ----------------------------------------------------------------------------------


def test_a_day_order_works_through_the_bar_that_closes_at_midnight_and_no_longer() -> None:
    desk = Desk()
    desk.pass_time(DAY_NS - 20)
    desk.buy("a", 5, limit=95, time_in_force=TimeInForce.DAY)
    desk.buy("b", 5, limit=85, time_in_force=TimeInForce.DAY)
    desk.open(100, DAY_NS - 10)
    desk.close(100, 110, 90, 105, at=DAY_NS)
    assert desk.fills() == [("a", 5, 95)]
    desk.open(80, DAY_NS)
    (report,) = desk.take_reports()
    assert (type(report).__name__, report.time_ns) == ("OrderExpired", DAY_NS)


def test_a_day_order_ends_at_the_session_close_where_closes_are_given() -> None:
    desk = Desk(session_closes_ns=[100, 50])
    desk.pass_time(50)
    desk.buy("a", 5, limit=95, time_in_force=TimeInForce.DAY)
    assert desk.venue.next_due_ns == 101
    desk.venue.advance(100)
    assert desk.words() == ["a accepted"]
    desk.venue.advance(101)
    assert desk.words() == ["a expired"]
    assert desk.venue.next_due_ns == NEVER_NS


def test_a_gtd_order_expires_without_any_market_data() -> None:
    desk = Desk()
    desk.buy("late", 5, limit=95, time_in_force=TimeInForce.GTD, until=30)
    desk.buy("early", 5, limit=95, time_in_force=TimeInForce.GTD, until=20)
    desk.buy("gone", 5, limit=95, time_in_force=TimeInForce.GTD, until=10)
    desk.venue.cancel(5, "gone")
    desk.take_reports()
    desk.venue.advance(40)
    assert [(r.order_id, r.time_ns) for r in desk.take_reports()] == [("early", 20), ("late", 30)]


def test_canceled_orders_do_not_pile_up_until_they_would_expire() -> None:
    desk = Desk()
    for number in range(1000):
        desk.buy(f"o{number}", 5, limit=95, time_in_force=TimeInForce.GTD, until=DAY_NS)
        desk.venue.cancel(0, f"o{number}")
    assert len(desk.venue.entry.expiry.heap) <= 66


# --- restart ---------------------------------------------------------------------------------


def test_an_adopted_order_goes_on_where_it_was() -> None:
    desk = Desk()
    desk.venue.adopt(
        7, "a", 0, Side.BUY, 10, OrderType.LIMIT, 95, 0, TimeInForce.GTC, 0, 0, 4
    )  # fmt: skip
    assert desk.words() == []
    desk.bar(100, 110, 90, 105)
    (fill,) = desk.take_reports()
    assert (fill.quantity, fill.price, fill.fill_id) == (6, 95, "a:10")


def test_an_adopted_day_order_expires_by_the_day_it_came() -> None:
    desk = Desk()
    desk.venue.adopt(
        7, "a", 0, Side.BUY, 10, OrderType.LIMIT, 95, 0, TimeInForce.DAY, 0, 0, 0
    )  # fmt: skip
    desk.open(90, DAY_NS + 1)
    assert desk.words() == ["a expired"]


def test_fill_ids_are_new_with_each_fill() -> None:
    desk = Desk(GOOG, participation="0.1")
    desk.buy("a", 150)
    desk.bar(100, 110, 90, 105)
    desk.bar(100, 110, 90, 105)
    assert [report.fill_id for report in desk.take_reports()[1:]] == ["a:100", "a:150"]
