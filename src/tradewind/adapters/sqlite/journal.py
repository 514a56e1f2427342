"""The journal in one SQLite file: WAL, `synchronous=FULL`, one row and one fsync a group."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import msgspec

from tradewind.adapters.sql.stored_journal import BEHIND_ALL, SNAPSHOT_FIELDS, Meta
from tradewind.adapters.sqlite.database import (
    check_layout,
    make_database,
    open_to_write,
    unreadable,
    write_error,
)
from tradewind.adapters.sqlite.journal_reader import (
    JOURNAL_NAME,
    SqliteJournalReader,
    check_wal,
)
from tradewind.adapters.sqlite.lock import DirectoryLock
from tradewind.adapters.sqlite.reserve import RESERVE_BYTES, make_reserve, release_reserve
from tradewind.model.errors import UserError
from tradewind.ports.journal import (
    SNAPSHOTS_KEPT,
    BadGroup,
    Fenced,
    Group,
    JournalBroken,
    JournalDamaged,
    JournalFull,
    Snapshot,
    check_follows,
    check_journal_id,
    digest_of,
    first_link,
    link,
    new_journal_id,
    prune_end,
)

LAYOUT = 1

_TABLES = """
CREATE TABLE meta(
    journal_id TEXT NOT NULL, epoch INTEGER NOT NULL, anchor_sequence INTEGER NOT NULL,
    anchor_chain BLOB NOT NULL, seal BLOB NOT NULL);
