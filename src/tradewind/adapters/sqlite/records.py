"""Records in one SQLite file beside the journal; a table a kind of row, made from its struct."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tradewind.adapters.sqlite.database import make_database, open_to_read, open_to_write
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.records import KEYS, ROWS_MAX, Row, RowType, check_question

RECORDS_NAME = "records.db"
LAYOUT = 3
_TYPES = {int: "INTEGER", str: "TEXT", bytes: "BLOB"}


def open_records(directory: Path) -> SqliteRecords:
    """The records of a directory for writing, made if there are none.

    >>> import tempfile
    >>> from tradewind.ports.records import BalanceRow
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     records = open_records(Path(directory))
    ...     records.write("core", 5, [BalanceRow(5, "paper", "USD", 0, "100.000000")])
    ...     found = records.rows(BalanceRow, {"account": "paper"})[0].cash
    ...     records.close()
    >>> found
    '100.000000'
    """
    path = directory / RECORDS_NAME
    with _translated(path):
        if not path.exists():
            make_database(path, layout=LAYOUT, script=_script())
        return _checked(path, open_to_write(path, synchronous="NORMAL"))


def read_records(directory: Path) -> SqliteRecords:
    """The records of a directory for reading, beside the process that writes them."""
    path = directory / RECORDS_NAME
    with _translated(path):
        return _checked(path, open_to_read(path))


class SqliteRecords:
    """The `Records` of a file, used from one thread at a time; see `open_records`.

    Commits do not wait for the disk: what a power cut takes is built again from the journal.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def sequence(self, name: str) -> int:
        """How far a projection has written."""
        rows = self._rows("SELECT sequence FROM projections WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def write(self, name: str, sequence: int, rows: Sequence[Row]) -> None:
        """Put rows and the projection's sequence in one transaction."""
        with self._writing():
            stored = self._connection.execute(
                "INSERT INTO projections VALUES (?, ?) ON CONFLICT(name) DO UPDATE "
                "SET sequence = excluded.sequence WHERE excluded.sequence > sequence",
                (name, sequence),
            )
            if stored.rowcount == 1:
                for row in rows:
                    self._connection.execute(_REPLACE[type(row)], _values(row))

    def clear(self, name: str, kinds: Sequence[type[Row]]) -> None:
        """Forget a projection and empty its tables."""
        with self._writing():
            self._connection.execute("DELETE FROM projections WHERE name = ?", (name,))
            for kind in kinds:
                self._connection.execute(f"DELETE FROM {kind.__name__}")

    def thin_equity(self, *, before_time_ns: int, step_ns: int) -> None:
        """Keep the first sample of each step before a time."""
        with self._writing():
            self._connection.execute(
                "DELETE FROM EquityRow AS one WHERE time_ns < ? AND EXISTS ("
                "SELECT 1 FROM EquityRow AS earlier WHERE earlier.account = one.account "
                "AND earlier.time_ns >= one.time_ns - one.time_ns % ? "
                "AND earlier.time_ns < one.time_ns)",
                (before_time_ns, step_ns),
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
        condition = " AND ".join(f'"{name}" = ?' for name in wanted) or "1"
        if before:
            condition += f" AND sequence < {before:d}"
        found = self._rows(
            f"SELECT {_names(kind)} FROM {kind.__name__} WHERE {condition} "
            f"ORDER BY sequence DESC, {', '.join(KEYS[kind])} LIMIT ?",
            (*wanted.values(), limit),
        )
        return [kind(*values) for values in found]

    def rows_of(self, kind: type[RowType], keys: Sequence[tuple[str | int, ...]]) -> list[RowType]:
        """The rows of these keys that there are."""
        if not keys:
            return []
        one = f"({', '.join('?' * len(KEYS[kind]))})"
        found = self._rows(
            f"SELECT {_names(kind)} FROM {kind.__name__} WHERE ({', '.join(KEYS[kind])}) IN "
            f"(VALUES {', '.join([one] * len(keys))})",
            tuple(value for key in keys for value in key),
        )
        return [kind(*values) for values in found]

    def every_row(self, kind: type[RowType]) -> Iterator[RowType]:
        """All rows of a kind by their key, however many."""
        sql = f"SELECT {_names(kind)} FROM {kind.__name__} ORDER BY {', '.join(KEYS[kind])}"
        with _translated(self.path):
            for values in self._connection.execute(sql):
                yield kind(*values)

    def projections(self) -> list[tuple[str, int]]:
        """The name of each projection, and how far it has written."""
        return self._rows("SELECT name, sequence FROM projections ORDER BY name", ())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        with _translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


def _checked(path: Path, connection: sqlite3.Connection) -> SqliteRecords:
    with ExitStack() as undo:
        undo.enter_context(closing(connection))
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout != LAYOUT:
            raise UserError(
                f"{path} has layout {layout}, this program knows {LAYOUT}: "
                "remove it, it is built again from the journal"
            )
        undo.pop_all()
    return SqliteRecords(path, connection)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise OutsideError(
            f"{path} failed ({error}): free space if the disk is full, else remove it; it is "
            "built again from the journal",
            fault="ours",
            retry=True,
        ) from error


def _script() -> str:
    parts = ["CREATE TABLE projections(name TEXT PRIMARY KEY, sequence INTEGER NOT NULL);"]
    for kind, key in KEYS.items():
        fields = msgspec.structs.fields(kind)
        columns = [f'"{field.name}" {_TYPES[field.type]} NOT NULL' for field in fields]
        parts.append(
            f"CREATE TABLE {kind.__name__}({', '.join(columns)}, PRIMARY KEY({', '.join(key)}));"
        )
        if key != ("sequence",):
            parts.append(f"CREATE INDEX {kind.__name__}_sequence ON {kind.__name__}(sequence);")
    parts.append("CREATE INDEX OrderRow_open ON OrderRow(is_open) WHERE is_open = 1;")
    return "".join(parts)


def _names(kind: type[Row]) -> str:
    return ", ".join(f'"{name}"' for name in kind.__struct_fields__)


def _values(row: Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in row.__struct_fields__)


_REPLACE = {
    kind: f"REPLACE INTO {kind.__name__} ({_names(kind)}) "
    f"VALUES ({', '.join('?' * len(kind.__struct_fields__))})"
    for kind in KEYS
}
