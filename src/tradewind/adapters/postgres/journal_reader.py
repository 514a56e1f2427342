"""Reading a journal in PostgreSQL; any number of readers beside its writer."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from typing import Any

import psycopg

from tradewind.adapters.postgres.session import DatabaseLost, Session
from tradewind.adapters.sql.bounded import address, first_line, sqlalchemy_url
from tradewind.adapters.sql.stored_journal import StoredJournalReader
from tradewind.model.errors import OutsideError, UserError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
OPEN_S = 5.0
"""How long opening waits for a database that does not answer: a person may be waiting."""
READ_AGAIN_S = 30.0
"""How long a reader waits for a database that fails over; questions may be asked again."""


def read_journal(url: str, name: str) -> PostgresJournalReader:
    """The journal of this name for reading; `UserError` where the database has none."""
    check_name(url, name)
    with ExitStack() as undo:
        session = undo.enter_context(closing(Session(url, application="tradewind reader")))
        reader = PostgresJournalReader(session, id_of(session, name))
        undo.pop_all()
    return reader


class PostgresJournalReader(StoredJournalReader):
    """A `JournalReader` of one journal among those of a database; see `read_journal`."""

    def __init__(self, session: Session, journal_id: str) -> None:
        self._session = session
        # An id is letters and digits, checked when it was made: it can stand in the text.
        one = f"(SELECT * FROM {{}} WHERE journal_id = '{journal_id}') AS {{}}"
        self.META = one.format("journals", "meta")
        self.GROUPS = one.format("journal_groups", "groups")
        self.SNAPSHOTS = one.format("journal_snapshots", "snapshots")
        super().__init__(f"journal {journal_id} of {session.place}")

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _rows(self, question: str, *values: object) -> list[Any]:
        asked = question.replace("?", "%s")
        try:
            return self._session.call(
                lambda connection: connection.execute(asked, values).fetchall(),
                give_up_s=READ_AGAIN_S,
            )
        except DatabaseLost:
            raise
        except psycopg.Error as error:
            raise unreadable(self._place, error) from error


def check_name(url: str, name: str) -> str:
    """The URL again; `UserError` for a name that is none or a database of another kind."""
    if _NAME.fullmatch(name) is None:
        raise UserError(
            f"{name!r} is no name of a journal: use at most 64 letters, digits, points, - and _"
        )
    try:
        address(url)
    except UserError as error:
        raise UserError(
            f"JOURNAL_URL names no PostgreSQL, and without it the journal is a file: {error}"
        ) from None
    return sqlalchemy_url(url)


def id_of(session: Session, name: str) -> str:
    """The id of the journal of this name; `UserError` where the database has none."""
    question = "SELECT journal_id FROM journals WHERE name = %s"
    try:
        found = session.call(
            lambda connection: connection.execute(question, (name,)).fetchone(),
            give_up_s=OPEN_S,
        )
    except psycopg.errors.UndefinedTable:
        found = None
    if found is None:
        raise UserError(
            f"{session.place} holds no journal {name}: `tradewind run` makes one, or set "
            "JOURNAL_URL to the database that has it"
        )
    return str(found[0])


def unreadable(place: str, error: psycopg.Error) -> OutsideError:
    """The error for a question that the database refuses."""
    return OutsideError(f"{place} cannot be read: {first_line(error)}", fault="theirs", retry=False)
