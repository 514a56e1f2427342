"""Rows a projection is changing: what it found, what it changed, not yet written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.ports.records import (
    KEYS,
    KEYS_MAX,
    InstrumentRow,
    OrderRow,
    Records,
    Row,
    RowType,
    StrategyRow,
    key_of,
)

REMEMBERED_MAX = 100_000
"""Rows kept to save a question to the store; over this all are forgotten and asked for anew."""

_ASKED_AGAIN = (InstrumentRow, StrategyRow, OrderRow)


class PendingRows:
    """The rows of a store with changes on top.

    >>> from tradewind.adapters.memory.records import MemoryRecords
    >>> from tradewind.ports.records import StrategyRow
    >>> pending = PendingRows(MemoryRecords())
    >>> pending.put(StrategyRow(1, "cross", "paper", "c0de"))
    >>> pending.find(StrategyRow, "cross").account, len(pending.take()), len(pending.take())
    ('paper', 1, 0)
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._changed: dict[tuple[object, ...], Row] = {}
        self._remembered: dict[tuple[object, ...], Any] = {}
        self._missing: set[tuple[object, ...]] = set()

    def ask_ahead(self, kind: type[Row], keys: Iterable[tuple[str | int, ...]]) -> None:
        """Ask for rows that `find` will be asked for, all in one question where they are not known.

        A store in another process answers some hundred questions a second, one after the other.
        """
        unknown = [key for key in dict.fromkeys(keys) if (kind, *key) not in self._remembered]
        for first in range(0, len(unknown), KEYS_MAX):
            part = unknown[first : first + KEYS_MAX]
            found = {key_of(row): row for row in self._records.rows_of(kind, part)}
            self._remembered |= {(kind, *key): row for key, row in found.items()}
            self._missing |= {(kind, *key) for key in part if key not in found}

    def find(self, kind: type[RowType], *key: str | int) -> RowType | None:
        """The row of a key, None where there is none."""
        place = (kind, *key)
        if place in self._missing:
            return None
        if place not in self._remembered:
            found = self._records.rows(kind, dict(zip(KEYS[kind], key, strict=True)), limit=1)
            if not found:
                return None
            self._remembered[place] = found[0]
        row: RowType = self._remembered[place]
        return row

    def find_all(self, kind: type[RowType], field: str, value: str) -> list[RowType]:
        """All rows with a value in a field, changed ones as they are now."""
        stored = self._records.rows(kind, {field: value})
        rows: dict[tuple[object, ...], RowType] = {(kind, *key_of(row)): row for row in stored}
        for place, row in self._changed.items():
            if isinstance(row, kind) and getattr(row, field) == value:
                rows[place] = row
        return list(rows.values())

    def put(self, row: Row) -> None:
        """Add or replace a row."""
        place = (type(row), *key_of(row))
        self._changed[place] = row
        self._remembered[place] = row
        self._missing.discard(place)

    def take(self) -> list[Row]:
        """The changed rows, handed over to be written; what is hardly asked again is forgotten."""
        changed = list(self._changed.values())
        for place, row in self._changed.items():
            if not isinstance(row, _ASKED_AGAIN) or (isinstance(row, OrderRow) and not row.is_open):
                del self._remembered[place]
        self._changed = {}
        self._missing = set()
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered = {}
        return changed

    def forget(self) -> None:
        """Drop all that was not written."""
        self._changed = {}
        self._remembered = {}
        self._missing = set()
