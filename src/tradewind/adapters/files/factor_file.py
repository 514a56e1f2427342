"""Factor files: by what a stock's prices are multiplied for splits and dividends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tradewind.adapters.files.sources import open_source
from tradewind.adapters.files.text_rows import blocks
from tradewind.model.adjustment import PRICE_COLUMNS, PRICE_DIGITS_MIN, Ratio, multiplied
from tradewind.model.columns import IntColumn
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.model.unit_arrays import QUANTITY_COLUMNS

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS


AMOUNT_STEP = Decimal("0.000001")
"""To which a dividend is rounded that a factor file implies."""
SHARES_MAX = 100
RATIO_ERROR_MAX = Fraction(1, 100_000)
"""What seven digits of a split factor leave open."""


class Factor(NamedTuple):
    """What prices up to a day, that day included, are multiplied by: price x split."""

    last_day: int
    price: Decimal
    split: Decimal
    reference: Decimal = Decimal(0)
    """The close of that day as traded, 0 where the file does not tell it."""


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
    if instrument.price_digits < PRICE_DIGITS_MIN:
        raise BadData(
            f"adjusted prices need {PRICE_DIGITS_MIN} digits or more, {instrument.id} has "
            f"{instrument.price_digits}: --price-digits {PRICE_DIGITS_MIN}"
        )
    factors = [*factors, NONE]
    time_name = "open_time_ns" if "open_time_ns" in frame else "time_ns"
    rows = _factor_rows(frame[time_name], factors)
    adjusted = dict(frame)
    for name in PRICE_COLUMNS & set(frame):
        shift = instrument.price_digits - frame["price_digits"]
        adjusted[name] = multiplied(frame[name], rows, [_of_price(f, shift) for f in factors])
    for name in QUANTITY_COLUMNS & set(frame):
        shift = instrument.quantity_digits - frame["quantity_digits"]
        adjusted[name] = multiplied(frame[name], rows, [_of_size(f, shift) for f in factors])
    digits = {
        "price_digits": instrument.price_digits,
        "quantity_digits": instrument.quantity_digits,
    }
    return adjusted | digits


def actions_of_factors(factors: Sequence[Factor]) -> list[CorporateAction]:
    """Splits and dividends between the rows of a factor file, which says what is left of prices.

    A split's ratio is the nearest one of small numbers that the file's digits mean; what prices
    are multiplied by is kept as the file's own quotient, so that nothing is lost. The ex-date is
    the next weekday behind a row's day, which may be a holiday.
    """
    found: list[CorporateAction] = []
    for row, later in pairwise(factors):
        ex_date_ns = _weekday_behind(row.last_day) * DAY_NS
        if row.split != later.split:
            new, old = _small_ratio(later.split, row.split)
            factor = f"{row.split}/{later.split}"
            found.append(CorporateAction("split", ex_date_ns, new, old, factor=factor))
        if row.price != later.price:
            amount = (row.reference * (1 - row.price / later.price)).quantize(AMOUNT_STEP)
            factor = f"{row.price}/{later.price}"
            found.append(
                CorporateAction("dividend", ex_date_ns, amount=f"{amount:f}", factor=factor)
            )
    return found


def _weekday_behind(day: int) -> int:
    """The next day from Monday to Friday; days count from 1970, which began on a Thursday."""
    day += 1
    return day + {2: 2, 3: 1}.get(day % 7, 0)


def _small_ratio(new: Decimal, old: Decimal) -> tuple[str, str]:
    """What a quotient of rounded factors means: 0.0357143 for 0.0178571 are 2 for 1."""
    told = Fraction(new) / Fraction(old)
    small = told.limit_denominator(SHARES_MAX)
    if small == 0 or abs(small / told - 1) > RATIO_ERROR_MAX:
        return f"{new}", f"{old}"
    return str(small.numerator), str(small.denominator)


def _of_price(factor: Factor, shift: int) -> Ratio:
    return (factor.price * factor.split).scaleb(shift).as_integer_ratio()


def _of_size(factor: Factor, shift: int) -> Ratio:
    numerator, denominator = factor.split.scaleb(-shift).as_integer_ratio()
    return denominator, numerator


def _factor_rows(times: IntColumn, factors: Sequence[Factor]) -> list[int]:
    """For each row the first factor whose day is not before the row's day in New York."""
    days = [factor.last_day for factor in factors]
    # In summer this clock is an hour slow, which changes no day of what trades after 01:00.
    return [bisect_left(days, day) for day in ((times - 5 * HOUR_NS) // DAY_NS).tolist()]


def _factor(path: Path, line: int, columns: list[list[bytes]], row: int) -> Factor:
    place = f"{path.name}: line {line}"
    if len(columns) < 3:
        raise BadData(f"{place} has {len(columns)} fields, not date,price factor,split factor")
    fields = [column[row].decode("utf-8", "replace") for column in columns[:4]]
    day, price, split = fields[:3]
    try:
        factor = Factor(_day(day), Decimal(price), Decimal(split), *map(Decimal, fields[3:]))
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
