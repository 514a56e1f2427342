"""Round trips: first in, first out, by hand; and nothing is lost or invented, by Hypothesis."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.fills import Fill
from tradewind.analysis.round_trips import (
    RoundTrip,
    average_holding_time_s,
    average_loss,
    average_win,
    expectancy,
    profit_factor,
    round_trips,
    win_rate,
)

SECOND_NS = 1_000_000_000


def fill(second: int, side: int, quantity: float, price: float, fee: float = 0.0) -> Fill:
    return Fill(second * SECOND_NS, "GOOG.SIM", side, quantity, price, fee)


def test_the_oldest_quantity_is_closed_first() -> None:
    trips = round_trips([fill(0, 1, 3.0, 10.0), fill(1, 1, 2.0, 20.0), fill(5, -1, 4.0, 30.0)])
    assert [(trip.quantity, trip.open_price, trip.result) for trip in trips] == [
        (3.0, 10.0, 60.0),
        (1.0, 20.0, 10.0),
    ]


def test_a_short_trip_wins_when_the_price_falls() -> None:
    (trip,) = round_trips([fill(0, -1, 2.0, 10.0), fill(1, 1, 2.0, 7.0)])
    assert (trip.side, trip.result) == (-1, 6.0)


def test_a_fill_through_zero_closes_and_opens_the_other_way() -> None:
    trips = round_trips([fill(0, 1, 1.0, 10.0), fill(1, -1, 3.0, 12.0), fill(2, 1, 2.0, 11.0)])
    assert [(trip.side, trip.quantity, trip.result) for trip in trips] == [
        (1, 1.0, 2.0),
        (-1, 2.0, 2.0),
    ]


def test_fees_are_shared_by_quantity() -> None:
    opened, closed = fill(0, 1, 4.0, 10.0, fee=8.0), fill(1, -1, 1.0, 13.0, fee=0.5)
    (trip,) = round_trips([opened, closed])
    assert (trip.fees, trip.result) == (2.5, 0.5)


def test_instruments_do_not_close_one_another() -> None:
    other = fill(1, -1, 1.0, 10.0)._replace(instrument="AAPL.SIM")
    assert round_trips([fill(0, 1, 1.0, 10.0), other]) == []


def test_a_remainder_that_is_rounding_does_not_stay_open() -> None:
    bought = [fill(0, 1, 0.1, 10.0), fill(0, 1, 0.2, 10.0)]
    trips = round_trips([*bought, fill(1, -1, 0.3, 11.0), fill(2, -1, 1.0, 12.0)])
    assert [trip.close_price for trip in trips] == [11.0, 11.0]


def test_a_remainder_just_above_rounding_stays_open() -> None:
    fills = [fill(0, 1, 1.0, 10.0), fill(1, -1, 1.0 - 2e-9, 11.0), fill(2, -1, 1.0, 12.0)]
    assert [trip.close_price for trip in round_trips(fills)] == [11.0, 12.0]


def test_statistics_of_two_wins_two_losses_and_a_draw() -> None:
    trips = [trip_with(result, 10) for result in (30.0, 10.0, 0.0, -5.0, -15.0)]
    assert win_rate(trips) == 0.4
    assert profit_factor(trips) == 2.0
    assert average_win(trips) == 20.0
    assert average_loss(trips) == -10.0
    assert expectancy(trips) == 4.0


def test_holding_time_is_the_mean_of_the_trips() -> None:
    assert average_holding_time_s([trip_with(1.0, 10), trip_with(1.0, 40)]) == 25.0


def test_without_round_trips_every_statistic_is_none() -> None:
    for statistic in (win_rate, profit_factor, average_win, average_loss, expectancy):
        assert statistic([]) is None
    assert average_holding_time_s([]) is None


def test_without_losses_there_is_no_profit_factor_and_without_wins_it_is_zero() -> None:
    assert profit_factor([trip_with(1.0, 1)]) is None
    assert profit_factor([trip_with(-1.0, 1)]) == 0.0


many_fills = st.lists(
    st.builds(
        fill,
        st.just(0),
        st.sampled_from([1, -1]),
        st.integers(1, 40).map(float),
        st.integers(1, 1_000).map(float),
        st.integers(0, 5).map(float),
    ),
    max_size=30,
)


@given(many_fills)
def test_round_trips_and_what_is_open_add_up_to_the_cash_flow(fills: list[Fill]) -> None:
    trips = round_trips(fills)
    cash = -sum(Fraction(each.side * each.quantity * each.price) for each in fills)
    position = sum(each.side * each.quantity for each in fills)
    paid = sum(each.fee for each in fills)
    open_value = open_cost_by_loop(fills)
    result = math.fsum(trip.result for trip in trips)
    fees = math.fsum(trip.fees for trip in trips)
    assert result + fees == pytest.approx(float(cash + open_value))
    assert fees <= paid + 1e-9
    if position == 0:
        assert fees == pytest.approx(paid)
        assert result == pytest.approx(float(cash) - paid)


@given(many_fills)
def test_no_trip_is_longer_than_what_was_filled(fills: list[Fill]) -> None:
    closed = sum(trip.quantity for trip in round_trips(fills))
    bought = sum(each.quantity for each in fills if each.side > 0)
    sold = sum(each.quantity for each in fills if each.side < 0)
    assert closed == min(bought, sold)


def open_cost_by_loop(fills: list[Fill]) -> Fraction:
    """Cost of what is still open, unit by unit: slow and obvious."""
    units: list[tuple[int, float]] = []
    for each in fills:
        for _unit in range(int(each.quantity)):
            if units and units[0][0] != each.side:
                units.pop(0)
            else:
                units.append((each.side, each.price))
    return sum((Fraction(side * price) for side, price in units), Fraction(0))


def trip_with(result: float, holding_s: int) -> RoundTrip:
    trip = RoundTrip()
    trip.open_time_ns, trip.close_time_ns = 0, holding_s * SECOND_NS
    trip.result = result
    return trip
