"""Reading the SQLite journal: groups with their chain checked, snapshots, a full check."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tradewind.adapters.sqlite.database import open_to_read, reading
from tradewind.adapters.sqlite.lock import is_locked
from tradewind.adapters.sqlite.wal import scan_wal
from tradewind.ports.journal import (
    ChainChecker,
    Group,
    JournalDamaged,
    Snapshot,
    Verified,
    check_all,
    first_link,
    pruned,
)

JOURNAL_NAME = "journal.db"
BEHIND_ALL = 2**63 - 1
SNAPSHOT_FIELDS = ("sequence", "format", "code", "state_hash", "body")
_GROUP_FIELDS = ("first", "last", "epoch", "time_ns", "format", "chain", "body")
PAGE_GROUPS = 64
"""Groups read at a time: no read transaction stays open while a caller works on them."""

_T = TypeVar("_T")


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


class SqliteJournalReader:
    """A `JournalReader` beside a writer of this or another process; see `read_journal`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._journal_id = str(self._meta("journal_id"))

    @property
    def journal_id(self) -> str:
        """The journal's own short name."""
        return self._journal_id

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._end_behind(BEHIND_ALL)[0]

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Groups that hold records behind `after_sequence`, each checked."""
        anchor = self._anchor()
        if after_sequence < anchor[0]:
            raise pruned(after_sequence, anchor[0])
        checker = ChainChecker(*self._end_behind(after_sequence))
        while page := self._page(checker.last):
            for group in page:
                checker.check(group)
                yield group

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest snapshot, or the newest under `before`."""
        rows = self._rows(
            f"SELECT {', '.join(SNAPSHOT_FIELDS)} FROM snapshots WHERE sequence < ? "
            "ORDER BY sequence DESC LIMIT 1",
            BEHIND_ALL if before is None else before,
        )
        return self._struct(Snapshot, SNAPSHOT_FIELDS, rows[0]) if rows else None

    def verify(self) -> Verified:
        """Read and check everything, the file's own structure too."""
        anchor = self._anchor()
        verified = check_all(self._journal_id, self.groups(anchor[0]), anchor)
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

    def _anchor(self) -> tuple[int, bytes]:
        """Last and chain of what was pruned, or what stands before the first group."""
        sequence = self._meta("anchor_sequence")
        chain = self._meta("anchor_chain")
        if not isinstance(sequence, int) or not isinstance(chain, bytes):
            raise JournalDamaged(f"the anchor in {self.path} is damaged: restore the last backup")
        return (sequence, chain) if sequence else (0, first_link(self._journal_id))

    def _end_behind(self, sequence: int) -> tuple[int, bytes]:
        """Last and chain of the newest group that ends at or before a sequence."""
        # Groups lie without gaps: it is the one that holds the sequence, or the one before.
        rows = self._rows(
            "SELECT last, chain FROM groups WHERE first <= ? ORDER BY first DESC LIMIT 2", sequence
        )
        ends = [(last, chain) for last, chain in rows if last <= sequence]
        return ends[0] if ends else self._anchor()

    def _page(self, after_last: int) -> list[Group]:
        rows = self._rows(
            f"SELECT {', '.join(_GROUP_FIELDS)} FROM groups WHERE first > ? "
            f"ORDER BY first LIMIT {PAGE_GROUPS}",
            after_last,
        )
        return [self._struct(Group, _GROUP_FIELDS, row) for row in rows]

    def _meta(self, key: str) -> object:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        if not rows:
            raise JournalDamaged(f"{self.path} has no {key}: restore the last backup")
        return rows[0][0]

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with reading(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _struct(self, kind: type[_T], names: tuple[str, ...], row: tuple[Any, ...]) -> _T:
        try:
            return msgspec.convert(dict(zip(names, row, strict=True)), kind)
        except msgspec.ValidationError as error:
            raise JournalDamaged(
                f"{names[0]} {row[0]} in {self.path} is damaged ({error}): restore the last backup"
            ) from None


def check_wal(path: Path) -> int:
    """Refuse a log that has lost acknowledged groups; else the bytes of its torn end."""
    scan = scan_wal(path.with_name(path.name + "-wal"))
    if scan.spoiled_commits > 1:
        raise JournalDamaged(
            f"{path}-wal is damaged at byte {scan.whole_bytes}, {scan.spoiled_commits} groups "
            "stand behind it: restore the last backup; nothing was changed"
        )
    return scan.spoiled_bytes
