"""The outbox in a SQL database: messages kept in the transaction of their cause, then handed on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.queue_tables import OUTBOX
from tradewind.ports.broker import BODY_BYTES_MAX, Message


def keep(connection: Connection, message: Message, *, due_time_ns: int = 0) -> None:
    """Keep a message in the caller's transaction; it is handed on when it is due.

    One that is kept under this id already stays as it is.
    """
    assert len(message.body) <= BODY_BYTES_MAX, f"{len(message.body)} bytes are too many"
    known = select(OUTBOX.c.message_id).where(OUTBOX.c.message_id == message.message_id)
    if connection.execute(known).first() is None:
        connection.execute(
            insert(OUTBOX).values(
                message_id=message.message_id,
                queue=message.queue,
                body=message.body,
                due_time_ns=due_time_ns,
                relay_until_ns=0,
            )
        )


class SqlOutbox:
    """The `Outbox` of a database that `open_database` gave; several relays may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, *, now_ns: int, until_ns: int, limit: int) -> list[Message]:
        """Messages that are due, oldest first; nobody else gets them until `until_ns`."""
        is_free = (OUTBOX.c.due_time_ns <= now_ns) & (OUTBOX.c.relay_until_ns <= now_ns)
        due = select(OUTBOX).where(is_free).order_by(OUTBOX.c.due_time_ns, OUTBOX.c.message_id)
        due = due.limit(limit)
        # Asked before anything is locked: a relay without work shall hold up no writer.
        with reading(self._engine) as connection:
            if (
                connection.execute(select(OUTBOX.c.message_id).where(is_free).limit(1)).first()
                is None
            ):
                return []
        with writing(self._engine) as connection:
            if connection.dialect.name != "sqlite":
                due = due.with_for_update(skip_locked=True)
            found = [
                Message(message_id=row["message_id"], queue=row["queue"], body=row["body"])
                for row in connection.execute(due).mappings()
            ]
            chosen = OUTBOX.c.message_id.in_([one.message_id for one in found])
            if found:
                connection.execute(update(OUTBOX).where(chosen).values(relay_until_ns=until_ns))
        return found

    def sent(self, message_ids: Sequence[str]) -> None:
        """The broker has them: take them out."""
        with writing(self._engine) as connection:
            connection.execute(delete(OUTBOX).where(OUTBOX.c.message_id.in_(message_ids)))

    def release(self, message_ids: Sequence[str]) -> None:
        """The broker did not say that it has them: any relay may try again at once."""
        chosen = OUTBOX.c.message_id.in_(message_ids)
        with writing(self._engine) as connection:
            connection.execute(update(OUTBOX).where(chosen).values(relay_until_ns=0))

    def waiting(self) -> int:
        """How many are kept, due or not."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()
