"""Rates: shares in 10^-9, and their products in 64 bits."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.model.numbers import parse_units

RATE_DIGITS = 9
RATE_ONE = 10**9


def share_of(money: int, rate: int) -> int:
    """money x rate x 10^-9, half-even; money >= 0 of 64 bits, |rate| <= 10^9.

    >>> share_of(2_500, 1_000_000), share_of(3_500, 1_000_000), share_of(9 * 10**18, -(10**9))
    (2, 4, -9000000000000000000)
    """
    whole = money // RATE_ONE
    # The rest times the rate stays in 64 bits, which money times rate would not.
    product = (money - whole * RATE_ONE) * rate
    quotient = product // RATE_ONE
    rest = product - quotient * RATE_ONE
    total = whole * rate + quotient
    if rest > RATE_ONE - rest or (rest == RATE_ONE - rest and total % 2 != 0):
        total += 1
    return total


def share_below(units: int, rate: int) -> int:
    """units x rate x 10^-9, rounded down; units >= 0 of 64 bits, |rate| <= 10^9.

    >>> share_below(1_009, 100_000_000)
    100
    """
    whole = units // RATE_ONE
    # The rest times the rate stays in 64 bits, which units times rate would not.
    return whole * rate + (units - whole * RATE_ONE) * rate // RATE_ONE


def share_above(units: int, rate: int) -> int:
    """units x rate x 10^-9, rounded up; units >= 0 of 64 bits, |rate| <= 10^9.

    >>> share_above(5, 500_000_000), share_above(4, 500_000_000)
    (3, 2)
    """
    return -share_below(units, -rate)


def parse_rate(text: str) -> int:
    """A rate in 10^-9; `UserError` beyond 1 or below -1.

    >>> parse_rate("0.001"), parse_rate("-0.00005")
    (1000000, -50000)
    """
    rate = parse_units(text, RATE_DIGITS)
    if abs(rate) > RATE_ONE:
        raise UserError(f"a rate of {text} is more than all of it: 0.1 % is written '0.001'")
    return rate
