"""Rows a second into Parquet files, durably and checked, against DuckDB writing the same columns.

Time is that of the wall, as DuckDB writes with several threads.

What limits it: DuckDB, which compresses and writes (half of the time in a profile of 4M rows); a
third is the copy that joins the batches of a period, the rest the checks and the hash of the file.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _measure import report, sized

from tradewind.adapters.parquet.files import connect, write_file
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

TARGET = 0.4
ROUNDS = 5
ROWS = sized(4_000_000, 100_000)
BATCH_ROWS = 100_000
DAY_NS = 86_400_000_000_000
START_NS = 20_000 * DAY_NS
BTC = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.00001")


def trades() -> Columns:
    """A day of trades that compress as badly as a random walk does."""
    chance = np.random.default_rng(7)
    arrays = {
        "time_ns": START_NS + np.sort(chance.integers(0, DAY_NS, ROWS)),
        "price": 6_000_000 + np.cumsum(chance.integers(-3, 4, ROWS)),
        "size": chance.integers(1, 1_000, ROWS),
        "side": chance.integers(0, 2, ROWS) * 2 - 1,
    }
    return Columns("trades", BTC, arrays)


def stored_s(folder: Path, rows: Columns) -> float:
    """Seconds until batches are durable in a history of their own."""
    batches = [rows.cut(first, first + BATCH_ROWS) for first in range(0, len(rows), BATCH_ROWS)]
    history = ParquetHistory(folder)
    start = time.perf_counter()
    history.write_batches(batches)
    return time.perf_counter() - start


def bare_s(folder: Path, rows: Columns) -> float:
    """Seconds of the same columns in one file, durable, neither checked nor named."""
    connection = connect()
    start = time.perf_counter()
    write_file(connection, folder / "bare" / "rows.parquet", rows.arrays, {"kind": "trades"})
    return time.perf_counter() - start


def read_s(folder: Path) -> float:
    """Seconds to read a day of trades back."""
    start = time.perf_counter()
    assert len(ParquetHistory(folder).read("trades", BTC.id)) == ROWS
    return time.perf_counter() - start


def main() -> int:
    """Measure and print."""
    rows, stored, bare, read = trades(), [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            stored.append(stored_s(Path(name), rows))
            bare.append(bare_s(Path(name), rows))
            read.append(read_s(Path(name)))
    figure, floor = ROWS / min(stored), ROWS / min(bare)
    return report(
        "history_parquet", figure, "rows/s", floor=floor, ratio=figure / floor, target=TARGET,
        read_rows_per_s=ROWS / min(read),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
