"""The audit trail in a SQL database: one writer at a time puts the next link on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine, insert, select

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import AUDIT
from tradewind.ports.audit import AuditEntry, NewEntry, chained

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
        newest = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({AUDIT_LOCK})")
            found = connection.execute(newest).mappings().first()
            added = chained(AuditEntry(**found) if found else None, entries)
            rows = [msgspec.structs.asdict(entry) for entry in added]
            connection.execute(insert(AUDIT), rows)
        return added

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
