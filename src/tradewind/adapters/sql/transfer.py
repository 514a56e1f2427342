"""All rows of a database into another one of the same layout, compared when they are there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, text

from tradewind.adapters.sql.engine import is_postgres, reading, writing
from tradewind.adapters.sql.queue_tables import QUEUED
from tradewind.adapters.sql.record_tables import OLDEST_PROGRAM, PROJECTIONS, TABLES
from tradewind.adapters.sql.tables import GENERATION, JOBS, METADATA
from tradewind.model.errors import Inconsistent, UserError

ROWS_AT_ONCE = 1_000
_OF_RECORDS = {PROJECTIONS, OLDEST_PROGRAM, *TABLES.values()}
MOVED = [table for table in METADATA.sorted_tables if table not in _OF_RECORDS]
"""What a gateway keeps: users, sessions, keys, the audit trail, jobs and their like."""


def move_tables(source: Engine, target: Engine) -> dict[str, int]:
    """Copy what a gateway keeps; returns how many rows of each table. All of it or nothing.

    Raises `UserError` where the target holds any already.
    """
    counts = {}
    with reading(source) as old, writing(target) as new:
        for table in MOVED:
            _make_room(new, table)
            rows = [tuple(row) for row in old.execute(_all(table))]
            names = [column.name for column in table.columns]
            for start in range(0, len(rows), ROWS_AT_ONCE):
                piece = rows[start : start + ROWS_AT_ONCE]
                new.execute(insert(table), [dict(zip(names, row, strict=True)) for row in piece])
            if [tuple(row) for row in new.execute(_all(table))] != rows:
                raise Inconsistent(f"the rows of {table.name} read back differ: nothing was moved")
            counts[table.name] = len(rows)
        if is_postgres(target):
            for table in (JOBS, QUEUED):
                _count_on(new, table.name, counts[table.name])
    return counts


def _all(table: Table) -> Any:
    return select(table).order_by(*table.primary_key)


def _make_room(connection: Connection, table: Table) -> None:
    if table is GENERATION:
        connection.execute(delete(table))  # a row that every new database has
    elif connection.execute(select(table).limit(1)).first() is not None:
        raise UserError(
            f"the table {table.name} there has rows already: move into an empty database"
        )


def _count_on(connection: Connection, table: str, rows: int) -> None:
    """Let new rows be numbered behind those that were moved."""
    if rows:
        sequence = f"pg_get_serial_sequence('{table}', 'number')"
        connection.execute(text(f"SELECT setval({sequence}, max(number)) FROM {table}"))  # nosec
