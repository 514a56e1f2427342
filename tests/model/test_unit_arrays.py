"""Exact units of whole columns: equal to the single number's rule, refused with the first row."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.model.errors import BadData, BadNumber
from tradewind.model.numbers import UNITS_MAX, units_of
from tradewind.model.unit_arrays import units_array


@given(st.integers(-UNITS_MAX, UNITS_MAX), st.integers(0, 10))
def test_every_price_on_the_grid_survives_the_way_through_a_float(units: int, digits: int) -> None:
    value = float(Decimal(units).scaleb(-digits))
    assert units_array([value], digits=digits, column="close").tolist() == [units]


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 10))
def test_a_column_of_floats_takes_what_a_single_float_takes(value: float, digits: int) -> None:
    try:
        expected = units_of(value, digits)
    except BadNumber:
        with pytest.raises(BadData):
            units_array(np.array([1.0, value]), digits=digits, column="close")
    else:
        assert units_array([1.0, value], digits=digits, column="close")[1] == expected


def test_a_float_off_the_grid_is_refused_with_its_row_and_what_to_do() -> None:
    with pytest.raises(BadData, match=r"row 1, column 'close': 10.001 has more than 2 digits: .*"):
        units_array([10.01, 10.001], digits=2, column="close")


def test_a_quantity_off_the_grid_speaks_of_the_lot() -> None:
    with pytest.raises(BadData, match="finer lot"):
        units_array([0.5], digits=0, column="volume")


def test_not_a_number_is_refused_with_its_row() -> None:
    with pytest.raises(BadData, match="row 2, column 'open': nan is not a number"):
        units_array([1.0, 2.0, float("nan")], digits=2, column="open")


def test_integers_are_whole_values_or_units_of_their_digits() -> None:
    assert units_array(np.array([7]), digits=2, column="open").tolist() == [700]
    assert units_array([70000], digits=2, given_digits=4, column="open").tolist() == [700]
    assert units_array([7], digits=4, given_digits=2, column="open").tolist() == [700]


def test_integer_units_finer_than_the_instrument_are_refused() -> None:
    with pytest.raises(BadData, match=r"row 0, column 'open': 7.0001 has more than 2 digits"):
        units_array([70001], digits=2, given_digits=4, column="open")


def test_the_bound_holds_and_one_past_it_is_refused() -> None:
    bound = UNITS_MAX // 100
    assert units_array([bound], digits=2, column="open").tolist() == [UNITS_MAX]
    assert units_array([float(bound)], digits=2, column="open").tolist() == [UNITS_MAX]
    for past in ([bound + 1], [float(bound + 1)], [str(bound + 1)]):
        with pytest.raises(BadData, match="too large"):
            units_array(past, digits=2, column="open")


def test_an_unsigned_integer_beyond_64_bits_is_refused_and_not_wrapped() -> None:
    with pytest.raises(BadData, match="too large"):
        units_array(np.array([2**64 - 1], np.uint64), digits=0, column="volume")


def test_texts_and_decimals_are_taken_exactly() -> None:
    mixed = ["1.10", Decimal("2.2"), 3, 4.4]
    assert units_array(mixed, digits=2, column="open").tolist() == [110, 220, 300, 440]


@pytest.mark.parametrize("value", [None, True, "ten", [1]])
def test_what_is_no_number_is_refused_with_its_row(value: object) -> None:
    with pytest.raises(BadData, match=r"row 1, column 'open': .*not a number"):
        units_array(["1", value] if value != [1] else ["1", {}], digits=2, column="open")
