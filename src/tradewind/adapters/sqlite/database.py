"""A SQLite database of ours: how it is opened, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradewind.adapters.sqlite.wal import PAGE_BYTES
from tradewind.model.errors import UserError
from tradewind.ports.journal import JournalBroken, JournalDamaged, JournalFull

BUSY_TIMEOUT_S = 5.0
WAL_BYTES_KEPT = 64 << 20
FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
"""No space left, found before anything was written for good; a failed fsync is not among them."""


def open_to_write(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """A connection in WAL mode without implicit transactions, made if the file is not there."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES_KEPT}")
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing."""
    if not path.exists():
        raise UserError(f"there is no {path.name} in {path.parent}: set TRADEWIND_HOME")
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def settle_layout(connection: sqlite3.Connection, *, layout: int, script: str) -> None:
    """Make the tables of a new database in one transaction; refuse another layout."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found not in (0, layout):
        raise UserError(
            f"the database has layout {found}, this program knows {layout}: "
            "use the version that wrote it, or a newer one"
        )
    if found == 0:
        connection.executescript(f"BEGIN; {script} PRAGMA user_version={layout}; COMMIT;")


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
