"""The audit trail in a SQL database: one writer at a time puts the next link on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import AUDIT
from tradewind.ports.audit import RETIRED_AT_ONCE, AuditEntry, Keep, NewEntry, chained, retired

READ_AT_ONCE = 1_000
AUDIT_LOCK = 4_207_001
"""PostgreSQL's advisory lock that keeps two writers from the same number."""


class SqlAudit:
    """The `Audit` of a database that `open_database` gave.

    >>> from tradewind.adapters.sql.database import open_database
    >>> audit = SqlAudit(open_database("sqlite://"))
    >>> new = NewEntry(5, "ann", "login", "", "ok", "127.0.0.1", "{}")
    >>> [entry.number for entry in audit.append_all([new, new])]
    [1, 2]
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append_all(self, entries: Sequence[NewEntry]) -> list[AuditEntry]:
        """Add entries behind the last one, all of them durable when this returns, or none."""
        with writing(self._engine) as connection:
            return _append(connection, entries)

    def retire(self, before_ns: int, keep: Keep, *, time_ns: int) -> int:
        """Give the oldest entries to `keep`, as far as they are older, and take them out."""
        oldest = select(AUDIT).order_by(AUDIT.c.number).limit(RETIRED_AT_ONCE)
        with writing(self._engine) as connection:
            _lock(connection)
            rows = connection.execute(oldest).mappings()
            entries = list(
                takewhile(lambda entry: entry.time_ns < before_ns, (AuditEntry(**r) for r in rows))
            )
            if not entries:
                return 0
            _append(connection, [retired(entries, keep(entries), time_ns)])
            connection.execute(delete(AUDIT).where(AUDIT.c.number <= entries[-1].number))
        return len(entries)

    def newest(self, *, before: int, limit: int) -> list[AuditEntry]:
        """Entries with numbers below `before` (0: from the end), newest first."""
        asked = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
        return self._read(asked.where(AUDIT.c.number < before) if before else asked)

    def entries(self) -> Iterator[AuditEntry]:
        """All entries in their order."""
        number = 0
        while True:
            asked = select(AUDIT).where(AUDIT.c.number > number).order_by(AUDIT.c.number)
            found = self._read(asked.limit(READ_AT_ONCE))
            yield from found
            if not found:
                return
            number = found[-1].number

    def _read(self, question: Any) -> list[AuditEntry]:
        with reading(self._engine) as connection:
            return [AuditEntry(**row) for row in connection.execute(question).mappings()]


def _append(connection: Connection, entries: Sequence[NewEntry]) -> list[AuditEntry]:
    newest = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)
    _lock(connection)
    found = connection.execute(newest).mappings().first()
    added = chained(AuditEntry(**found) if found else None, entries)
    connection.execute(insert(AUDIT), [msgspec.structs.asdict(entry) for entry in added])
    return added


def _lock(connection: Connection) -> None:
    """Keep other workers from the same number; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({AUDIT_LOCK})")
