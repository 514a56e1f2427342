"""Fills as analysis takes them: floats, in account currency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tradewind.model.errors import BadData

FillRow = tuple[int, str, int, float, float, float]
"""time_ns, instrument id, side (+1 bought, -1 sold), quantity > 0, price, fee (paid > 0)."""

FILL_MAX = 1e15
"""What quantity, price, notional and fee of a fill may add up to; more is refused."""
DUST_RATIO = 1e-9
"""A remainder of a quantity smaller than this share of it is rounding, not a position."""


class Fill(NamedTuple):
    """One execution of an order; money in account currency, quantity without sign."""

    time_ns: int
    instrument: str
    side: int
    quantity: float
    price: float
    fee: float


def fills_of(rows: Iterable[FillRow]) -> list[Fill]:
    """The rows checked: sides +1 or -1, quantities above zero, finite, sorted by time.

    >>> fills_of([(0, "GOOG.SIM", 0, 1.0, 100.0, 0.0)])
    Traceback (most recent call last):
    tradewind.model.errors.BadData: fill 0 has side 0: it must be 1 (bought) or -1 (sold)
    """
    # no sooner way to a named tuple; one of another length is refused by the loop
    fills = [tuple.__new__(Fill, row) for row in rows]
    before_ns = fills[0].time_ns if fills else 0
    for number, (time_ns, _, side, quantity, price, fee) in enumerate(fills):
        if side not in (1, -1):
            raise BadData(f"fill {number} has side {side}: it must be 1 (bought) or -1 (sold)")
        # NaN, which is within no limit, if one of them is NaN
        size = abs(quantity) + abs(price) + abs(quantity * price) + abs(fee)
        if not (quantity > 0.0 and size <= FILL_MAX):
            raise BadData(
                f"fill {number} needs a quantity above zero and numbers within "
                f"+-{FILL_MAX:g}: {tuple(fills[number])}"
            )
        if time_ns < before_ns:
            raise BadData(f"fill {number} is earlier than fill {number - 1}: sort them by time")
        before_ns = time_ns
    return fills


def fees_paid(fills: Sequence[Fill]) -> float:
    """Sum of all fees; rebates count against them."""
    return math.fsum(fill.fee for fill in fills)


def turnover(fills: Sequence[Fill]) -> float:
    """Sum of quantity times price, bought and sold alike.

    >>> turnover([Fill(0, "GOOG.SIM", 1, 2.0, 10.0, 0.1), Fill(1, "GOOG.SIM", -1, 2.0, 11.0, 0.1)])
    42.0
    """
    return math.fsum(fill.quantity * abs(fill.price) for fill in fills)
