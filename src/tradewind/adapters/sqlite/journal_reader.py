"""Reading the SQLite journal: groups with their chain checked, snapshots, a full check."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
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
    digest_of,
    pruned,
)

JOURNAL_NAME = "journal.db"
BEHIND_ALL = 2**63 - 1
SNAPSHOT_FIELDS = ("sequence", "format", "code", "state_hash", "body")
META_FIELDS = ("journal_id", "epoch", "anchor_sequence", "anchor_chain", "seal")
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


class Meta(msgspec.Struct, frozen=True):
    """What holds for the whole file; the anchor is last and chain of what was pruned."""

    journal_id: str
    epoch: int
    anchor_sequence: int
    anchor_chain: bytes
    seal: bytes = b""

    @property
    def anchor(self) -> tuple[int, bytes]:
        """Last and chain that the first group stands behind."""
        return self.anchor_sequence, self.anchor_chain

    def sealed(self) -> Meta:
        """The same with the hash that tells a change made by anybody else."""
        data = msgspec.msgpack.encode((self.journal_id, self.epoch, *self.anchor))
        return msgspec.structs.replace(self, seal=hashlib.sha256(data).digest())


class SqliteJournalReader:
    """A `JournalReader` beside a writer of this or another process; see `read_journal`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._journal_id = self._meta().journal_id

    @property
    def journal_id(self) -> str:
        """The journal's own short name."""
        return self._journal_id

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._end_behind(BEHIND_ALL)[0]

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept."""
        return self._meta().anchor_sequence + 1

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Groups that hold records behind `after_sequence`, each checked."""
        anchor = self._meta().anchor
        if after_sequence < anchor[0]:
            raise pruned(after_sequence, anchor[0])
        checker = ChainChecker(*self._end_behind(after_sequence))
        while page := self._page(checker.last):
            if page[0].first > checker.last + 1 <= (end := self._meta().anchor_sequence):
                raise pruned(checker.last, end)
            for group in page:
                checker.check(group)
                yield group

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest whole snapshot, or the newest under `before`."""
        sequences = self._rows(
            "SELECT sequence FROM snapshots WHERE sequence < ? ORDER BY sequence DESC",
            BEHIND_ALL if before is None else before,
        )
        for (sequence,) in sequences:
            with suppress(JournalDamaged):
                return self._snapshot(sequence)
        return None

    def verify(self) -> Verified:
        """Read and check everything, the file's own structure too."""
        anchor = self._meta().anchor
        verified = check_all(self._journal_id, self.groups(anchor[0]), anchor)
        for (sequence,) in self._rows("SELECT sequence FROM snapshots"):
            self._snapshot(sequence)
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

    def _end_behind(self, sequence: int) -> tuple[int, bytes]:
        """Last and chain of the newest group that ends at or before a sequence."""
        # Groups lie without gaps: it is the one that holds the sequence, or the one before.
        rows = self._rows(
            "SELECT last, chain FROM groups WHERE first <= ? ORDER BY first DESC LIMIT 2", sequence
        )
        ends = [(last, chain) for last, chain in rows if last <= sequence]
        return ends[0] if ends else self._meta().anchor

    def _page(self, after_last: int) -> list[Group]:
        rows = self._rows(
            f"SELECT {', '.join(_GROUP_FIELDS)} FROM groups WHERE first > ? "
            f"ORDER BY first LIMIT {PAGE_GROUPS}",
            after_last,
        )
        return [self._struct(Group, _GROUP_FIELDS, row) for row in rows]

    def _snapshot(self, sequence: int) -> Snapshot:
        names = ", ".join(SNAPSHOT_FIELDS)
        rows = self._rows(f"SELECT {names}, digest FROM snapshots WHERE sequence = ?", sequence)
        snapshot = self._struct(Snapshot, SNAPSHOT_FIELDS, rows[0][:-1])
        if snapshot.sequence != sequence or digest_of(snapshot) != rows[0][-1]:
            raise JournalDamaged(
                f"the snapshot at {sequence} in {self.path} is damaged: older ones are used, "
                "the next one replaces it"
            )
        return snapshot

    def _meta(self) -> Meta:
        rows = self._rows(f"SELECT {', '.join(META_FIELDS)} FROM meta")
        if len(rows) != 1:
            raise JournalDamaged(f"{self.path} has lost its name: restore the last backup")
        meta = self._struct(Meta, META_FIELDS, rows[0])
        if meta.seal != meta.sealed().seal:
            raise JournalDamaged(
                f"the first page of {self.path} is damaged: restore the last backup"
            )
        return meta

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
