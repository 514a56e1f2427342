"""The inbox in a SQL database: which messages had their effect, in the effect's transaction."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tradewind.adapters.sql.queue_tables import INBOX

KEPT_NS = 30 * 24 * 3600 * 1_000_000_000
"""How long an id is remembered: longer than a message may lie among the dead letters."""


def is_first(connection: Connection, consumer: str, message_id: str, now_ns: int) -> bool:
    """Note that a message has its effect in this transaction; False where it had it before.

    Two transactions with the same message wait for each other: one of them gets False, or both
    effects are undone.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    values = {"consumer": consumer, "message_id": message_id, "time_ns": now_ns}
    noted = (sqlite_insert if is_sqlite else postgres_insert)(INBOX).values(values)
    first = noted.on_conflict_do_nothing().returning(INBOX.c.message_id)
    return connection.execute(first).first() is not None


def is_noted(connection: Connection, consumer: str, message_id: str) -> bool:
    """True where a message had its effect in a transaction before."""
    mine = (INBOX.c.consumer == consumer) & (INBOX.c.message_id == message_id)
    return connection.execute(select(INBOX.c.message_id).where(mine)).first() is not None


def forget(connection: Connection, *, now_ns: int) -> int:
    """Take out ids older than `KEPT_NS`; how many."""
    return connection.execute(delete(INBOX).where(INBOX.c.time_ns < now_ns - KEPT_NS)).rowcount
