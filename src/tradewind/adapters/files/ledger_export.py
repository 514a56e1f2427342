"""A ledger into a file: CSV, Parquet, or Beancount."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from tradewind.analysis.beancount import beancount_lines
from tradewind.analysis.ledger import Entry, Ledger
from tradewind.analysis.ledger_rows import COLUMNS, posting_rows
from tradewind.model.errors import OutsideError, UserError

MONEY_TYPE = "DECIMAL(38, 8)"


def export_ledger(ledger: Ledger, path: Path) -> int:
    """Write the entries of a ledger to a .csv, .parquet or .beancount file, whole or not at all.

    The number of entries. Amounts are exact: decimal text in CSV, decimals of 38 digits in
    Parquet.
    """
    if path.suffix not in WRITERS:
        names = ", ".join(WRITERS)
        raise UserError(f"{path.name} has none of the endings {names}: name it after its form")
    if path.is_dir() or not path.parent.is_dir():
        raise UserError(f"{path} cannot be a file: name a file in a folder that exists")
    draft = path.with_name(f".{path.name}.tmp")
    try:
        WRITERS[path.suffix](ledger.entries, ledger, draft)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
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
    return len(ledger.entries)


def write_csv(entries: Sequence[Entry], ledger: Ledger, path: Path) -> None:
    """Write one row a posting under a line of names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(posting_rows(entries, ledger))


def write_beancount(entries: Sequence[Entry], ledger: Ledger, path: Path) -> None:
    """Write what `bean-check` accepts."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(beancount_lines(entries, ledger))


def write_parquet(entries: Sequence[Entry], ledger: Ledger, path: Path) -> None:
    """Write one row a posting, with decimals."""
    rows = list(posting_rows(entries, ledger))
    frame: dict[str, Any] = {}
    for place, name in enumerate(COLUMNS):
        kind = np.int64 if place < 2 else object
        frame[name] = np.array([row[place] for row in rows], kind)
    casts = {"amount": MONEY_TYPE, "quantity": MONEY_TYPE, "price": MONEY_TYPE}
    names = (
        f"CAST(NULLIF({name}, '') AS {casts[name]}) AS {name}" if name in casts else name
        for name in COLUMNS
    )
    connection = duckdb.connect()
    connection.execute(f"CREATE TEMP TABLE postings AS SELECT {', '.join(names)} FROM frame")
    connection.execute("COPY postings TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])


WRITERS: dict[str, Callable[[Sequence[Entry], Ledger, Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".beancount": write_beancount,
}
