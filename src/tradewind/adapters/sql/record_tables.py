"""The tables of records: one a kind of row, made from its struct, for any number of journals."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text
from sqlalchemy.types import TypeEngine

from tradewind.adapters.sql.tables import METADATA
from tradewind.ports import records

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by its bytes everywhere, as SQLite and Python do it."""
NAMES: dict[type[records.Row], str] = {
    records.InstrumentRow: "record_instruments",
    records.StrategyRow: "record_strategies",
    records.OrderRow: "record_orders",
    records.FillRow: "record_fills",
    records.PositionRow: "record_positions",
    records.BalanceRow: "record_balances",
    records.EquityRow: "record_equity",
    records.DenialRow: "record_denials",
    records.HaltRow: "record_halts",
    records.BadTickRow: "record_bad_ticks",
}
_TYPES: dict[Any, TypeEngine[Any]] = {int: BigInteger(), str: TEXT, bytes: LargeBinary()}


def _table(kind: type[records.Row]) -> Table:
    key = records.KEYS[kind]
    fields = msgspec.structs.fields(kind)
    columns: list[Column[Any]] = [
        Column(
            field.name, _TYPES[field.type], primary_key=field.name in key, nullable=False,
            autoincrement=False,
        )
        for field in fields
    ]  # fmt: skip
    columns.sort(key=lambda column: key.index(column.name) if column.name in key else len(key))
    table = Table(
        NAMES[kind], METADATA, Column("journal", TEXT, primary_key=True, nullable=False), *columns
    )
    if key != ("sequence",):
        Index(f"ix_{table.name}_sequence", table.c.journal, table.c.sequence)
    return table


TABLES: dict[type[records.Row], Table] = {kind: _table(kind) for kind in records.KEYS}
_ORDERS = TABLES[records.OrderRow]
Index(
    "ix_record_orders_open",
    _ORDERS.c.journal,
    postgresql_where=_ORDERS.c.is_open == 1,
    sqlite_where=_ORDERS.c.is_open == 1,
)
PROJECTIONS = Table(
    "projections",
    METADATA,
    Column("journal", TEXT, primary_key=True, nullable=False),
    Column("name", TEXT, primary_key=True, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""How far each projection of a journal has written."""
OLDEST_PROGRAM = Table("oldest_program", METADATA, Column("layout", TEXT, primary_key=True))
"""One row: the layout that a program must know at least to use this database."""
