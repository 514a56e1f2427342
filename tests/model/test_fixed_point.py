"""Fixed point: every plain decimal text is taken exactly or refused, as the slow parser does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tradewind.model.errors import BadNumber
from tradewind.model.fixed_point import TEXT_LENGTH_MAX, parse_fixed_point
from tradewind.model.numbers import UNITS_MAX, format_units, parse_units

digits = st.integers(0, 10)
plain_text = st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,14})?", fullmatch=True)


@given(st.integers(-UNITS_MAX, UNITS_MAX), digits, st.integers(0, 8))
def test_text_of_units_parses_back_whatever_zeros_follow(
    units: int, places: int, zeros: int
) -> None:
    text = format_units(units, places)
    padded = text + "0" * zeros if "." in text else text
    assert parse_fixed_point(padded, places) == units


@given(plain_text, digits)
@example("-0", 0)
@example("1000000000000000", 0)
@example("0.0000000000000", 2)
def test_plain_text_is_taken_or_refused_as_the_decimal_parser_does(text: str, places: int) -> None:
    try:
        expected = parse_units(text, places)
    except BadNumber as error:
        with pytest.raises(BadNumber, match=str(error)[-12:]):
            parse_fixed_point(text, places)
    else:
        assert parse_fixed_point(text, places) == expected


@given(st.text(max_size=12) | st.text("0123456789.-+eE _", max_size=12), digits)
def test_any_text_is_a_number_of_the_decimal_parser_or_refused(text: str, places: int) -> None:
    try:
        units = parse_fixed_point(text, places)
    except BadNumber:
        return
    assert units == parse_units(text, places)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1.", ".5", "-.5", "1..2", "1.2.3", "+1", " 1", "1 ", "1_0", "1e3", "NaN",
     "Infinity", "--1", "1-", "٣", "1,5", "0x1"],
)  # fmt: skip
def test_what_no_venue_writes_is_refused(text: str) -> None:
    with pytest.raises(BadNumber, match="not a plain decimal number"):
        parse_fixed_point(text, 2)


def test_units_at_the_bound_are_taken_and_one_more_is_refused() -> None:
    assert parse_fixed_point(str(UNITS_MAX), 0) == UNITS_MAX
    assert parse_fixed_point("-10000000000000.00", 2) == -UNITS_MAX
    for text, places in [(str(UNITS_MAX + 1), 0), ("-10000000000000.01", 2), ("9" * 40, 0)]:
        with pytest.raises(BadNumber, match="too large"):
            parse_fixed_point(text, places)
    with pytest.raises(BadNumber, match="too large"):
        parse_fixed_point("1000001", 9)


def test_text_at_the_length_limit_is_taken_and_one_longer_is_refused() -> None:
    assert parse_fixed_point("1." + "0" * (TEXT_LENGTH_MAX - 2), 2) == 100
    with pytest.raises(BadNumber, match="not a plain decimal number"):
        parse_fixed_point("1." + "0" * (TEXT_LENGTH_MAX - 1), 2)


def test_a_digit_beyond_the_grid_is_refused_and_a_zero_is_not() -> None:
    assert parse_fixed_point("0.120", 2) == 12
    with pytest.raises(BadNumber, match="more than 2 digits"):
        parse_fixed_point("0.121", 2)
