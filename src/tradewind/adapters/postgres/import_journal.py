"""A journal taken over from another store, group by group, bytes and chain as they are."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import msgspec
import psycopg

from tradewind.adapters.postgres.journal_reader import check_name
from tradewind.adapters.postgres.session import Session
from tradewind.adapters.sql.database import STEP_S, open_database
from tradewind.adapters.sql.stored_journal import (
    GROUP_FIELDS,
    SNAPSHOT_FIELDS,
    StoredJournalReader,
)
from tradewind.model.errors import UserError
from tradewind.ports.journal import digest_of

_TAKEN = "SELECT name FROM journals WHERE name = %s OR journal_id = %s"
_MAKE = """
INSERT INTO journals (
    name, journal_id, epoch, anchor_sequence, anchor_chain, seal, last, chain, bytes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def import_journal(source: StoredJournalReader, url: str, name: str) -> int:
    """Copy a journal that nobody writes; returns the groups. All of it or nothing is stored.

    Raises `UserError` where the database has a journal of that name or id.
    """
    open_database(check_name(url, name)).dispose()
    with closing(Session(url, application="tradewind move", call_s=STEP_S)) as session:
        return session.once(lambda connection: _copied(connection, source, name))


def _copied(connection: psycopg.Connection[Any], source: StoredJournalReader, name: str) -> int:
    with connection.transaction():
        taken = connection.execute(_TAKEN, (name, source.journal_id)).fetchone()
        if taken is not None:
            raise UserError(
                f"the database has the journal {taken[0]} already: name another by --name, or an "
                "empty database"
            )
        meta = source.meta
        groups = bodies = 0
        last, chain = meta.anchor
        with connection.cursor() as cursor:
            with cursor.copy(_copying("journal_groups", GROUP_FIELDS)) as copy:
                for group in source.groups(last):
                    kept = [getattr(group, field) for field in GROUP_FIELDS]
                    copy.write_row([meta.journal_id, *kept])
                    groups, bodies = groups + 1, bodies + len(group.body)
                    last, chain = group.last, group.chain
            with cursor.copy(_copying("journal_snapshots", (*SNAPSHOT_FIELDS, "digest"))) as copy:
                for one in source.snapshots():
                    kept = [getattr(one, field) for field in SNAPSHOT_FIELDS]
                    copy.write_row([meta.journal_id, *kept, digest_of(one)])
        connection.execute(_MAKE, (name, *msgspec.structs.astuple(meta), last, chain, bodies))
        return groups


def _copying(table: str, fields: tuple[str, ...]) -> str:
    return f"COPY {table} ({', '.join(('journal_id', *fields))}) FROM STDIN"
