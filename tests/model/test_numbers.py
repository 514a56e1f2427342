"""Exact numbers: rounding, bounds, and what is refused at the edge."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.model.errors import BadNumber
from tradewind.model.numbers import (
    MONEY_MAX,
    UNITS_MAX,
    divide_half_even,
    format_units,
    money_of,
    multiply_units,
    parse_units,
    units_of,
)

units = st.integers(-UNITS_MAX, UNITS_MAX)
digits = st.integers(0, 10)


@given(st.integers(-(10**17), 10**17), st.integers(1, 10**10))
def test_division_rounds_half_even_like_decimal(numerator: int, denominator: int) -> None:
    quotient = Decimal(numerator) / Decimal(denominator)
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(1, ROUND_HALF_EVEN)
    if Decimal(denominator) * quotient == numerator:  # Decimal's own quotient is not rounded
        assert divide_half_even(numerator, denominator) == int(exact)
    else:
        difference = numerator - divide_half_even(numerator, denominator) * denominator
        assert abs(difference) * 2 <= denominator


@given(units, digits)
def test_text_of_units_parses_back(value: int, places: int) -> None:
    assert parse_units(format_units(value, places), places) == value


@given(st.integers(-(2**49), 2**49), st.integers(0, 6))
def test_a_float_of_units_comes_back_exactly(value: int, places: int) -> None:
    assert units_of(value / 10**places, places) == value


def test_units_at_the_bound_are_taken_and_one_more_is_refused() -> None:
    assert parse_units(str(UNITS_MAX), 0) == UNITS_MAX
    with pytest.raises(BadNumber, match="too large"):
        parse_units(str(UNITS_MAX + 1), 0)


def test_money_at_64_bits_is_taken_and_one_more_is_refused() -> None:
    assert money_of(str(MONEY_MAX), 0) == MONEY_MAX
    with pytest.raises(BadNumber, match="64 bits"):
        money_of(str(MONEY_MAX + 1), 0)


def test_a_product_at_64_bits_is_taken_and_one_beyond_is_refused() -> None:
    assert multiply_units(MONEY_MAX // 1000, 1000, 1, 1) == MONEY_MAX // 1000 * 1000
    with pytest.raises(BadNumber, match="beyond 64 bits"):
        multiply_units(MONEY_MAX // 1000 + 1, 1000, 1, 1)
    with pytest.raises(BadNumber, match="beyond 64 bits"):
        multiply_units(UNITS_MAX, -UNITS_MAX, 1, 1)


@pytest.mark.parametrize("text", ["", "ten", "nan", "inf", "-Infinity", "1.234", "1e400"])
def test_what_is_no_number_on_the_grid_is_refused(text: str) -> None:
    with pytest.raises(BadNumber):
        parse_units(text, 2)


@pytest.mark.parametrize("value", [0.001, float("nan"), float("inf"), Decimal("NaN"), 10**16])
def test_a_value_off_the_grid_is_refused(value: float | Decimal | int) -> None:
    with pytest.raises(BadNumber):
        units_of(value, 2)