CREATE TABLE groups(
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, epoch INTEGER NOT NULL,
    time_ns INTEGER NOT NULL, format INTEGER NOT NULL, chain BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE snapshots(
    sequence INTEGER PRIMARY KEY, format INTEGER NOT NULL, code TEXT NOT NULL,
    state_hash BLOB NOT NULL, body BLOB NOT NULL, digest BLOB NOT NULL);
INSERT INTO meta VALUES ('{id}', 0, 0, x'{chain}', x'{seal}');
"""
_APPEND = """
INSERT INTO groups SELECT ?, ?, ?, ?, ?, ?, ?
WHERE (SELECT epoch FROM meta) = ?
  AND coalesce((SELECT last FROM groups ORDER BY first DESC LIMIT 1),
               (SELECT anchor_sequence FROM meta)) = ?
"""


class SqliteJournal(SqliteJournalReader):
    """The writing `Journal` of a directory; see `open_journal`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: DirectoryLock) -> None:
        super().__init__(path, connection)
        self._lock = lock
        self._failure: JournalBroken | None = None
        self._epoch = self._meta().epoch
        self._last, self._chain = self._end_behind(BEHIND_ALL)
        self.dropped_bytes = 0
        """Bytes of a torn last transaction, never acknowledged, that were dropped at opening."""

    @property
    def epoch(self) -> int:
        """The epoch taken last."""
        return self._epoch

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._last

    def take_over(self) -> int:
        """Take the next epoch, durably."""
        meta = self._meta()
        taken = msgspec.structs.replace(meta, epoch=meta.epoch + 1).sealed()
        with self._writing():
            self._connection.execute(
                "UPDATE meta SET epoch = ?, seal = ?", (taken.epoch, taken.seal)
            )
        self._epoch = taken.epoch
        return self._epoch

    def append(self, group: Group) -> None:
        """Store a group; durable when it returns."""
        self._check_whole()
        check_follows(group, self._last, self._epoch)
        chain = link(self._chain, group)
        row = (group.first, group.last, group.epoch, group.time_ns, group.format, chain, group.body)
        with self._writing():
            stored = self._connection.execute(_APPEND, (*row, group.epoch, self._last)).rowcount
        if stored != 1:
            raise Fenced(
                f"another process has written {self.path} behind epoch {group.epoch}: "
                "stop this process"
            )
        self._last, self._chain = group.last, chain

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store a snapshot; all but the newest `SNAPSHOTS_KEPT` go."""
        if snapshot.sequence > self._last:
            raise BadGroup(f"a snapshot at {snapshot.sequence} is ahead of {self._last}")
        row = (*(getattr(snapshot, name) for name in SNAPSHOT_FIELDS), digest_of(snapshot))
        with self._writing():
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", row)
            self._connection.execute(
                "DELETE FROM snapshots WHERE sequence NOT IN "
                f"(SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT {SNAPSHOTS_KEPT})"
            )
            self._connection.execute("COMMIT")

    @property
    def size_bytes(self) -> int:
        """Space that is used."""
        pages, free, page_bytes = (
            int(self._rows(f"PRAGMA {name}")[0][0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * page_bytes

    def prune(self, before_sequence: int) -> int:
        """Remove groups before a sequence and before the second newest snapshot.

        The file does not shrink; later groups use the space again.
        """
        kept = [row[0] for row in self._rows("SELECT sequence FROM snapshots")]
        # The group that holds the record in front of the end may reach beyond it: it stays.
        last, chain = self._end_behind(prune_end(before_sequence, kept) - 1)
        meta = msgspec.structs.replace(self._meta(), anchor_sequence=last, anchor_chain=chain)
        with self._writing():
            self._connection.execute("BEGIN IMMEDIATE")
            gone = self._connection.execute("DELETE FROM groups WHERE first <= ?", (last,)).rowcount
            self._connection.execute("DELETE FROM snapshots WHERE sequence < ?", (last,))
            self._connection.execute(
                "UPDATE meta SET anchor_sequence = ?, anchor_chain = ?, seal = ?",
                (last, chain, meta.sealed().seal),
            )
            self._connection.execute("COMMIT")
        return gone

    def release_reserve(self) -> None:
        """Free the reserve; ends `JournalFull`, once."""
        release_reserve(self.path.parent)
        if isinstance(self._failure, JournalFull):
            self._failure = None

    def close(self) -> None:
        """Close the file and let go of the lock."""
        super().close()
        self._lock.close()

    def check_tail(self) -> None:
        """Check what the next start builds on: all groups behind the newest snapshot."""
        snapshot = self.latest_snapshot()
        start = snapshot.sequence if snapshot else self._meta().anchor_sequence
        if start > self._last:
            raise JournalDamaged(
                f"{self.path} ends at {self._last}, its newest snapshot is of {start}: records "
                "are lost, restore the last backup"
            )
        for _group in self.groups(start):
            pass

    def _check_whole(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_whole()
        try:
            yield
        except sqlite3.Error as error:
            self._failure = write_error(self.path, error)
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise self._failure from error


def open_journal(
    directory: Path, *, journal_id: str | None = None, reserve_bytes: int = RESERVE_BYTES
) -> SqliteJournal:
    """The journal of a directory, made if there is none, locked and its tail checked.

    A new journal gets `journal_id`, or a random one. What is read at opening is written anew
    and synced, so that nothing rests on pages of an fsync that failed in an earlier process.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     journal = open_journal(Path(directory), journal_id="j0")
    ...     journal.take_over(), journal.last_sequence
    ...     journal.close()
    (1, 0)
    """
    name = check_journal_id(journal_id or new_journal_id())
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _open(directory / JOURNAL_NAME, name, reserve_bytes)
    except OSError as error:
        raise UserError(
            f"{directory} cannot hold a journal with a reserve of {reserve_bytes >> 20} MiB "
            f"({error.strerror}): free or mount another disk, or set TRADEWIND_HOME"
        ) from error


def _open(path: Path, journal_id: str, reserve_bytes: int) -> SqliteJournal:
    with ExitStack() as undo:
        lock = undo.enter_context(closing(DirectoryLock(path.parent)))
        dropped_bytes = check_wal(path)
        make_reserve(path.parent, reserve_bytes)
        with _translated(path):
            if not path.exists():
                _make(path, journal_id)
            connection = undo.enter_context(closing(open_to_write(path, synchronous="FULL")))
            check_layout(connection, path, LAYOUT)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        journal = SqliteJournal(path, connection, lock)
        journal.dropped_bytes = dropped_bytes
        journal.check_tail()
        undo.pop_all()
    return journal


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise write_error(path, error) from error
    except sqlite3.DatabaseError as error:
        raise unreadable(path, error) from None


def _make(path: Path, journal_id: str) -> None:
    meta = Meta(journal_id, 0, 0, first_link(journal_id)).sealed()
    script = _TABLES.format(id=journal_id, chain=meta.anchor_chain.hex(), seal=meta.seal.hex())
    make_database(path, layout=LAYOUT, script=script)
