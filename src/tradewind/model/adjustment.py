"""Adjustment: prices and sizes of the past as if later splits and dividends were long over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from tradewind.model.column_merge import key_times
from tradewind.model.columns import Columns, IntColumn
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX, UNITS_MAX, digits_of, format_units
from tradewind.model.row_checks import check_rows
from tradewind.model.unit_arrays import QUANTITY_COLUMNS

Adjust = Literal["none", "splits", "all"]
"""By nothing, by splits, by splits and dividends."""

PRICE_DIGITS_MIN = 6
"""Digits of an adjusted price: with fewer the rounding shows in a backtest's cents."""

PRICE_COLUMNS = frozenset(["open", "high", "low", "close", "price", "bid", "ask"])

HOUR_NS = 3_600_000_000_000
DAY_BEGINS_NS = {"24/7": 0, "24/5": 0, "XNYS": 5 * HOUR_NS, "XNAS": 5 * HOUR_NS}
"""When the day of an ex-date begins by UTC. New York trades from 04:00 to 20:00, which is until
01:00 of the next day by UTC in winter, so its day begins when nothing trades."""

Ratio = tuple[int, int]


class Change(NamedTuple):
    """By what prices and sizes of rows before a time are multiplied."""

    before_ns: int
    price: Fraction
    size: Fraction


ONE = Fraction(1)


class Adjustment:
    """The changes of one instrument, by time; nothing to change gives the same columns back.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = {"time_ns": [1, 5], "price": [40_000, 10_100], "size": [3, 8], "side": [0, 0]}
    >>> trades = Columns("trades", goog, {name: np.array(rows[name]) for name in rows})
    >>> four_for_one = Change(5, Fraction(1, 4), Fraction(4))
    >>> adjusted = Adjustment([four_for_one]).of(trades)
    >>> adjusted["price"].tolist(), adjusted["size"].tolist(), adjusted.instrument.price_digits
    ([100000000, 101000000], [12, 8], 6)
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        ordered = sorted(changes, key=lambda change: change.before_ns)
        self.times = [change.before_ns for change in ordered]
        self._prices, self._sizes = [ONE], [ONE]
        for change in reversed(ordered):
            self._prices.append(self._prices[-1] * change.price)
            self._sizes.append(self._sizes[-1] * change.size)
        self._prices.reverse()
        self._sizes.reverse()

    def of(self, columns: Columns) -> Columns:
        """The columns adjusted, half-even to the digits of `adjusted_instrument`, and checked.

        Raises `BadData` where an adjusted price is too small or too large for its digits.
        """
        if not self.times:
            return columns
        instrument = adjusted_instrument(columns.instrument)
        rows = [bisect_right(self.times, time) for time in key_times(columns).tolist()]
        shift = 10 ** (instrument.price_digits - columns.instrument.price_digits)
        prices = [(price * shift).as_integer_ratio() for price in self._prices]
        cut = 10 ** (columns.instrument.quantity_digits - instrument.quantity_digits)
        sizes = [(size / cut).as_integer_ratio() for size in self._sizes]
        arrays = dict(columns.arrays)
        for name in arrays:
            if name in PRICE_COLUMNS:
                arrays[name] = multiplied(arrays[name], rows, prices)
            elif name in QUANTITY_COLUMNS:
                arrays[name] = multiplied(arrays[name], rows, sizes)
        adjusted = Columns(columns.kind, instrument, arrays)
        check_rows(adjusted)
        return adjusted


def changes_of(
    actions: Iterable[CorporateAction],
    instrument: Instrument,
    *,
    adjust: Adjust,
    close_before: Callable[[CorporateAction, int], Fraction],
) -> list[Change]:
    """What actions change. A dividend takes its share of the last price before its ex-date.

    `close_before` says that price of an action and its time, as traded. All dividends of a day
    count together. Renames change nothing. (Center for Research in Security Prices, "Data
    descriptions guide", factor to adjust price: 1 - amount / price.)
    """
    changes: list[Change] = []
    paid: dict[int, list[CorporateAction]] = {}
    for action in actions if adjust != "none" else ():
        before_ns = begins_ns(action, instrument)
        if action.kind == "split":
            price = action.told_factor or 1 / action.ratio
            changes.append(Change(before_ns, price, action.ratio))
        elif action.kind == "dividend" and adjust == "all":
            told = action.told_factor
            if told is not None:
                changes.append(Change(before_ns, told, ONE))
            else:
                paid.setdefault(before_ns, []).append(action)
    for before_ns, dividends in paid.items():
        close = close_before(dividends[0], before_ns)
        changes.append(Change(before_ns, _kept_share(dividends, close), ONE))
    return changes


def begins_ns(action: CorporateAction, instrument: Instrument) -> int:
    """From when on prices are those behind an action."""
    return action.ex_date_ns + DAY_BEGINS_NS.get(instrument.calendar, 0)


def adjusted_instrument(instrument: Instrument) -> Instrument:
    """The instrument of adjusted columns: prices of six digits and more, a lot that goes with it.

    >>> share = Instrument("IBM.X", tick="0.01", lot="0.00001", currency="USD", price_digits=4)
    >>> adjusted = adjusted_instrument(share)
    >>> adjusted.price_digits, adjusted.quantity_digits, adjusted.lot
    (6, 4, '0.0001')
    """
    price_digits = max(instrument.price_digits, PRICE_DIGITS_MIN)
    quantity_digits = min(instrument.quantity_digits, DIGITS_MAX - price_digits)
    lot = instrument.lot
    if digits_of(lot) > quantity_digits:
        lot = format_units(1, quantity_digits)
    return msgspec.structs.replace(
        instrument, price_digits=price_digits, quantity_digits=quantity_digits, lot=lot
    )


def multiplied(units: IntColumn, rows: Sequence[int], ratios: Sequence[Ratio]) -> IntColumn:
    """Each unit times the ratio of its row, half-even; exactly, in Python's own integers.

    >>> multiplied(np.array([5, 7, 9]), [0, 0, 1], [(1, 2), (1, 1)]).tolist()
    [2, 4, 9]
    """
    products = [
        half_even(unit * ratios[row][0], ratios[row][1])
        for unit, row in zip(units.tolist(), rows, strict=True)
    ]
    if max(products, default=0) > UNITS_MAX:
        raise BadData(
            f"an adjusted value has {max(products)} units, at most {UNITS_MAX} can be: take "
            "fewer digits, or the data as it was traded"
        )
    return np.array(products, np.int64)


def half_even(numerator: int, denominator: int) -> int:
    """Quotient of integers of any size to the nearest integer, ties to the even one.

    >>> half_even(25, 10), half_even(35, 10)
    (2, 4)
    """
    quotient, rest = divmod(numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1)
    return quotient + up


def _kept_share(dividends: Sequence[CorporateAction], close: Fraction) -> Fraction:
    kept = 1 - sum((each.paid for each in dividends), Fraction(0)) / close
    if kept <= 0:
        raise BadData(
            f"the {dividends[0]} is no less than the price before it, {float(close):g}: mend the "
            "action, or adjust by splits only"
        )
    return kept
