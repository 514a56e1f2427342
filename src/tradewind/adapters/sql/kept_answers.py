"""Answers kept for repeated requests, in a SQL database."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tradewind.adapters.sql.database import writing
from tradewind.adapters.sql.tables import KEPT_ANSWERS
from tradewind.ports.kept_answers import PENDING, KeptAnswer


class SqlKeptAnswers:
    """The `KeptAnswers` of a database that `open_database` gave."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin_all(self, answers: Sequence[KeptAnswer]) -> list[KeptAnswer | None]:
        """Claim keys for pending answers; of each what is there already where it is taken."""
        with writing(self._engine) as connection:
            return [_claimed(connection, answer) for answer in answers]

    def finish_all(self, answers: Sequence[KeptAnswer]) -> list[None]:
        """Put answers in the places that were claimed."""
        with writing(self._engine) as connection:
            for answer in answers:
                connection.execute(
                    update(KEPT_ANSWERS)
                    .where(_same(answer.user_id, answer.key))
                    .values(status=answer.status, body=answer.body)
                )
        return [None] * len(answers)

    def abandon(self, user_id: str, key: str) -> None:
        """Give a claimed key back: nothing was done."""
        with writing(self._engine) as connection:
            connection.execute(delete(KEPT_ANSWERS).where(_same(user_id, key)))

    def remove_answers(self, before_ns: int) -> None:
        """Forget answers given before a time."""
        with writing(self._engine) as connection:
            connection.execute(delete(KEPT_ANSWERS).where(KEPT_ANSWERS.c.time_ns < before_ns))


def _claimed(connection: Connection, answer: KeptAnswer) -> KeptAnswer | None:
    insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    claim = insert(KEPT_ANSWERS).values(msgspec.structs.asdict(answer)).on_conflict_do_nothing()
    if connection.execute(claim).rowcount:
        return None
    same = _same(answer.user_id, answer.key)
    found = connection.execute(select(KEPT_ANSWERS).where(same)).mappings().first()
    # It may have been given back between the two: then the caller is told to ask again.
    return KeptAnswer(**found) if found else msgspec.structs.replace(answer, status=PENDING)


def _same(user_id: str, key: str) -> ColumnElement[bool]:
    return (KEPT_ANSWERS.c.user_id == user_id) & (KEPT_ANSWERS.c.key == key)
