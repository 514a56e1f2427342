"""The journal in PostgreSQL: one statement a group, conditional on the fencing epoch.

The row of the journal carries epoch, last sequence and chain. A group is stored by the same
statement that moves that row on, so that a writer whose epoch is over, or who does not know the
end, stores nothing. A reply that was lost is resolved by asking for the end: it is our group, or
what stood before it, or somebody else's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any, TypeVar

import msgspec
import psycopg

from tradewind.adapters.postgres.journal_reader import PostgresJournalReader, check_name, id_of
from tradewind.adapters.postgres.session import RETRY_S, DatabaseLost, Session
from tradewind.adapters.sql.bounded import DatabaseRefused, first_line
from tradewind.adapters.sql.database import open_database
from tradewind.adapters.sql.stored_journal import BEHIND_ALL, SNAPSHOT_FIELDS, Meta
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

GIVE_UP_S = 60.0
"""How long a write is tried through a fail-over before the journal counts as broken."""

_APPEND = """
WITH moved AS (
    UPDATE journals SET last = %(last)s, chain = %(chain)s, bytes = bytes + %(size)s
    WHERE journal_id = %(journal_id)s AND epoch = %(epoch)s
      AND last = %(before)s AND chain = %(link)s
    RETURNING 1)
INSERT INTO journal_groups (journal_id, first, last, epoch, time_ns, format, chain, body)
SELECT %(journal_id)s, %(first)s, %(last)s, %(epoch)s, %(time_ns)s, %(format)s, %(chain)s, %(body)s
FROM moved
"""
_TAKE_OVER = """
UPDATE journals SET epoch = %s, seal = %s WHERE journal_id = %s AND epoch = %s
"""
_MAKE = """
INSERT INTO journals (
    name, journal_id, epoch, anchor_sequence, anchor_chain, seal, last, chain, bytes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0) ON CONFLICT DO NOTHING
"""
_SAVE = """
INSERT INTO journal_snapshots (journal_id, sequence, format, code, state_hash, body, digest)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (journal_id, sequence) DO UPDATE SET format = excluded.format, code = excluded.code,
    state_hash = excluded.state_hash, body = excluded.body, digest = excluded.digest
"""
_FORGET = """
DELETE FROM journal_snapshots WHERE journal_id = %s AND sequence NOT IN (
    SELECT sequence FROM journal_snapshots WHERE journal_id = %s
    ORDER BY sequence DESC LIMIT %s)
