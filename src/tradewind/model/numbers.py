"""Exact numbers: 64-bit integers in units of 10^-digits, and the ways in and out of them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tradewind.model.errors import BadNumber

UNITS_MAX = 10**15
"""Bound of a price or a quantity in units: below 2^53, so that its float is exactly one number."""

MONEY_MAX = 2**63 - 1
"""Bound of an amount of money in units of its currency's digits."""

_MONEY_MAX = MONEY_MAX  # a C integer when compiled, which Python cannot see
_SURELY_SMALL = float(9 * 10**18)  # below 2^63 by far more than a float errs

DIGITS_MAX = 10
"""Digits of price and of quantity together; more would not leave room for a product."""


def divide_half_even(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest integer, ties to the even one; the denominator is > 0.

    >>> [divide_half_even(n, 10) for n in (24, 25, 26, 35, -25, -35)]
    [2, 2, 3, 4, -2, -4]
    """
    if denominator == 1:
        return numerator
    quotient = numerator // denominator
    rest = numerator % denominator
    # rest > denominator - rest is 2 * rest > denominator without leaving 64 bits
    if rest > denominator - rest or (rest == denominator - rest and quotient % 2 != 0):
        quotient += 1
    return quotient


def multiply_units(price: int, quantity: int, factor: int, divisor: int) -> int:
    """price * quantity * factor / divisor, half-even: the notional of a quantity at a price.

    Refuses a product beyond 64 bits with `BadNumber` before it is computed.

    >>> multiply_units(6_000_012, 150_000, 10, 1)  # 60000.12 * 1.50000 in 10^-8
    9000018000000
    """
    # nearly all products are surely small, and a float says so sooner than two divisions
    size = price * (quantity * (factor / _SURELY_SMALL))
    if size >= 1 or size <= -1:
        _refuse_beyond(price, quantity, factor)
    product = price * quantity * factor
    return product if divisor == 1 else divide_half_even(product, divisor)


def _refuse_beyond(price: int, quantity: int, factor: int) -> None:
    """Refuse a product beyond 64 bits; neither number is 0."""
    if magnitude(price) > _MONEY_MAX // factor // magnitude(quantity):
        raise BadNumber(
            f"price {price} times quantity {quantity} is beyond 64 bits: use fewer digits"
        )


def magnitude(units: int) -> int:
    """The size of a number whatever its sign: `abs` would make an object of it when compiled.

    >>> magnitude(-3), magnitude(3)
    (3, 3)
    """
    return units if units >= 0 else -units


if __file__.endswith(".py"):
    # in plain Python the builtin is the same, and an order asks for twenty of them
    globals()["magnitude"] = abs


def digits_of(text: str) -> int:
    """Digits behind the point that a decimal text needs.

    >>> digits_of("0.01"), digits_of("5"), digits_of("0.50"), digits_of("1e-8")
    (2, 0, 1, 8)
    """
    exponent = _decimal(text).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def parse_units(text: str, digits: int) -> int:
    """Units of 10^-digits that a decimal text says exactly; `BadNumber` where it cannot.

    >>> parse_units("60000.12", 2), parse_units("-1.5", 3), parse_units("60000.12000000", 2)
    (6000012, -1500, 6000012)
    """
    return _units_of_decimal(_decimal(text), digits)


def units_of(value: Decimal | str | float, digits: int) -> int:
    """Units of 10^-digits of a value; a float is taken through its shortest representation.

    >>> units_of(0.1, 1), units_of(3, 2), units_of("2.50", 2), units_of(Decimal("0.07"), 2)
    (1, 300, 250, 7)
    """
    if isinstance(value, float):
        return parse_units(repr(value), digits)
    if isinstance(value, str):
        return parse_units(value, digits)
    return _units_of_decimal(Decimal(value), digits)


def money_of(value: Decimal | str | float, digits: int) -> int:
    """An amount of money in units of 10^-digits, bounded by `MONEY_MAX` instead of `UNITS_MAX`.

    >>> money_of("100000", 6)
    100000000000
    """
    number = _decimal(repr(value)) if isinstance(value, float) else _decimal(str(value))
    units = _scaled(number, digits)
    if abs(units) > MONEY_MAX:
        raise BadNumber(f"{value} is too large: an amount has at most 64 bits of 10^-{digits}")
    return units


def to_decimal(units: int, digits: int) -> Decimal:
    """The exact value of units.

    >>> to_decimal(6000010, 2)
    Decimal('60000.10')
    """
    return Decimal(units).scaleb(-digits)


def format_units(units: int, digits: int) -> str:
    """Units as plain decimal text with all their digits.

    >>> format_units(6000010, 2), format_units(-5, 2), format_units(7, 0)
    ('60000.10', '-0.05', '7')
    """
    if digits <= 0:
        return f"{to_decimal(units, digits):f}"
    text = str(abs(units)).zfill(digits + 1)
    sign = "-" if units < 0 else ""
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def format_plain(units: int, digits: int) -> str:
    """Units as decimal text without trailing zeros: what a person reads.

    >>> format_plain(6000010, 2), format_plain(300, 2)
    ('60000.1', '3')
    """
    text = format_units(units, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadNumber(f"{text!r} is not a number: write it like 12.5") from None
    if not number.is_finite():
        raise BadNumber(f"{text!r} is not a finite number: write it like 12.5")
    return number


def _scaled(number: Decimal, digits: int) -> int:
    if number.adjusted() > 40:
        raise BadNumber(f"{number} is too large")
    scaled = number.scaleb(digits)
    units = int(scaled)
    if scaled != units:
        raise BadNumber(f"{number} has more than {digits} digits: round it to the grid first")
    return units


def _units_of_decimal(number: Decimal, digits: int) -> int:
    if not number.is_finite():
        raise BadNumber(f"'{number}' is not a finite number: write it like 12.5")
    units = _scaled(number, digits)
    if abs(units) > UNITS_MAX:
        raise BadNumber(f"{number} is too large for {digits} digits: at most {UNITS_MAX} units")
    return units
