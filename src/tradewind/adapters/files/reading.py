"""A file being read: what was asked for, what it turned out to hold, and its rows in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tradewind.model.column_merge import key_times, time_text
from tradewind.model.columns import ColumnKind, Columns, IntColumn
from tradewind.model.errors import BadData, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns

TIMEFRAMES = ("1s", "5s", "15s", "30s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h",
              "8h", "12h", "1d", "3d", "7d")  # fmt: skip
"""Timeframes that are recognised in data; any other has to be named."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person says about the files: all that a file does not say itself.

    `columns` maps our names to the file's. `price_column` takes one column of prices for all of
    open, high, low and close. `zone` is empty for the format's own. `quote_size` is decimal text,
    the size of quotes in files that have none. `factors` is a file to adjust prices by.
    """

    instrument: Instrument
    kind: ColumnKind = "bars"
    timeframe: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    price_column: str | None = None
    delimiter: str = ","
    first_line: str = "names"
    time_format: str = ""
    zone: str = ""
    quote_size: str = "0"
    factors: Path | None = None


@dataclass(slots=True)
class Reading:
    """What one file holds, and its batches; `left_out` counts, while they are read, rows that are
    no data by the file's own word, by reason."""

    kind: ColumnKind
    timeframe: str | None
    batches: Iterator[Columns]
    left_out: Counter[str] = field(default_factory=Counter)


Open = Callable[[Path, Request], AbstractContextManager[Reading]]
"""A format: opens a file and says what it holds; the batches are valid until it is left."""


def in_order(name: str, batches: Iterator[Columns]) -> Iterator[Columns]:
    """Batches of one file, refused where one begins before the one before it ended."""
    last_ns: int | None = None
    for batch in batches:
        if len(batch) == 0:
            continue
        first_ns = int(key_times(batch)[0])
        doubled = batch.kind == "bars" and first_ns == last_ns
        if last_ns is not None and (first_ns < last_ns or doubled):
            raise BadData(
                f"{name}: the row of {time_text(first_ns)} comes after one of "
                f"{time_text(last_ns)}: sort the rows by time and keep each once"
            )
        last_ns = int(key_times(batch)[-1])
        yield batch


def agreed_timeframe(name: str, found: str, asked: str | None) -> str:
    """The timeframe a file has by itself, refused where another was asked for."""
    if asked is not None and timeframe_ns(asked) != timeframe_ns(found):
        raise UserError(f"{name} has bars of {found}, not {asked}: leave out --timeframe")
    return found


def timeframe_in(name: str, open_time_ns: IntColumn) -> str:
    """The timeframe of bars by the commonest step between them, of equally common ones the least.

    `UserError` where it is unusual.
    """
    if len(open_time_ns) > 1:
        steps, counts = np.unique(np.diff(open_time_ns), return_counts=True)
        step = int(steps[np.argmax(counts)])
        for text in TIMEFRAMES:
            if timeframe_ns(text) == step:
                return text
    raise UserError(f"{name}: the bars' timeframe cannot be told from their times: --timeframe 1d")
