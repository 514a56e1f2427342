"""Single Parquet files of integer columns: written durably, read back as numpy arrays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from tradewind.adapters.parquet.shelf import cannot_write
from tradewind.model.columns import IntColumn
from tradewind.model.errors import BadData

ROW_GROUP_ROWS = 131_072
HASH_CHUNK_BYTES = 1 << 20


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that loads nothing from a network."""
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    connection.execute("SET enable_progress_bar = false")
    return connection


def write_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    arrays: dict[str, IntColumn],
    metadata: dict[str, str],
) -> None:
    """Write equally long columns and a file's metadata; `OutsideError` where the disk refuses."""
    rows = arrays  # noqa: F841  DuckDB finds the columns under this name
    pairs = ", ".join(f"{name}: {quoted(text)}" for name, text in metadata.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"COPY (SELECT * FROM rows) TO {quoted(str(path))} (FORMAT parquet, "
            f"COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE {ROW_GROUP_ROWS}, "
            f"USE_TMP_FILE false, KV_METADATA {{{pairs}}})"
        )
        sync_file(path)
    except (duckdb.Error, OSError) as error:
        path.unlink(missing_ok=True)
        raise cannot_write(path, first_line(error)) from error


def read_files(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    *,
    place: str,
    columns: Sequence[str],
    time_column: str,
    range_ns: tuple[int, int],
) -> dict[str, IntColumn]:
    """The rows of some files whose time lies in a range, its end excluded."""
    start_ns, end_ns = range_ns
    names = ", ".join(f'"{name}"' for name in columns)
    files = ", ".join(quoted(str(path)) for path in paths)
    try:
        result = connection.execute(
            f"SELECT {names} FROM read_parquet([{files}]) "
            f'WHERE "{time_column}" >= {start_ns} AND "{time_column}" < {end_ns}'
        ).fetchnumpy()
    except duckdb.Error as error:
        raise BadData(
            f"a file of {place} cannot be read ({first_line(error)}): look with "
            "tradewind data check, then import it again or restore it"
        ) from error
    return {name: np.asarray(result[name]) for name in columns}


def sha256_of(path: Path) -> str:
    """The hash of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def quoted(text: str) -> str:
    """A text as SQL writes it.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """The first line of an error's text, which is all a sentence can hold."""
    return str(error).partition("\n")[0]
