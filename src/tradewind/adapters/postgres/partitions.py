"""Partitions of the history's tables: made where rows go, dropped when their time is over."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg

from tradewind.model.columns import ColumnKind, IntColumn
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.history import Series

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
PARTITIONS_LOCK = 4_207_003
"""The advisory lock of whoever makes or drops partitions."""
# Of a table the column rows are stored under and the days of a partition. Long bars are few: a
# partition a day would hold one row.
TABLES: dict[str, tuple[str, int]] = {
    "history_bars": ("open_time_ns", 3650),
    "history_minute_bars": ("open_time_ns", 30),
    "history_trades": ("time_ns", 1),
    "history_quotes": ("time_ns", 1),
    "history_depth": ("time_ns", 1),
}


def table_of(kind: ColumnKind, timeframe: str | None) -> str:
    """The table a series is in.

    >>> table_of("bars", "1m"), table_of("bars", "1d"), table_of("trades", None)
    ('history_minute_bars', 'history_bars', 'history_trades')
    """
    if timeframe is not None and timeframe_ns(timeframe) < HOUR_NS:
        return "history_minute_bars"
    return f"history_{kind}"


def make_partitions(connection: psycopg.Connection[Any], table: str, times: IntColumn) -> None:
    """Make the partitions that rows of these times need and that are not there.

    They are attached, which keeps neither readers nor writers of the others waiting. Hypertables
    make their chunks themselves.
    """
    if not is_partitioned(connection, table):
        return
    width = TABLES[table][1] * DAY_NS
    wanted = {_name(table, int(number)): int(number) for number in np.unique(times // width)}
    there = {name for name, _ in partitions(connection, table)}
    for name in sorted(wanted.keys() - there):
        with connection.transaction():
            connection.execute(f"SELECT pg_advisory_xact_lock({PARTITIONS_LOCK})")
            found = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
            if found is None or found[0] is None:
                start, end = _bounds(wanted[name], width)
                connection.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
                connection.execute(
                    f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) "
                    f"TO ({end})"
                )


def partitions_of(series: Series, times: IntColumn) -> set[str]:
    """The names of the partitions that rows of these times are in."""
    table = table_of(series.kind, series.timeframe)
    width = TABLES[table][1] * DAY_NS
    return {_name(table, int(number)) for number in np.unique(times // width)}


def summarize(connection: psycopg.Connection[Any], names: set[str]) -> None:
    """Let the indexes of partitions know the pages that were filled since the last time.

    Until then a question reads such pages whole; autovacuum would come by within a minute.
    """
    for name in sorted(names):
        connection.execute(
            "SELECT brin_summarize_new_values(indexrelid) FROM pg_index WHERE indrelid = "
            "to_regclass(%s)",
            (name,),
        )


def drop_partitions(connection: psycopg.Connection[Any], table: str, before_ns: int) -> list[str]:
    """Drop the partitions whose rows are all older than a time; returns their names."""
    width = TABLES[table][1] * DAY_NS
    old = [
        name for name, number in partitions(connection, table) if (number + 1) * width <= before_ns
    ]
    for name in old:
        connection.execute(f"DROP TABLE {name}")
    return old


def partitions(connection: psycopg.Connection[Any], table: str) -> list[tuple[str, int]]:
    """The partitions of a table and their numbers, counted from 1970."""
    asked = (
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1"
    )
    names = [str(row[0]) for row in connection.execute(asked, (table,))]
    return [(name, _number(name)) for name in names]


def is_partitioned(connection: psycopg.Connection[Any], table: str) -> bool:
    """True for a table of partitions, False for a hypertable."""
    asked = "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass"
    return connection.execute(asked, (table,)).fetchone() == (True,)


def _name(table: str, number: int) -> str:
    return f"{table}_{'m' if number < 0 else 'p'}{abs(number)}"


def _number(name: str) -> int:
    sign, digits = name.rpartition("_")[2][0], name.rpartition("_")[2][1:]
    return -int(digits) if sign == "m" else int(digits)


def _bounds(number: int, width: int) -> tuple[str, str]:
    start, end = number * width, (number + 1) * width
    return (
        "MINVALUE" if start < -(2**63) else str(start),
        "MAXVALUE" if end >= 2**63 else str(end),
    )
