"""Times and decimals of a wire: exact, and refused with a sentence where they cannot be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.decimals import floor_units, money_units, nearest_units, price_units
from tradewind.adapters.net.rfc3339 import day_ns_of, time_ns_of, time_text_of
from tradewind.model.errors import BadData, BadNumber


@given(st.integers(-(2**61), 2**61))
def test_a_time_survives_its_text(time_ns: int) -> None:
    assert time_ns_of(time_text_of(time_ns)) == time_ns


def test_a_zone_moves_a_time() -> None:
    assert time_ns_of("2024-07-03T09:30:00-04:00") == time_ns_of("2024-07-03T13:30:00.000Z")
    assert time_ns_of("2024-07-03T19:00:00+05:30") == time_ns_of("2024-07-03T13:30Z")


@pytest.mark.parametrize(
    "text",
    ["", "2024-07-03", "2024-07-03T09:30:00", "2024-02-30T00:00:00Z", "2024-07-03T24:00:00Z"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        time_ns_of(text)


def test_what_is_no_day_is_refused() -> None:
    with pytest.raises(BadData):
        day_ns_of("2024-13-01")


@given(st.decimals("-100000", "100000", places=9))
def test_rounding_stays_within_one_unit(value: Decimal) -> None:
    exact = value.scaleb(4)
    assert 0 <= exact - floor_units(value, 4) < 1
    assert abs(exact - nearest_units(value, 4)) <= Decimal("0.5")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e41", "1e15"])
def test_what_is_no_number_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadNumber):
        floor_units(Decimal(text), 4)


def test_money_has_room_for_64_bits() -> None:
    assert money_units(Decimal("9223372036854.775807"), 6) == 2**63 - 1
    with pytest.raises(BadNumber):
        money_units(Decimal("9223372036854.775808"), 6)


def test_a_price_is_above_zero_and_on_the_digits() -> None:
    assert price_units(Decimal("1E+3"), 2) == 100_000
    for text in ("0", "-1", "0.001"):
        with pytest.raises(BadNumber):
            price_units(Decimal(text), 2)
