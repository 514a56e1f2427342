"""The security store in a SQL database: the second choice of many workers, after Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import LOGIN_FAILURES, RATE_COUNTERS
from tradewind.ports.identity import Session
from tradewind.ports.security_store import Rate, Taken, grant

FORGET_NS = 86_400_000_000_000
"""Failures older than this begin anew."""


class SqlSecurityStore:
    """The `SecurityStore` of a database that `open_database` gave.

    >>> from tradewind.adapters.sql.database import open_database
    >>> store = SqlSecurityStore(open_database("sqlite://"))
    >>> store.add_failure("name ann", now_ns=5), store.add_failure("name ann", now_ns=6)
    (1, 2)
    """

    is_near = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        dialect = engine.dialect.name
        self._insert: Any = postgresql_insert if dialect == "postgresql" else sqlite_insert

    def take(self, subject: str, rate: Rate, *, count: int, now_ns: int) -> Taken:
        """Take up to `count` requests of a subject: as many as its limit still has."""
        same = RATE_COUNTERS.c.subject == subject[:128]
        with writing(self._engine) as connection:
            self._make_quick(connection)
            self._add(connection, RATE_COUNTERS, subject, free_at_ns=0)
            free_at_ns = connection.execute(
                select(RATE_COUNTERS.c.free_at_ns).where(same).with_for_update()
            ).scalar_one()
            taken = grant(free_at_ns, rate, count=count, now_ns=now_ns)
            if taken.granted:
                changed = update(RATE_COUNTERS).where(same).values(free_at_ns=taken.free_at_ns)
                connection.execute(changed)
        return taken

    def session(
        self, session_id: str, generation: int, load: Callable[[], Session | None]
    ) -> Session | None:
        """A session, always from `load`: a copy beside it would be no nearer."""
        return load()

    def add_failure(self, subject: str, *, now_ns: int) -> int:
        """Count a failed login of a name or an address; returns how many in a row it has."""
        same = LOGIN_FAILURES.c.subject == subject[:128]
        is_old = LOGIN_FAILURES.c.blocked_until_ns < now_ns - FORGET_NS
        with writing(self._engine) as connection:
            connection.execute(delete(LOGIN_FAILURES).where(same & is_old))
            self._add(connection, LOGIN_FAILURES, subject, count=0, blocked_until_ns=now_ns)
            more = update(LOGIN_FAILURES).where(same).values(count=LOGIN_FAILURES.c.count + 1)
            found = connection.execute(more.returning(LOGIN_FAILURES.c.count)).scalar_one()
        return int(found)

    def block(self, subject: str, *, until_ns: int, now_ns: int) -> None:
        """Let a subject wait."""
        same = LOGIN_FAILURES.c.subject == subject[:128]
        with writing(self._engine) as connection:
            self._add(connection, LOGIN_FAILURES, subject, count=0, blocked_until_ns=until_ns)
            connection.execute(update(LOGIN_FAILURES).where(same).values(blocked_until_ns=until_ns))

    def blocked_until_ns(self, subject: str) -> int:
        """Until when a subject must wait; 0 where it need not."""
        asked = select(LOGIN_FAILURES.c.blocked_until_ns)
        with reading(self._engine) as connection:
            found = connection.execute(asked.where(LOGIN_FAILURES.c.subject == subject[:128]))
            return int(found.scalar() or 0)

    def forgive(self, subject: str) -> None:
        """Forget a subject's failures."""
        with writing(self._engine) as connection:
            same = LOGIN_FAILURES.c.subject == subject[:128]
            connection.execute(delete(LOGIN_FAILURES).where(same))

    def _add(self, connection: Connection, table: Table, subject: str, **values: int) -> None:
        row = self._insert(table).values(subject=subject[:128], **values)
        connection.execute(row.on_conflict_do_nothing(index_elements=["subject"]))

    def _make_quick(self, connection: Connection) -> None:
        """A counter lost in a crash is a fresh one; nobody need wait for its disk."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