"""
_SAFE = (("synchronous_commit", "off"), ("fsync", "off"), ("full_page_writes", "off"))

T = TypeVar("T")


def open_journal(
    url: str, name: str, *, journal_id: str | None = None, give_up_s: float = GIVE_UP_S
) -> PostgresJournal:
    """The journal of this name, made if there is none, its tail checked.

    A new journal gets `journal_id`, or a random one. Brings the database to the newest layout
    first. Raises `UserError` for a name that is none and for a database that may forget what it
    acknowledged, `OutsideError` for one that cannot be reached.
    """
    given = check_journal_id(journal_id or new_journal_id())
    open_database(check_name(url, name)).dispose()
    with ExitStack() as undo:
        session = undo.enter_context(closing(Session(url)))
        session.call(_check_settings, give_up_s=give_up_s)
        meta = Meta(given, 0, 0, first_link(given)).sealed()
        row = (name, *msgspec.structs.astuple(meta), meta.anchor_sequence, meta.anchor_chain)
        session.call(lambda connection: connection.execute(_MAKE, row), give_up_s=give_up_s)
        journal = PostgresJournal(session, id_of(session, name), give_up_s=give_up_s)
        journal.check_tail()
        undo.pop_all()
    return journal


class PostgresJournal(PostgresJournalReader):
    """The writing `Journal` of a database; see `open_journal`.

    Nothing locks a second process out: who takes the next epoch fences the one before.
    """

    def __init__(self, session: Session, journal_id: str, *, give_up_s: float) -> None:
        super().__init__(session, journal_id)
        self._give_up_s = give_up_s
        self._failure: JournalBroken | None = None
        self._said = ""
        """Why the last attempt to append ended."""
        self._epoch = self._meta().epoch
        self._last, self._chain = self._end()
        self.dropped_bytes = 0
        """Always 0: the database leaves no torn end."""

    @property
    def epoch(self) -> int:
        """The epoch taken last."""
        return self._epoch

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._last

    @property
    def size_bytes(self) -> int:
        """Bytes of groups and snapshots."""
        snapshots = f"SELECT coalesce(sum(octet_length(body)), 0) FROM {self.SNAPSHOTS}"
        groups = f"SELECT bytes FROM {self.META}"
        return int(self._rows(snapshots)[0][0]) + int(self._rows(groups)[0][0])

    def take_over(self) -> int:
        """Take the next epoch, durably, and go on behind what its holder wrote last."""
        while True:
            meta = self._meta()
            taken = msgspec.structs.replace(meta, epoch=meta.epoch + 1).sealed()
            row = (taken.epoch, taken.seal, self._journal_id, meta.epoch)
            if self._write(lambda connection: connection.execute(_TAKE_OVER, row).rowcount):  # noqa: B023
                break
        self._epoch = taken.epoch
        self._last, self._chain = self._end()
        return self._epoch

    def append(self, group: Group) -> None:
        """Store a group; durable when it returns."""
        self._check_whole()
        check_follows(group, self._last, self._epoch)
        chain = link(self._chain, group)
        values = msgspec.structs.asdict(group) | {
            "chain": chain, "journal_id": self._journal_id, "before": self._last,
            "link": self._chain, "size": len(group.body),
        }  # fmt: skip
        ends_at = time.monotonic() + self._give_up_s
        while not self._stored(values):
            if time.monotonic() >= ends_at:
                raise self._broken(f"no answer for {self._give_up_s:.0f} s; {self._said}")
            time.sleep(RETRY_S)
        self._last, self._chain = group.last, chain

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store a snapshot; all but the newest `SNAPSHOTS_KEPT` go."""
        if snapshot.sequence > self._last:
            raise BadGroup(f"a snapshot at {snapshot.sequence} is ahead of {self._last}")
        row = (self._journal_id, *(getattr(snapshot, name) for name in SNAPSHOT_FIELDS))

        def save(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction():
                connection.execute(_SAVE, (*row, digest_of(snapshot)))
                connection.execute(_FORGET, (self._journal_id, self._journal_id, SNAPSHOTS_KEPT))

        self._write(save)

    def prune(self, before_sequence: int) -> int:
        """Remove groups before a sequence and before the second newest snapshot."""
        kept = [row[0] for row in self._rows(f"SELECT sequence FROM {self.SNAPSHOTS}")]
        # The group that holds the record in front of the end may reach beyond it: it stays.
        last, chain = self._end_behind(prune_end(before_sequence, kept) - 1)
        meta = msgspec.structs.replace(self._meta(), anchor_sequence=last, anchor_chain=chain)
        sealed = (last, chain, meta.sealed().seal)

        def remove(connection: psycopg.Connection[Any]) -> int:
            with connection.transaction():
                # The row first: a take-over in the middle would leave it with another's seal.
                moved = connection.execute(
                    "UPDATE journals SET anchor_sequence = %s, anchor_chain = %s, seal = %s "
                    "WHERE journal_id = %s AND epoch = %s",
                    (*sealed, self._journal_id, self._epoch),
                ).rowcount
                if not moved:
                    raise self._fenced()
                sizes = connection.execute(
                    "DELETE FROM journal_groups WHERE journal_id = %s AND first <= %s "
                    "RETURNING octet_length(body)",
                    (self._journal_id, last),
                ).fetchall()
                connection.execute(
                    "DELETE FROM journal_snapshots WHERE journal_id = %s AND sequence < %s",
                    (self._journal_id, last),
                )
                connection.execute(
                    "UPDATE journals SET bytes = bytes - %s WHERE journal_id = %s",
                    (sum(size for (size,) in sizes), self._journal_id),
                )
                return len(sizes)

        return self._write(remove)

    def release_reserve(self) -> None:
        """Let appends in again after `JournalFull`: the server's disk is the server's affair."""
        if isinstance(self._failure, JournalFull):
            self._failure = None

    def check_tail(self) -> None:
        """Check what the next start builds on: all groups behind the newest snapshot."""
        snapshot = self.latest_snapshot()
        for _group in self.groups(snapshot.sequence if snapshot else self._meta().anchor_sequence):
            pass
        end, kept = self._end_behind(BEHIND_ALL), snapshot.sequence if snapshot else 0
        if end != (self._last, self._chain) or kept > self._last:
            raise JournalDamaged(
                f"{self._place} says that it ends at {self._last}, its groups end at {end[0]}: "
                "records are lost, restore the last backup"
            )

    def _stored(self, values: dict[str, Any]) -> bool:
        """Try once; False where the database is lost, to be asked again for the end."""
        try:
            count = self._session.once(
                lambda connection: connection.execute(_APPEND, values).rowcount
            )
            if count == 1:
                return True
            epoch, last, chain = self._session.once(self._read_end)
        except (DatabaseLost, DatabaseRefused) as error:
            self._said = str(error)
            return False  # a pooler or a new primary may let us in later
        except psycopg.Error as error:
            raise self._failed(error) from error
        if epoch == values["epoch"] and (last, chain) == (values["last"], values["chain"]):
            return True  # stored before, and its reply was lost
        raise self._fenced()

    def _read_end(self, connection: psycopg.Connection[Any]) -> tuple[int, int, bytes]:
        row = connection.execute(
            "SELECT epoch, last, chain FROM journals WHERE journal_id = %s", (self._journal_id,)
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def _end(self) -> tuple[int, bytes]:
        last, chain = self._rows(f"SELECT last, chain FROM {self.META}")[0]
        return last, bytes(chain)

    def _write(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Run a write that may be run twice."""
        self._check_whole()
        try:
            return self._session.call(work, give_up_s=self._give_up_s)
        except (DatabaseLost, DatabaseRefused) as error:
            raise self._broken(str(error)) from error
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _check_whole(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    def _failed(self, error: psycopg.Error) -> JournalBroken:
        if isinstance(error, psycopg.errors.DiskFull):
            self._failure = JournalFull(
                f"the disk of {self._place} is full: free space there, then start again"
            )
            return self._failure
        return self._broken(first_line(error))

    def _broken(self, cause: str) -> JournalBroken:
        self._failure = JournalBroken(
            f"writing {self._place} failed ({cause}), nothing more is written: "
            "look at the database, then start again"
        )
        return self._failure

    def _fenced(self) -> Fenced:
        return Fenced(
            f"another process has taken {self._place} behind epoch {self._epoch}: stop this process"
        )


def _check_settings(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server that may forget what it has acknowledged."""
    for name, unsafe in _SAFE:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if row is not None and row[0] == unsafe:
            raise UserError(
                f"the database runs with {name} = {unsafe} and may forget what it acknowledged: "
                f"set {name} = on in postgresql.conf and restart it"
            )
