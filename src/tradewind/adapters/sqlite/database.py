"""A SQLite database of ours: how it is opened, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tradewind.adapters.sqlite.wal import PAGE_BYTES
from tradewind.model.errors import UserError
from tradewind.ports.journal import JournalBroken, JournalDamaged, JournalFull

BUSY_TIMEOUT_S = 5.0
WAL_BYTES_KEPT = 64 << 20
FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
"""No space left, found before anything was written for good; a failed fsync is not among them."""


def open_to_write(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """A connection in WAL mode without implicit transactions, to a file that is there."""
    connection = _connect(path, "rw")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES_KEPT}")
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing."""
    if not path.exists():
        raise UserError(f"there is no {path.name} in {path.parent}: set TRADEWIND_HOME")
    return _connect(path, "ro")


def make_database(path: Path, *, layout: int, script: str) -> None:
    """Make a database with its tables, whole or not at all: it gets its name at the end.

    So a file of this name that is empty or has no tables was damaged, not left by a crash.
    """
    new = path.with_name(f"{path.name}.new")
    for leftover in path.parent.glob(f"{new.name}*"):
        leftover.unlink()
    connection = _connect(new, "rwc")
    with closing(connection):
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.executescript(f"BEGIN; {script} PRAGMA user_version={layout}; COMMIT;")
        connection.execute("PRAGMA journal_mode=WAL")
    new.rename(path)
    sync_directory(path.parent)


def check_layout(connection: sqlite3.Connection, path: Path, layout: int) -> None:
    """Refuse a database of another layout, or one that has lost its tables."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        raise JournalDamaged(f"{path} has lost its tables: restore the last backup")
    if found != layout:
        raise UserError(
            f"{path} has layout {found}, this program knows {layout}: "
            "use the version that wrote it, or a newer one"
        )


def sync_directory(directory: Path) -> None:
    """Make the names of new files in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Translate what SQLite finds wrong in a file it reads."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: sqlite3.Error) -> JournalDamaged:
    """The error for a file that SQLite cannot make sense of."""
    return JournalDamaged(
        f"{path} cannot be read ({error}): restore the last backup, "
        "`tradewind verify --journal` shows how far it is whole"
    )


def write_error(path: Path, error: sqlite3.Error) -> JournalBroken:
    """What a failed write means: a full disk, or a disk not to be trusted any more."""
    if getattr(error, "sqlite_errorcode", None) in FULL_CODES:
        return JournalFull(
            f"the disk of {path} is full: only cancels of a halt can still be kept; "
            "free space, then start again"
        )
    name = getattr(error, "sqlite_errorname", "unknown")
    return JournalBroken(
        f"writing {path} failed ({error}, {name}), nothing more is written: "
        "check the disk and the system's log, then start again"
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
