"""Records of one journal in a SQL database that may hold those of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from tradewind.adapters.sql.engine import is_postgres, reading, writing
from tradewind.adapters.sql.record_tables import PROJECTIONS, TABLES
from tradewind.ports.records import KEYS, ROWS_MAX, EquityRow, Row, RowType, check_question, key_of

COPY_ROWS_MIN = 500
"""From so many rows of a kind on PostgreSQL takes them by COPY."""


class SqlRecords:
    """The `Records` of one journal in a database that `open_database` gave.

    Used from one thread at a time. A NUL character, which PostgreSQL has no place for, is kept as
    U+FFFD.

    >>> from tradewind.adapters.sql.database import open_database
    >>> from tradewind.ports.records import BalanceRow
    >>> records = SqlRecords(open_database("sqlite://"), "desk")
    >>> records.write("core", 5, [BalanceRow(5, "paper", "USD", 0, "100.000000")])
    >>> records.rows(BalanceRow, {"account": "paper"})[0].cash, records.sequence("core")
    ('100.000000', 5)
    """

    def __init__(
        self,
        engine: Engine,
        journal: str,
        *,
        on_close: Callable[[], None] | None = None,
        reads: Callable[[], AbstractContextManager[Connection]] | None = None,
    ) -> None:
        """`reads` gives connections for questions; without it they are asked of `engine`."""
        self._engine = engine
        self._reading = reads or partial(reading, engine)
        self._journal = journal
        self._on_close = on_close

    def sequence(self, name: str) -> int:
        """How far a projection has written."""
        mine = (PROJECTIONS.c.journal == self._journal) & (PROJECTIONS.c.name == name)
        with self._reading() as connection:
            return connection.execute(select(PROJECTIONS.c.sequence).where(mine)).scalar() or 0

    def write(self, name: str, sequence: int, rows: Sequence[Row]) -> None:
        """Put rows and the projection's sequence in one transaction."""
        # The last of several rows with one key is what is left: a statement may name a key once.
        kept = {(type(row), *key_of(row)): row for row in rows}
        by_kind: dict[type[Row], list[Row]] = {}
        for row in kept.values():
            by_kind.setdefault(type(row), []).append(row)
        with writing(self._engine) as connection:
            if self._is_moved(connection, name, sequence):
                for kind, found in by_kind.items():
                    self._put(connection, kind, found)

    def clear(self, name: str, kinds: Sequence[type[Row]]) -> None:
        """Forget a projection and empty its tables."""
        mine = (PROJECTIONS.c.journal == self._journal) & (PROJECTIONS.c.name == name)
        with writing(self._engine) as connection:
            connection.execute(delete(PROJECTIONS).where(mine))
            for kind in kinds:
                connection.execute(delete(TABLES[kind]).where(self._is_mine(TABLES[kind])))

    def thin_equity(self, *, before_time_ns: int, step_ns: int) -> None:
        """Keep the first sample of each step before a time."""
        one = TABLES[EquityRow]
        earlier = one.alias("earlier")
        has_earlier = exists().where(
            earlier.c.journal == one.c.journal,
            earlier.c.account == one.c.account,
            earlier.c.time_ns >= one.c.time_ns - one.c.time_ns % step_ns,
            earlier.c.time_ns < one.c.time_ns,
        )
        with writing(self._engine) as connection:
            connection.execute(
                delete(one).where(self._is_mine(one), one.c.time_ns < before_time_ns, has_earlier)
            )

    def rows(
        self,
        kind: type[RowType],
        where: Mapping[str, str | int] | None = None,
        *,
        before: int = 0,
        limit: int = ROWS_MAX,
    ) -> list[RowType]:
        """Rows whose fields have these values, those changed last first."""
        wanted = dict(where or {})
        check_question(kind, wanted, limit)
        question = _page_of(kind, tuple(wanted))
        if before:
            question = question.where(TABLES[kind].c.sequence < before)
        given = {"owner": self._journal, "at_most": limit}
        given |= {f"its_{name}": value for name, value in wanted.items()}
        with self._reading() as connection:
            found = connection.execute(question, given).all()
        return [kind(*values) for values in found]

    def rows_of(self, kind: type[RowType], keys: Sequence[tuple[str | int, ...]]) -> list[RowType]:
        """The rows of these keys that there are."""
        if not keys:
            return []
        table = TABLES[kind]
        question = select(*(table.c[name] for name in kind.__struct_fields__)).where(
            self._is_mine(table), tuple_(*(table.c[name] for name in KEYS[kind])).in_(keys)
        )
        with self._reading() as connection:
            return [kind(*values) for values in connection.execute(question).all()]

    def every_row(self, kind: type[RowType]) -> list[RowType]:
        """All rows of a kind by their key, however many."""
        table = TABLES[kind]
        question = select(*(table.c[name] for name in kind.__struct_fields__)).where(
            self._is_mine(table)
        )
        with self._reading() as connection:
            found = connection.execute(question.order_by(*(table.c[n] for n in KEYS[kind]))).all()
        return [kind(*values) for values in found]

    def close(self) -> None:
        """Let go of the connections where they are ours alone."""
        if self._on_close is not None:
            self._on_close()

    def _is_mine(self, table: Table) -> ColumnElement[bool]:
        return table.c.journal == self._journal

    def _is_moved(self, connection: Connection, name: str, sequence: int) -> bool:
        """Move the projection on; False where it has written that already."""
        values = {"journal": self._journal, "name": name, "sequence": sequence}
        statement = self._insert(PROJECTIONS).values(values)
        moved = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["journal", "name"],
                set_={"sequence": statement.excluded.sequence},
                where=statement.excluded.sequence > PROJECTIONS.c.sequence,
            ),
            execution_options={"preserve_rowcount": True},
        )
        return moved.rowcount == 1

    def _put(self, connection: Connection, kind: type[Row], rows: list[Row]) -> None:
        if len(rows) >= COPY_ROWS_MIN and is_postgres(self._engine):
            table = TABLES[kind]
            names = ["journal", *kind.__struct_fields__]
            # Here and not above: SQLite needs no driver.
            from tradewind.adapters.sql.copying import put_rows

            put_rows(connection, table, names, [(self._journal, *_values(r)) for r in rows])
            return
        named = [dict(zip(kind.__struct_fields__, _values(row), strict=True)) for row in rows]
        connection.execute(self._upsert(kind), [{"journal": self._journal} | row for row in named])

    def _upsert(self, kind: type[Row]) -> Any:
        table, key = TABLES[kind], ("journal", *KEYS[kind])
        statement = self._insert(table)
        return statement.on_conflict_do_update(
            index_elements=key,
            set_={
                name: statement.excluded[name] for name in kind.__struct_fields__ if name not in key
            },
        )

    def _insert(self, table: Table) -> Any:
        return (postgresql if is_postgres(self._engine) else sqlite).insert(table)


@cache
def _page_of(kind: type[Row], names: tuple[str, ...]) -> Select[Any]:
    """The question for the newest rows by these fields, kept as building it takes its time."""
    table = TABLES[kind]
    question = select(*(table.c[name] for name in kind.__struct_fields__)).where(
        table.c.journal == bindparam("owner"),
        *(table.c[name] == bindparam(f"its_{name}") for name in names),
    )
    order = [table.c.sequence.desc(), *(table.c[name] for name in KEYS[kind])]
    return question.order_by(*order).limit(bindparam("at_most"))


def _values(row: Row) -> tuple[Any, ...]:
    values = msgspec.structs.astuple(row)
    return tuple(
        value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values
    )
