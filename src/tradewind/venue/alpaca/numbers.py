"""Numbers as the Alpaca venue writes and takes them."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation

from tradewind.venue.alpaca.refusal import unprocessable

CENT = Decimal("0.01")
NINE_DIGITS = Decimal("0.000000001")
VALUE_MAX = Decimal(10) ** 12


def text_of(value: Decimal | None) -> str | None:
    """Plain text without needless zeros, or null.

    >>> text_of(Decimal("100.50")), text_of(Decimal("1E+3")), text_of(None)
    ('100.5', '1000', None)
    """
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Decimal) -> str:
    """As `text_of`, where there is a value.

    >>> plain(Decimal("0.0")), plain(Decimal("-0.50"))
    ('0', '-0.5')
    """
    text = text_of(value) or "0"
    return "0" if text == "-0" else text


def cents(value: Decimal) -> str:
    """Money to the cent, as balances are shown."""
    return plain(value.quantize(CENT))


def parse_number(name: str, value: object) -> Decimal | None:
    """A positive number out of JSON text or a JSON number; null and "" are none.

    >>> parse_number("qty", 1.5), parse_number("qty", "1.5"), parse_number("qty", None)
    (Decimal('1.5'), Decimal('1.5'), None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise unprocessable(f"{name} must be a number")
    try:
        # The shortest text of a float is what the client meant by it.
        number = Decimal(str(value))
    except InvalidOperation:
        raise unprocessable(f"{name} is not a valid number: {value}") from None
    if not number.is_finite() or number <= 0:
        raise unprocessable(f"{name} must be > 0")
    if number > VALUE_MAX:
        raise unprocessable(f"{name} is too large")
    return number


def has_more_digits_than(value: Decimal, digits: int) -> bool:
    """True where a number has digits behind so many places.

    >>> has_more_digits_than(Decimal("100.01"), 2), has_more_digits_than(Decimal("100.010"), 2)
    (False, False)
    """
    return value != value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_DOWN)
