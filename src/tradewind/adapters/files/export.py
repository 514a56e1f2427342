"""Market data out of the history into a CSV or Parquet file that the import takes back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import duckdb

from tradewind.model.columns import Columns, IntColumn
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.frames import column_digits, columns_to_frame, is_number

MEMORY_MAX = "2GB"


def export(batches: Iterable[Columns], path: Path) -> int:
    """Write batches to a .csv or .parquet file, whole or not at all; the number of rows.

    Columns have our names, times are UTC nanoseconds. In CSV prices and quantities are decimal
    text; in Parquet each is the float64 nearest to it, which the import takes back exactly.
    """
    if path.suffix not in WRITERS:
        raise UserError(f"{path.name} is neither .csv nor .parquet: give it one of these endings")
    if path.is_dir() or not path.parent.is_dir():
        raise UserError(f"{path} cannot be a file: name a file in a folder that exists")
    draft = path.with_name(f".{path.name}.tmp")
    try:
        rows = WRITERS[path.suffix](batches, draft)
        if rows == 0:
            raise UserError("there are no rows in this range: widen the --timerange")
        draft.replace(path)
    except (OSError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise OutsideError(
            f"cannot write {path} ({reason}): make room on the disk, or choose another place",
            fault="ours",
            retry=True,
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return rows


def write_csv(batches: Iterable[Columns], path: Path) -> int:
    """Write batches as delimited text under a line of names."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for batch in batches:
            if rows == 0:
                file.write(",".join(batch.arrays) + "\n")
            file.writelines(_lines(batch))
            rows += len(batch)
        _sync(file)
    return rows


def write_parquet(batches: Iterable[Columns], path: Path) -> int:
    """Write batches as one Parquet file."""
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{MEMORY_MAX}'")
    rows = 0
    for batch in batches:
        frame = columns_to_frame(batch)  # noqa: F841  DuckDB finds the columns under this name
        verb = "INSERT INTO exported" if rows else "CREATE TEMP TABLE exported AS"
        connection.execute(f"{verb} SELECT * FROM frame")
        rows += len(batch)
    if rows:
        connection.execute("COPY exported TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
    return rows


WRITERS: dict[str, Callable[[Iterable[Columns], Path], int]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
}


def _lines(batch: Columns) -> Iterator[str]:
    texts = [_texts(name, array, batch) for name, array in batch.arrays.items()]
    for fields in zip(*texts, strict=True):
        yield ",".join(fields) + "\n"


def _texts(name: str, array: IntColumn, batch: Columns) -> list[str]:
    digits = column_digits(name, batch.instrument) if is_number(name) else 0
    if digits == 0:
        return list(map(str, array.tolist()))
    scale = 10**digits
    return [f"{units // scale}.{units % scale:0{digits}d}" for units in array.tolist()]


def _sync(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())
