"""Answers kept for repeated requests, in a SQL database."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import KEPT_ANSWERS
from tradewind.model.errors import OutsideError
from tradewind.ports.kept_answers import PENDING, KeptAnswer


class SqlKeptAnswers:
    """The `KeptAnswers` of a database that `open_database` gave."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, answer: KeptAnswer) -> KeptAnswer | None:
        """Claim a key for a pending answer; what is there already where it is taken."""
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(KEPT_ANSWERS).values(msgspec.structs.asdict(answer)))
        except OutsideError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        else:
            return None
        with reading(self._engine) as connection:
            same = _same(answer.user_id, answer.key)
            found = connection.execute(select(KEPT_ANSWERS).where(same)).mappings().first()
        # It may have been given back between the two: then the caller is told to ask again.
        return KeptAnswer(**found) if found else msgspec.structs.replace(answer, status=PENDING)

    def finish(self, answer: KeptAnswer) -> None:
        """Put the answer in the place that was claimed."""
        with writing(self._engine) as connection:
            connection.execute(
                update(KEPT_ANSWERS)
                .where(_same(answer.user_id, answer.key))
                .values(status=answer.status, body=answer.body)
            )

    def abandon(self, user_id: str, key: str) -> None:
        """Give a claimed key back: nothing was done."""
        with writing(self._engine) as connection:
            connection.execute(delete(KEPT_ANSWERS).where(_same(user_id, key)))

    def remove_answers(self, before_ns: int) -> None:
        """Forget answers given before a time."""
        with writing(self._engine) as connection:
            connection.execute(delete(KEPT_ANSWERS).where(KEPT_ANSWERS.c.time_ns < before_ns))


def _same(user_id: str, key: str) -> ColumnElement[bool]:
    return (KEPT_ANSWERS.c.user_id == user_id) & (KEPT_ANSWERS.c.key == key)
