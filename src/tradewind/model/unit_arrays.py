"""Arrays of exact units: whole columns of prices or quantities as int64, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradewind.model.errors import BadData, BadNumber
from tradewind.model.numbers import UNITS_MAX, units_of

IntColumn = NDArray[np.int64]


def units_array(
    values: NDArray[np.generic] | Sequence[object],
    *,
    digits: int,
    given_digits: int | None = None,
    column: str,
) -> IntColumn:
    """Units of 10^-digits of a column of floats, Decimals, texts or integers.

    A float stands for its shortest decimal representation. Integers are whole values, or units of
    10^-given_digits where those are named. The first value that is not a number, does not lie on
    the grid, or is beyond `UNITS_MAX` is refused with `BadData` that names its row (from 0).

    >>> units_array([100.25, 99.5], digits=2, column="close").tolist()
    [10025, 9950]
    >>> units_array(np.array([1002500]), digits=2, given_digits=4, column="close").tolist()
    [10025]
    """
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return _of_floats(array.astype(np.float64, copy=False), digits, column)
    if array.dtype.kind in "iu":
        return _of_integers(array, digits, given_digits or 0, column)
    if array.dtype.kind in "OUT":
        return _of_objects(array.tolist(), digits, column)
    raise BadData(f"column {column!r} holds {array.dtype}, not numbers: give numbers or text")


def _of_floats(array: NDArray[np.float64], digits: int, column: str) -> IntColumn:
    """Floats on the grid: x is the float nearest to n / 10^digits just where it equals it.

    Up to `UNITS_MAX` a decimal has at most 15 digits that count, so no two share a float and the
    shortest representation of x is that decimal.
    """
    scale = 10.0**digits
    with np.errstate(invalid="ignore", over="ignore"):
        units = np.rint(array * scale)
        good = (units / scale == array) & (np.abs(units) <= UNITS_MAX)
    if not good.all():
        _refuse(int(np.argmin(good)), array, digits, column)
    return units.astype(np.int64)


def _of_integers(
    array: NDArray[np.generic], digits: int, given_digits: int, column: str
) -> IntColumn:
    shift = digits - given_digits
    bound = UNITS_MAX // 10**shift if shift >= 0 else UNITS_MAX * 10**-shift
    bound = min(bound, 2**63 - 1)
    # Compared before the cast, so that a uint64 beyond int64 is refused and not wrapped.
    good = (array <= bound) & (array >= -bound)
    if not good.all():
        row = int(np.argmin(good))
        raise BadData(
            f"row {row}, column {column!r}: {array[row]} is too large for {digits} digits: "
            f"at most {UNITS_MAX} units"
        )
    units = array.astype(np.int64)
    if shift >= 0:
        return units * np.int64(10**shift)
    divisor = np.int64(10**-shift)
    rest = units % divisor != 0
    if rest.any():
        row = int(np.argmax(rest))
        raise BadData(
            _off_grid(row, column, Decimal(int(units[row])).scaleb(-given_digits), digits)
        )
    return units // divisor


def _of_objects(values: list[object], digits: int, column: str) -> IntColumn:
    units = np.empty(len(values), np.int64)
    for row, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
            raise BadData(f"row {row}, column {column!r}: {value!r} is not a number: mend the row")
        try:
            units[row] = units_of(value, digits)
        except BadNumber as error:
            raise BadData(f"row {row}, column {column!r}: {error}") from None
    return units


def _refuse(row: int, array: NDArray[np.float64], digits: int, column: str) -> None:
    value = float(array[row])
    if not np.isfinite(value):
        raise BadData(
            f"row {row}, column {column!r}: {value} is not a number: drop the row or fill it in"
        )
    if abs(value) * 10.0**digits > UNITS_MAX:
        raise BadData(
            f"row {row}, column {column!r}: {value!r} is too large for {digits} digits: "
            f"at most {UNITS_MAX} units"
        )
    raise BadData(_off_grid(row, column, value, digits))


def _off_grid(row: int, column: str, value: float | Decimal, digits: int) -> str:
    grid = "tick" if column not in QUANTITY_COLUMNS else "lot"
    return (
        f"row {row}, column {column!r}: {value} has more than {digits} digits: give the instrument "
        f"a finer {grid} (or {'price' if grid == 'tick' else 'quantity'}_digits), or round it first"
    )


QUANTITY_COLUMNS = frozenset(["volume", "size", "bid_size", "ask_size"])
"""Columns whose digits are the instrument's `quantity_digits`; all other numbers are prices."""
