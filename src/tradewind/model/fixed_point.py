"""Fixed point: plain decimal text of a wire or a file, as exact integer units."""

from __future__ import annotations

from tradewind.model.errors import BadNumber
from tradewind.model.numbers import UNITS_MAX

TEXT_LENGTH_MAX = 64
"""Characters of a number; venues write at most about 20."""

# C integers when compiled (fixed_point.pxd)
_MAX = UNITS_MAX
_LENGTH_MAX = TEXT_LENGTH_MAX


def parse_fixed_point(text: str, digits: int) -> int:
    """Units of 10^-digits that the text says exactly: `-`, ASCII digits, and a point within them.

    Unlike `numbers.parse_units` it takes no exponent, sign `+`, space or other script's digits,
    which no venue writes. Zeros beyond the digits are fine; what would lose another digit, is
    beyond `UNITS_MAX` or is no such number is refused with `BadNumber`.

    >>> parse_fixed_point("61837.63000000", 2), parse_fixed_point("-0.5", 3)
    (6183763, -500)
    >>> parse_fixed_point("0.001", 2)
    Traceback (most recent call last):
    tradewind.model.errors.BadNumber: '0.001' has more than 2 digits: ...
    """
    length = len(text)
    negative = length > 0 and text[0] == "-"
    start = 1 if negative else 0
    units = 0
    places = -1  # digits seen behind the point; -1 before it
    if length > _LENGTH_MAX or length == start:
        _refuse(text, digits)
    for i in range(start, length):
        mark = ord(text[i])
        if mark == 46 and places < 0 and start < i < length - 1:
            places = 0
        elif mark < 48 or mark > 57:
            _refuse(text, digits)
        elif places < digits:
            units = units * 10 + mark - 48
            if units > _MAX:
                _refuse(text, digits)
            if places >= 0:
                places += 1
        elif mark != 48:
            _refuse(text, digits)
    for _ in range(digits if places < 0 else digits - places):
        units *= 10
        if units > _MAX:
            _refuse(text, digits)
    return -units if negative else units


def _refuse(text: str, digits: int) -> None:
    """Raise `BadNumber` with what is wrong with the text."""
    shown = repr(text[:40])
    whole, point, fraction = text.removeprefix("-").partition(".")
    numerals = whole.isdecimal() and (fraction.isdecimal() or not point)
    if not numerals or not text.isascii() or len(text) > TEXT_LENGTH_MAX:
        raise BadNumber(f"{shown} is not a plain decimal number: write it like 12.5")
    if fraction[digits:].strip("0"):
        raise BadNumber(f"{shown} has more than {digits} digits: round it to the grid first")
    raise BadNumber(f"{shown} is too large for {digits} digits: at most {UNITS_MAX} units")
