"""Many rows into a table of PostgreSQL by COPY, in the transaction of a connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Table


def put_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, or replace those of the same primary key; `names` are the columns of a row.

    They go through a table that lives as long as the transaction, which a pooler respects.
    """
    key = [column.name for column in table.primary_key]
    target, spare = sql.Identifier(table.name), sql.Identifier(f"copied_{table.name}")
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
        for name in names
        if name not in key
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
                spare, columns, target
            )
        )
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(spare, columns)) as copy:
            for row in rows:
                copy.write_row(row)
        keys = sql.SQL(", ").join(map(sql.Identifier, key))
        upsert = "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}"
        cursor.execute(sql.SQL(upsert).format(target, columns, columns, spare, keys, changes))
