"""Reading the SQLite journal: beside its writer, or a file that nobody has open."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from tradewind.adapters.sql.stored_journal import StoredJournalReader
from tradewind.adapters.sqlite.database import open_to_read, reading
from tradewind.adapters.sqlite.lock import is_locked
from tradewind.adapters.sqlite.wal import scan_wal
from tradewind.ports.journal import JournalDamaged, Verified

JOURNAL_NAME = "journal.db"


def read_journal(directory: Path) -> SqliteJournalReader:
    """The journal of a directory for reading, beside a running writer or without one."""
    path = directory / JOURNAL_NAME
    if not is_locked(directory):
        check_wal(path)
    with ExitStack() as undo:
        connection = undo.enter_context(closing(open_to_read(path)))
        reader = SqliteJournalReader(path, connection)
        undo.pop_all()
    return reader


class SqliteJournalReader(StoredJournalReader):
    """A `JournalReader` beside a writer of this or another process; see `read_journal`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        super().__init__(str(path))

    def verify(self) -> Verified:
        """Read and check everything, the file's own structure too."""
        verified = super().verify()
        found = str(self._rows("PRAGMA integrity_check(1)")[0][0])
        if found != "ok":
            raise JournalDamaged(
                f"every group of {self.path} is whole, its index is not ({found}): copy it with "
                "`tradewind backup` and restore that"
            )
        return verified

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, question: str, *values: object) -> list[Any]:
        with reading(self.path):
            return self._connection.execute(question, values).fetchall()


def check_wal(path: Path) -> int:
    """Refuse a log that has lost acknowledged groups; else the bytes of its torn end."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and not path.exists():
        raise JournalDamaged(
            f"{path} is gone and its log is still there: restore the last backup, or move {log} "
            "away to begin a new journal"
        )
    scan = scan_wal(log)
    if scan.spoiled_commits > 1:
        raise JournalDamaged(
            f"{log} is damaged at byte {scan.whole_bytes}, {scan.spoiled_commits} groups "
            "stand behind it: restore the last backup; nothing was changed"
        )
    return scan.spoiled_bytes
