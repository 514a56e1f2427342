"""Bad rows of a simulated market: what real feeds send now and then and nobody may trade on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tradewind.model.columns import Columns, concatenate
from tradewind.model.numbers import UNITS_MAX
from tradewind.sim.market_path import generator_for

Reason = Literal["zero", "negative", "absurd", "crossed", "duplicate", "out_of_order"]

LATE_NS_MAX = 10_000_000_000
"""Rows out of order are at most this late."""
ABSURD_FACTOR = 1_000

_PER_MILLION = 1e-6


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that must be refused: one row of `columns`, seen at `received_time_ns`, and why.

    The good rows never contain it. `with_bad_rows` puts it where a raw feed would have sent it.
    """

    reason: Reason
    received_time_ns: int
    columns: Columns


def bad_rows_of(
    columns: Columns, *, seed: int, block: int, rate_per_million: float
) -> list[BadRow]:
    """Bad rows beside a block of quotes or trades, by time; a generator of their own draws them.

    So the good rows are the same at every rate.
    """
    name = f"{columns.instrument.id} bad {columns.kind}"
    generator = generator_for(seed, name, block)
    count = int(generator.poisson(rate_per_million * _PER_MILLION * len(columns)))
    rows = np.sort(generator.integers(0, max(1, len(columns)), count))
    reasons = tuple(reason for reason in _DAMAGE if _applies(reason, columns))
    return [
        _spoil(columns.cut(row, row + 1), reasons[int(generator.integers(len(reasons)))], generator)
        for row in rows.tolist()
    ]


def with_bad_rows(columns: Columns, bad_rows: Sequence[BadRow]) -> Columns:
    """A raw batch: the good rows with their kind's bad rows where they were received.

    The result is what a feed has to clean; it need not be sorted, and prices may be impossible.
    """
    mine = [
        bad
        for bad in bad_rows
        if bad.columns.kind == columns.kind and bad.columns.instrument == columns.instrument
    ]
    parts: list[Columns] = []
    begin = 0
    for bad in mine:
        end = int(np.searchsorted(columns.time_ns, bad.received_time_ns, "right"))
        parts += [columns.cut(begin, end), bad.columns]
        begin = end
    return concatenate([*parts, columns.cut(begin)])


def _applies(reason: Reason, columns: Columns) -> bool:
    return reason != "crossed" or columns.kind == "quotes"


def _spoil(row: Columns, reason: Reason, generator: np.random.Generator) -> BadRow:
    """A bad copy of a good row, received with it."""
    received_ns = int(row.time_ns[0])
    arrays = {name: column.copy() for name, column in row.arrays.items()}
    _DAMAGE[reason](Columns(row.kind, row.instrument, arrays), generator)
    return BadRow(reason, received_ns, Columns(row.kind, row.instrument, arrays))


def _prices(row: Columns) -> tuple[str, ...]:
    return ("bid", "ask") if row.kind == "quotes" else ("price",)


def _zero(row: Columns, _generator: np.random.Generator) -> None:
    for name in _prices(row):
        row[name][0] = 0


def _negate(row: Columns, _generator: np.random.Generator) -> None:
    for name in _prices(row):
        row[name][0] = -row[name][0]


def _exaggerate(row: Columns, _generator: np.random.Generator) -> None:
    for name in _prices(row):
        row[name][0] = min(int(row[name][0]) * ABSURD_FACTOR, UNITS_MAX)


def _cross(row: Columns, _generator: np.random.Generator) -> None:
    bid, ask = int(row["bid"][0]), int(row["ask"][0])
    row["bid"][0], row["ask"][0] = ask, bid


def _repeat(_row: Columns, _generator: np.random.Generator) -> None:
    """A duplicate is the row itself, once more."""


def _delay(row: Columns, generator: np.random.Generator) -> None:
    row["time_ns"][0] -= int(generator.integers(LATE_NS_MAX // 10, LATE_NS_MAX))


_DAMAGE: dict[Reason, Callable[[Columns, np.random.Generator], None]] = {
    "zero": _zero,
    "negative": _negate,
    "absurd": _exaggerate,
    "crossed": _cross,
    "duplicate": _repeat,
    "out_of_order": _delay,
}
