"""Factor files: by what a stock's prices are multiplied for its splits and dividends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tradewind.adapters.files.sources import open_source
from tradewind.adapters.files.text_rows import blocks
from tradewind.model.columns import IntColumn
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
DIGITS_MIN = 6
"""Digits of an adjusted price: with fewer the rounding shows in a backtest's cents."""


class Factor(NamedTuple):
    """What prices up to a day, that day included, are multiplied by: price x split."""

    last_day: int
    price: Decimal
    split: Decimal


NONE = Factor(2**62, Decimal(1), Decimal(1))
"""Stands behind the last factor."""


@cache
def read_factors(path: Path) -> tuple[Factor, ...]:
    """The rows of a factor file, in order of their days (counted from 1970):

    20130918,0.8619226,1,170.76
    """
    factors: list[Factor] = []
    with open_source(path) as source:
        for block in blocks(source):
            for row in range(len(block)):
                factors.append(_factor(path, block.line_numbers[row], block.columns, row))
    if [factor.last_day for factor in factors] != sorted({f.last_day for f in factors}):
        raise BadData(f"{path.name}: the days are out of order or doubled: sort the lines")
    return tuple(factors)


def adjust(
    frame: dict[str, Any], factors: Sequence[Factor], instrument: Instrument
) -> dict[str, Any]:
    """A frame of integer units with its prices multiplied and its sizes divided by the splits.

    Prices are rounded half-even to the instrument's digits, sizes to its quantity digits. A day
    behind the last factor keeps its prices.
    """
    if not factors:
        return frame
    if instrument.price_digits < DIGITS_MIN:
        raise BadData(
            f"adjusted prices need {DIGITS_MIN} digits or more, {instrument.id} has "
            f"{instrument.price_digits}: --price-digits {DIGITS_MIN}"
        )
    factors = [*factors, NONE]
    time_name = "open_time_ns" if "open_time_ns" in frame else "time_ns"
    rows = _factor_rows(frame[time_name], factors)
    adjusted = dict(frame)
    for name in PRICES & set(frame):
        shift = instrument.price_digits - frame["price_digits"]
        adjusted[name] = _multiplied(frame[name], rows, [_of_price(f, shift) for f in factors])
    for name in SIZES & set(frame):
        shift = instrument.quantity_digits - frame["quantity_digits"]
        adjusted[name] = _multiplied(frame[name], rows, [_of_size(f, shift) for f in factors])
    digits = {
        "price_digits": instrument.price_digits,
        "quantity_digits": instrument.quantity_digits,
    }
    return adjusted | digits


PRICES = frozenset(["open", "high", "low", "close", "price", "bid", "ask"])
SIZES = frozenset(["volume", "size", "bid_size", "ask_size"])

Ratio = tuple[int, int]


def _of_price(factor: Factor, shift: int) -> Ratio:
    return (factor.price * factor.split).scaleb(shift).as_integer_ratio()


def _of_size(factor: Factor, shift: int) -> Ratio:
    numerator, denominator = factor.split.scaleb(-shift).as_integer_ratio()
    return denominator, numerator


def _multiplied(units: IntColumn, rows: list[int], ratios: list[Ratio]) -> IntColumn:
    """Exactly, in Python's integers: the products are beyond the 64 bits of compiled numbers."""
    products = (
        _half_even(unit * ratios[row][0], ratios[row][1])
        for unit, row in zip(units.tolist(), rows, strict=True)
    )
    return np.fromiter(products, np.int64, len(rows))


def _half_even(numerator: int, denominator: int) -> int:
    quotient, rest = divmod(numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1)
    return quotient + up


def _factor_rows(times: IntColumn, factors: Sequence[Factor]) -> list[int]:
    """For each row the first factor whose day is not before the row's day in New York."""
    days = [factor.last_day for factor in factors]
    # In summer this clock is an hour slow, which changes no day of what trades after 01:00.
    return [bisect_left(days, day) for day in ((times - 5 * HOUR_NS) // DAY_NS).tolist()]


def _factor(path: Path, line: int, columns: list[list[bytes]], row: int) -> Factor:
    place = f"{path.name}: line {line}"
    if len(columns) < 3:
        raise BadData(f"{place} has {len(columns)} fields, not date,price factor,split factor")
    day, price, split = (columns[number][row].decode("utf-8", "replace") for number in range(3))
    try:
        factor = Factor(_day(day), Decimal(price), Decimal(split))
    except (ValueError, InvalidOperation):
        raise BadData(
            f"{place}: {day},{price},{split} is no day and two factors: mend it"
        ) from None
    if not (factor.price > 0 and factor.split > 0 and factor.price.is_finite()):
        raise BadData(f"{place}: a factor must be greater than zero: mend it")
    return factor


def _day(text: str) -> int:
    written = np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D")
    return int(written.astype(np.int64))
