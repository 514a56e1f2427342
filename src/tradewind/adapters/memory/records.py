"""Records in memory, for tests and runs that leave nothing behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.ports.records import ROWS_MAX, EquityRow, Row, RowType, check_question, key_of


class MemoryRecords:
    """Tables as dicts.

    >>> from tradewind.ports.records import BalanceRow
    >>> records = MemoryRecords()
    >>> records.write("core", 5, [BalanceRow(5, "paper", "USD", 0, "100.000000")])
    >>> records.rows(BalanceRow, {"account": "paper"})[0].cash, records.sequence("core")
    ('100.000000', 5)
    """

    def __init__(self) -> None:
        self._sequences: dict[str, int] = {}
        self._tables: dict[type[Row], dict[tuple[object, ...], Any]] = {}

    def sequence(self, name: str) -> int:
        """How far a projection has written."""
        return self._sequences.get(name, 0)

    def write(self, name: str, sequence: int, rows: Sequence[Row]) -> None:
        """Put rows under a projection's name and sequence."""
        if sequence <= self.sequence(name):
            return
        for row in rows:
            self._tables.setdefault(type(row), {})[key_of(row)] = row
        self._sequences[name] = sequence

    def clear(self, name: str, kinds: Sequence[type[Row]]) -> None:
        """Forget a projection and empty its tables."""
        self._sequences.pop(name, None)
        for kind in kinds:
            self._tables.pop(kind, None)

    def thin_equity(self, *, before_time_ns: int, step_ns: int) -> None:
        """Keep the first sample of each step before a time."""
        seen: set[tuple[str, int]] = set()
        kept: dict[tuple[object, ...], EquityRow] = {}
        table = self._tables.get(EquityRow, {})
        for key, row in sorted(table.items(), key=lambda item: item[1].time_ns):
            place = (row.account, row.time_ns // step_ns)
            if row.time_ns >= before_time_ns or place not in seen:
                kept[key] = row
            seen.add(place)
        self._tables[EquityRow] = kept

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
        found = [
            row
            for row in self._tables.get(kind, {}).values()
            if all(getattr(row, name) == value for name, value in wanted.items())
            and (not before or row.sequence < before)
        ]
        found.sort(key=lambda row: (-row.sequence, key_of(row)))
        return found[:limit]

    def rows_of(self, kind: type[RowType], keys: Sequence[tuple[str | int, ...]]) -> list[RowType]:
        """The rows of these keys that there are."""
        table = self._tables.get(kind, {})
        return [table[key] for key in keys if key in table]

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
