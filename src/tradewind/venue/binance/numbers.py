"""Numbers as Binance writes them: text with eight decimals."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

EIGHT = Decimal("0.00000001")
ZERO_TEXT = "0.00000000"


def text8(number: Decimal) -> str:
    """Eight decimals; what is beyond is cut off.

    >>> text8(Decimal("1.5")), text8(Decimal(0))
    ('1.50000000', '0.00000000')
    """
    if not number:
        return ZERO_TEXT
    return f"{number.quantize(EIGHT, ROUND_DOWN):f}"


def percent(part: Decimal, whole: Decimal) -> str:
    """A share in percent with three decimals.

    >>> percent(Decimal(-1), Decimal(8))
    '-12.500'
    """
    if not whole:
        return "0.000"
    return f"{(part * 100 / whole).quantize(Decimal('0.001'), ROUND_HALF_EVEN):f}"
