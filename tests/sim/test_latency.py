"""Latency: when orders arrive, when we learn of it, and that nothing overtakes."""

from __future__ import annotations

import statistics

import pytest

from tests.sim.desk import Desk, in_words
from tradewind.core.venue_model import NEVER_NS
from tradewind.model.errors import UserError
from tradewind.model.orders import TimeInForce
from tradewind.sim import latency


def test_an_order_arrives_and_its_reports_return_after_their_delays() -> None:
    desk = Desk(latency=latency.constant(order_ns=5, report_ns=3))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5)
    assert desk.venue.next_due_ns == desk.now_ns + 5
    desk.venue.advance(desk.now_ns + 5)
    assert desk.words() == []
    assert desk.venue.next_due_ns == desk.now_ns + 8
    desk.venue.advance(desk.now_ns + 8)
    assert [report.time_ns for report in desk.take_reports()] == [desk.now_ns + 8] * 2
    assert desk.venue.next_due_ns == NEVER_NS


def test_an_arrival_at_the_time_of_a_quote_comes_before_it() -> None:
    desk = Desk(latency=latency.constant(order_ns=1, report_ns=0))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5)
    desk.quote(99, 10, 105, 7)
    assert desk.fills() == [("a", 5, 101)]


def test_an_order_misses_the_quote_that_was_gone_when_it_arrived() -> None:
    desk = Desk(latency=latency.constant(order_ns=2, report_ns=0))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5)
    desk.quote(99, 10, 105, 7)
    desk.venue.advance(10)
    assert desk.fills() == [("a", 5, 105)]


def test_a_cancel_that_is_still_on_its_way_does_not_stop_a_fill() -> None:
    desk = Desk(latency=latency.constant(order_ns=2, report_ns=0))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=100)
    desk.venue.advance(10)
    desk.pass_time(10)
    desk.venue.cancel(10, "a")
    desk.quote(98, 10, 100, 7)
    desk.venue.advance(20)
    assert desk.words() == ["a accepted", "a filled 5 @ 100", "a cancel rejected"]


def test_orders_and_reports_do_not_overtake_each_other() -> None:
    model = latency.table([(0, 100, 0), (1, 1, 0)])
    desk = Desk(latency=model)
    desk.buy("slow", 5, limit=90)
    desk.pass_time(1)
    desk.buy("fast", 5, limit=90)
    desk.venue.advance(99)
    assert desk.words() == []
    desk.venue.advance(100)
    assert desk.words() == ["slow accepted", "fast accepted"]


def test_an_order_held_up_by_another_is_judged_when_it_arrives() -> None:
    desk = Desk(latency=latency.table([(0, 100, 0), (1, 1, 0)]))
    desk.buy("slow", 5, limit=90)
    desk.pass_time(1)
    desk.buy("fast", 5, limit=90, time_in_force=TimeInForce.GTD, until=50)
    desk.venue.advance(100)
    assert desk.words() == ["slow accepted", "fast rejected"]


def test_reports_without_a_delay_are_there_at_once() -> None:
    desk = Desk(latency=latency.constant(order_ns=1, report_ns=0))
    desk.quote(99, 10, 101, 7)
    desk.buy("a", 5, limit=100)
    desk.quote(98, 10, 100, 7)
    assert desk.words() == ["a accepted", "a filled 5 @ 100"]


def test_what_expires_on_the_way_of_an_order_is_reported_before_its_arrival() -> None:
    desk = Desk(latency=latency.constant(order_ns=5, report_ns=0))
    desk.buy("a", 5, limit=90, time_in_force=TimeInForce.GTD, until=12)
    desk.pass_time(10)
    desk.buy("b", 5, limit=90)
    desk.venue.advance(30)
    reports = [(*text.split(), r.time_ns) for r in desk.take_reports() for text in [in_words(r)]]
    assert reports == [("a", "accepted", 5), ("a", "expired", 12), ("b", "accepted", 15)]


def test_an_amendment_travels_too() -> None:
    desk = Desk(latency=latency.constant(order_ns=2, report_ns=0))
    desk.buy("a", 5, limit=90)
    desk.venue.amend(0, "a", 4, 91)
    desk.venue.advance(2)
    assert desk.words() == ["a accepted", "a amended"]


def test_drawn_delays_are_lognormal_around_their_median() -> None:
    model = latency.jitter(order_ns=1_000_000, report_ns=500_000, sigma=0.5, seed=7)
    drawn = [model.order_ns(0, number) for number in range(2000)]
    assert statistics.median(drawn) == pytest.approx(1_000_000, rel=0.05)
    assert max(drawn) > 2_000_000
    assert drawn != [model.report_ns(0, number) * 2 for number in range(2000)]


def test_drawn_delays_take_the_seed_of_the_venue_where_they_have_none() -> None:
    def delays(seed: int, own: int | None = None) -> list[int]:
        model = latency.jitter(order_ns=1_000_000, report_ns=0, sigma=0.5, seed=own)
        venue = Desk(latency=model, seed=seed).venue
        return [venue.latency.order_ns(0, number) for number in range(5)]

    assert delays(1) == delays(1) != delays(2)
    assert delays(1, own=3) == delays(2, own=3)


@pytest.mark.parametrize("delay_ns", [0, latency.LATENCY_NS_MAX])
def test_a_delay_at_its_bounds_is_taken(delay_ns: int) -> None:
    assert latency.constant(order_ns=delay_ns, report_ns=0).order_ns(0, 0) == delay_ns


@pytest.mark.parametrize("delay_ns", [-1, latency.LATENCY_NS_MAX + 1])
def test_a_delay_beyond_its_bounds_is_refused(delay_ns: int) -> None:
    with pytest.raises(UserError):
        latency.constant(order_ns=delay_ns, report_ns=0)


def test_a_table_out_of_order_or_empty_is_refused() -> None:
    for rows in ([], [(2, 1, 1), (1, 1, 1)]):
        with pytest.raises(UserError):
            latency.table(rows)
