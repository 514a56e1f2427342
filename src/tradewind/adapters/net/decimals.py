"""Decimals of a wire, as units of our instruments: exact, or rounded where that is said."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from tradewind.model.errors import BadNumber
from tradewind.model.numbers import UNITS_MAX, units_of

EXPONENT_MAX = 40
"""Powers of ten that a wire may write a number with."""

_ONE = Decimal(1)


def price_units(value: Decimal, digits: int) -> int:
    """A price above zero in units of 10^-digits, else `BadNumber`.

    >>> price_units(Decimal("171.55"), 4)
    1715500
    """
    units = units_of(value, digits)
    if units <= 0:
        raise BadNumber(f"a price of {value} is not above zero")
    return units


def size_units(value: Decimal, digits: int) -> int:
    """A size of zero or more, what is finer than the digits cut off; else `BadNumber`.

    Others trade in finer steps than we keep; a size that is a little too small misleads nobody.

    >>> size_units(Decimal("0.123456789"), 6)
    123456
    """
    units = floor_units(value, digits)
    if units < 0:
        raise BadNumber(f"a size of {value} is below zero")
    return units


def floor_units(value: Decimal, digits: int) -> int:
    """The greatest whole number of units that is no more than the value.

    >>> floor_units(Decimal("-1.55"), 1), floor_units(Decimal("1.55"), 1)
    (-16, 15)
    """
    return _whole(value, digits, ROUND_FLOOR)


def nearest_units(value: Decimal, digits: int) -> int:
    """The nearest whole number of units, ties to the even one.

    >>> nearest_units(Decimal("174.78125"), 4), nearest_units(Decimal("174.78135"), 4)
    (1747812, 1747814)
    """
    return _whole(value, digits, ROUND_HALF_EVEN)


def money_units(value: Decimal, digits: int) -> int:
    """An amount of money, what is finer than the digits cut off; bounded by 64 bits.

    >>> money_units(Decimal("100000.1234567"), 6)
    100000123456
    """
    return _whole(value, digits, ROUND_FLOOR, most=2**63 - 1)


def _whole(value: Decimal, digits: int, rounding: str, most: int = UNITS_MAX) -> int:
    if not value.is_finite() or value.adjusted() > EXPONENT_MAX:
        raise BadNumber(f"{value} is no number that can be kept")
    units = int(value.scaleb(digits).quantize(_ONE, rounding=rounding))
    if abs(units) > most:
        raise BadNumber(f"{value} is too large for {digits} digits: at most {most} units")
    return units
