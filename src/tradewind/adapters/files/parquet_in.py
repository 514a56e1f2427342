"""Parquet files of bars, trades, quotes or depth, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from tradewind.adapters.files.column_names import places
from tradewind.adapters.files.reading import Reading, Request, in_order, timeframe_in
from tradewind.adapters.files.times import parse_times, utc_from_local
from tradewind.model.column_merge import key_times
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, UserError
from tradewind.model.frames import DIGITS, columns_from

BATCH_ROWS = 1_000_000
MEMORY_MAX = "2GB"

INTEGERS = frozenset(
    ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"]
)
TIMES = ("TIMESTAMP", "DATE")


@contextmanager
def open_parquet(path: Path, request: Request) -> Iterator[Reading]:
    """A Parquet file. Integers are whole values, or units where the file's own metadata has
    `price_digits` and `quantity_digits`, as files that we export do."""
    if not path.is_file():
        raise UserError(f"there is no file {path}: check the path")
    table = _Table(path, request)
    batches = (table.batch(start) for start in range(0, table.rows, BATCH_ROWS))
    first = next(batches, None)
    if first is None:
        raise BadData(f"{path.name} has no rows: name a file with rows")
    timeframe = None
    if request.kind == "bars":
        timeframe = request.timeframe or timeframe_in(path.name, key_times(first))
    yield Reading(request.kind, timeframe, in_order(path.name, chain([first], batches)))


class _Table:
    """An open file's rows by their numbers."""

    def __init__(self, path: Path, request: Request) -> None:
        self.name = path.name
        self.request = request
        self.connection = duckdb.connect()
        self.connection.execute(f"SET memory_limit = '{MEMORY_MAX}'")
        self.digits = self._digits(path)
        described = self._ask("DESCRIBE SELECT * FROM read_parquet(?)", str(path))
        types = {row[0]: row[1] for row in described.fetchall()}
        names = list(types)
        self.columns = {
            ours: (names[place], types[names[place]]) if place is not None else None
            for ours, place in places(path.name, names, request).items()
        }
        self._ask("CREATE TEMP TABLE rows AS SELECT * FROM read_parquet(?)", str(path))
        self.rows = int(self._ask("SELECT count(*) FROM rows").fetchone()[0])

    def batch(self, start: int) -> Columns:
        """The rows from a number on."""
        stop = min(start + BATCH_ROWS, self.rows)
        frame: dict[str, Any] = {ours: self._column(ours, start, stop) for ours in self.columns}
        request = self.request
        try:
            return columns_from(
                request.kind, frame | self.digits, request.instrument, timeframe=request.timeframe
            )
        except BadData as error:
            part = f" (of the {BATCH_ROWS} from {start} on)" if start else ""
            raise BadData(f"{self.name}: {error}{part}") from None

    def _column(self, ours: str, start: int, stop: int) -> Any:
        column = self.columns[ours]
        if column is None:
            return np.zeros(stop - start, np.int64)
        name, kind = column
        quoted = '"' + name.replace('"', '""') + '"'
        expression, is_time = _expression(quoted, kind)
        found = self._ask(
            f"SELECT {expression} AS value FROM rows WHERE rowid >= {start} AND rowid < {stop}"
        ).fetchnumpy()["value"]
        if np.ma.is_masked(found):
            row = start + int(np.argmax(np.ma.getmaskarray(found)))
            raise BadData(f"{self.name}: row {row}, column {name!r} is empty: drop the row")
        array = np.ma.getdata(found)
        if not ours.endswith("time_ns"):
            return array
        return self._times(array, name, is_time=is_time and "ZONE" not in kind)

    def _times(self, array: Any, name: str, *, is_time: bool) -> Any:
        zone = self.request.zone or "UTC"
        if is_time:
            return utc_from_local(array, zone)
        if array.dtype.kind == "O" or (array.dtype.kind == "i" and not name.endswith("_ns")):
            texts = [str(value) for value in array.tolist()]
            return parse_times(texts, time_format=self.request.time_format, zone=zone)
        return array

    def _digits(self, path: Path) -> dict[str, int]:
        pairs = self._ask("SELECT key, value FROM parquet_kv_metadata(?)", str(path)).fetchall()
        metadata = {bytes(key).decode("utf-8", "replace"): value for key, value in pairs}
        return {name: int(metadata[name]) for name in DIGITS if name in metadata}

    def _ask(self, query: str, *values: str) -> Any:
        try:
            return self.connection.execute(query, list(values))
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0]
            raise BadData(
                f"{self.name} is no whole Parquet file ({reason}): fetch it again"
            ) from None


def _expression(quoted: str, kind: str) -> tuple[str, bool]:
    """How a column is asked for so that nothing is lost, and whether nanoseconds come out."""
    if kind.startswith(TIMES):
        # Days and coarse times are widened first, since epoch_ns takes them as they are.
        return f"epoch_ns({quoted})", True
    if kind == "DOUBLE" or kind in INTEGERS:
        return quoted, False
    # Decimals, 128-bit integers and 32-bit floats would be rounded on the way to 64-bit floats.
    return f"CAST({quoted} AS VARCHAR)", False
