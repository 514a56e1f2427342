"""The history as TimescaleDB's hypertables: compressed chunks, and bars made of shorter ones.

Used where the extension is in the database and the history's tables were empty when it came.
Statements of TimescaleDB 2.11 and newer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from tradewind.adapters.postgres.partitions import (
    DAY_NS,
    HOUR_NS,
    PARTITIONS_LOCK,
    TABLES,
    is_partitioned,
)
from tradewind.adapters.postgres.session import Session
from tradewind.ports.history import Series

IN_PARTITIONS = "partitions by day with BRIN, filled by COPY; "
LEAST = (2, 11)
"""Rows of compressed chunks can be changed from this version on."""
COMPRESSED_AFTER_DAYS = 7
"""The youngest rows that are compressed: those that still change are not worth it."""
APACHE = "apache"
"""The licence of an extension that neither compresses nor has continuous aggregates."""
NOW = "tradewind_now_ns"
MADE_OF = "1m"
MADE_BARS = {"1h": ("history_hour_bars", HOUR_NS), "1d": ("history_day_bars", DAY_NS)}
"""Timeframes, the views that have them of one-minute bars, and their lengths."""


class Extension(NamedTuple):
    """TimescaleDB in a database: its version, and whether its licence lets it compress."""

    version: str
    license: str

    @property
    def is_usable(self) -> bool:
        """Whether the version is new enough.

        >>> Extension("2.9.3", "timescale").is_usable, Extension("2.23.0-dev", "").is_usable
        (False, True)
        """
        pieces = self.version.split(".")[:2]
        return tuple(int(piece) for piece in pieces if piece.isdigit()) >= LEAST

    @property
    def compresses(self) -> bool:
        """Whether it has compression and continuous aggregates."""
        return self.license != APACHE


def extension_of(connection: psycopg.Connection[Any]) -> Extension | None:
    """The TimescaleDB of a database, None where there is none."""
    row = connection.execute(
        "SELECT extversion, coalesce(current_setting('timescaledb.license', true), '') "
        "FROM pg_extension WHERE extname = 'timescaledb'"
    ).fetchone()
    return Extension(str(row[0]), str(row[1])) if row else None


def way_of_keeping(url: str) -> str:
    """How a database keeps the history, or would, and why; nothing is made. `OutsideError`."""
    session = Session(url, application="tradewind doctor")
    try:
        return session.once(_way_of_keeping)
    finally:
        session.close()


def _way_of_keeping(connection: psycopg.Connection[Any]) -> str:
    found = extension_of(connection)
    if found is None:
        row = connection.execute(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'"
        ).fetchone()
        if row is None:
            return f"{IN_PARTITIONS}the server has no TimescaleDB"
        return (
            f"{IN_PARTITIONS}TimescaleDB {row[0]} of the server is not in this database: with "
            "`CREATE EXTENSION timescaledb` before the first import rows would be compressed"
        )
    if not found.is_usable:
        least = ".".join(map(str, LEAST))
        return f"{IN_PARTITIONS}TimescaleDB {found.version} is older than {least}: update it"
    row = connection.execute("SELECT to_regclass('history_trades')").fetchone()
    is_made = row is not None and row[0] is not None
    if is_made and is_partitioned(connection, "history_trades"):
        return (
            f"{IN_PARTITIONS}TimescaleDB {found.version} came behind the first rows: import them "
            "into a new database to have them compressed"
        )
    return f"hypertables of TimescaleDB {found.version}, filled by COPY; {_gain(found)}"


def _gain(found: Extension) -> str:
    if not found.compresses:
        return "not compressed, as its licence is 'apache'"
    return (
        f"compressed behind {COMPRESSED_AFTER_DAYS} days, hour and day bars made of those of a "
        "minute"
    )


def make_hypertables(connection: psycopg.Connection[Any]) -> None:
    """Turn tables of the history that never had a row into hypertables, where that can be."""
    found = extension_of(connection)
    if found is None or not found.is_usable:
        return
    with connection.transaction():
        connection.execute(f"SELECT pg_advisory_xact_lock({PARTITIONS_LOCK})")
        if not all(_is_untouched(connection, table) for table in TABLES):
            return
        connection.execute(
            f"CREATE OR REPLACE FUNCTION {NOW}() RETURNS bigint LANGUAGE sql STABLE AS "
            "$$ SELECT (extract(epoch FROM now()) * 1000000000)::bigint $$"
        )
        for table in TABLES:
            _make_hypertable(connection, table)
            if found.compresses:
                _compress(connection, table)
        if found.compresses:
            for view, width in MADE_BARS.values():
                _make_bars(connection, view, width)


def _is_untouched(connection: psycopg.Connection[Any], table: str) -> bool:
    """True where a table is one of partitions and has none yet."""
    asked = "SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass"
    row = connection.execute(asked, (table,)).fetchone()
    return is_partitioned(connection, table) and row == (0,)


def _make_hypertable(connection: psycopg.Connection[Any], table: str) -> None:
    key, days = TABLES[table]
    connection.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    connection.execute(f"CREATE TABLE {table} (LIKE {table}_before INCLUDING ALL)")
    connection.execute(f"DROP TABLE {table}_before")
    connection.execute(
        f"SELECT create_hypertable('{table}', '{key}', "
        f"chunk_time_interval => {days * DAY_NS}::bigint, create_default_indexes => false)"
    )
    connection.execute(f"SELECT set_integer_now_func('{table}', '{NOW}')")


def _compress(connection: psycopg.Connection[Any], table: str) -> None:
    key, days = TABLES[table]
    after_ns = max(COMPRESSED_AFTER_DAYS, 2 * days) * DAY_NS
    connection.execute(
        f"ALTER TABLE {table} SET (timescaledb.compress, "
        "timescaledb.compress_segmentby = 'series_id', "
        f"timescaledb.compress_orderby = '{key}, place')"
    )
    connection.execute(
        f"SELECT add_compression_policy('{table}', compress_after => {after_ns}::bigint)"
    )


def _make_bars(connection: psycopg.Connection[Any], view: str, width_ns: int) -> None:
    """Make a continuous aggregate, which also shows what it has not taken up yet."""
    bucket = f"time_bucket({width_ns}::bigint, open_time_ns)"
    connection.execute(
        f"CREATE MATERIALIZED VIEW {view} WITH (timescaledb.continuous, "
        f"timescaledb.materialized_only = false) AS SELECT series_id, {bucket} AS open_time_ns, "
        f"max(close_time_ns) AS close_time_ns, first(open, open_time_ns) AS open, "
        "max(high) AS high, min(low) AS low, last(close, open_time_ns) AS close, "
        "sum(volume)::bigint AS volume FROM history_minute_bars GROUP BY 1, 2 WITH NO DATA"
    )
    connection.execute(
        f"SELECT add_continuous_aggregate_policy('{view}', start_offset => NULL, "
        f"end_offset => {width_ns}::bigint, schedule_interval => INTERVAL '1 hour')"
    )


def made_bars(connection: psycopg.Connection[Any], series: Series) -> str | None:
    """The view that has bars of a timeframe made of shorter ones, None where there is none."""
    if series.kind != "bars" or series.timeframe not in MADE_BARS:
        return None
    view = MADE_BARS[series.timeframe][0]
    row = connection.execute("SELECT to_regclass(%s)", (view,)).fetchone()
    return view if row and row[0] is not None else None


def take_up(connection: psycopg.Connection[Any], series: Series, ends_ns: tuple[int, int]) -> None:
    """Let the made bars have rows that were written from one time to another, not in a transaction.

    Behind what they took up before, they would only show rows again when their policy ran.
    """
    if series.timeframe != MADE_OF:
        return
    for timeframe, (_, width_ns) in MADE_BARS.items():
        view = made_bars(connection, Series("bars", series.instrument_id, timeframe))
        if view is not None:
            start_ns = ends_ns[0] // width_ns * width_ns
            end_ns = (ends_ns[1] // width_ns + 1) * width_ns
            connection.execute(f"CALL refresh_continuous_aggregate('{view}', {start_ns}, {end_ns})")


def chunks_of(
    connection: psycopg.Connection[Any], table: str, ends_ns: tuple[int, int]
) -> set[str]:
    """The chunks of a hypertable that rows from one time to another are in."""
    asked = (
        "SELECT format('%%I.%%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks "
        "WHERE hypertable_name = %s AND range_end_integer > %s AND range_start_integer <= %s"
    )
    return {str(row[0]) for row in connection.execute(asked, (table, *ends_ns))}


def drop_chunks(connection: psycopg.Connection[Any], table: str, before_ns: int) -> list[str]:
    """Drop the chunks whose rows are all older than a time; returns their names.

    Bars that were made of them stay.
    """
    asked = f"SELECT drop_chunks('{table}', older_than => %s::bigint)"
    return [str(row[0]) for row in connection.execute(asked, (before_ns,))]


def let_change_compressed(connection: psycopg.Connection[Any]) -> None:
    """Lift the limit on compressed rows that one statement may change, for this transaction."""
    connection.execute(
        "SELECT set_config(name, '0', true) FROM pg_settings "
        "WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'"
    )
