"""Rows of the history's tables, their series and instruments, within a transaction of a caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np
import psycopg

from tradewind.adapters.postgres.binary_rows import digest, from_binary, places, to_binary, wrapped
from tradewind.adapters.postgres.hypertables import MADE_OF, let_change_compressed, made_bars
from tradewind.adapters.postgres.partitions import TABLES, make_partitions, table_of
from tradewind.model.column_merge import OnConflict, key_times, merge
from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns, concatenate
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.row_checks import check_rows
from tradewind.ports.history import Series, Written, check_definition, mixed

RUN_ROWS_MAX = 1_000_000
"""Rows that are merged and copied at once; a batch that is read has about as many."""
LAST_NS = 2**63 - 1


class Stored(msgspec.Struct, frozen=True):
    """The row of a series, and the table or view that its rows are read from."""

    series_id: int
    columns: tuple[str, ...]
    rows: int
    digest: int
    source: str


def in_runs(batches: Iterable[Columns]) -> Iterator[Columns]:
    """Batches joined as long as each goes on from the one before, cut between two times."""
    parts: list[Columns] = []
    for batch in batches:
        if len(batch) == 0:
            continue
        check_rows(batch)
        if parts and (batch.kind, batch.instrument) != (parts[0].kind, parts[0].instrument):
            raise mixed(parts[0], batch)
        if parts and key_times(batch)[0] < key_times(parts[-1])[-1]:
            yield concatenate(parts)
            parts = []
        parts.append(batch)
        if sum(map(len, parts)) >= RUN_ROWS_MAX:
            whole = concatenate(parts)
            times = key_times(whole)
            cut = int(np.searchsorted(times, times[-1]))
            if cut:
                yield whole.cut(0, cut)
            parts = [whole.cut(cut)]
    if parts:
        yield concatenate(parts)


def write_run(
    connection: psycopg.Connection[Any], series: Series, run: Columns, on_conflict: OnConflict
) -> Written:
    """Merge a run with what is stored in its range of time, and put it there."""
    stored = _locked(connection, series, run)
    times = key_times(run)
    ends = int(times[0]), int(times[-1]) + 1
    table = table_of(series.kind, series.timeframe)
    make_partitions(connection, table, times)
    names = stored.columns or tuple(run.arrays)
    known = msgspec.structs.replace(stored, columns=names)
    old = rows_of(connection, series, known, run.instrument, ends)
    done = merge(old, run, on_conflict)
    check_rows(done.columns)
    if done.rows_added or done.rows_replaced:
        key = TABLES[table][0]
        if len(old):
            let_change_compressed(connection)
            connection.execute(
                f"DELETE FROM {table} WHERE series_id = %s AND {key} >= %s AND {key} < %s",
                (stored.series_id, *ends),
            )
        _copy(connection, table, stored.series_id, done.columns, names)
    connection.execute(
        "UPDATE history_series SET columns = %s, rows = rows + %s, digest = %s "
        "WHERE series_id = %s",
        (
            " ".join(names), len(done.columns) - len(old),
            wrapped(stored.digest + digest_of(done.columns) - digest_of(old)), stored.series_id,
        ),
    )  # fmt: skip
    return Written(len(run), done.rows_added, done.rows_same, done.rows_replaced)


def _locked(connection: psycopg.Connection[Any], series: Series, run: Columns) -> Stored:
    """The row of a series, made where there is none, held against other writers until the end."""
    body = msgspec.msgpack.encode(run.instrument)
    connection.execute(
        "INSERT INTO history_instruments VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (series.instrument_id, body, msgspec.msgpack.encode([])),
    )
    check_definition(definition(connection, series.instrument_id), run.instrument)
    connection.execute(
        "INSERT INTO history_series (kind, instrument_id, timeframe, columns, rows, digest) "
        "VALUES (%s, %s, %s, '', 0, 0) ON CONFLICT DO NOTHING",
        (series.kind, series.instrument_id, series.timeframe or ""),
    )
    stored = stored_series(connection, series, lock=" FOR UPDATE")
    assert stored is not None
    return stored


def stored_series(
    connection: psycopg.Connection[Any], series: Series, *, lock: str = ""
) -> Stored | None:
    """The row of a series, None where there is none; `lock` is SQL behind the question."""
    row = connection.execute(
        "SELECT series_id, columns, rows, digest FROM history_series "
        f"WHERE kind = %s AND instrument_id = %s AND timeframe = %s{lock}",
        (series.kind, series.instrument_id, series.timeframe or ""),
    ).fetchone()
    table = table_of(series.kind, series.timeframe)
    return None if row is None else Stored(row[0], tuple(row[1].split()), row[2], row[3], table)


def made_series(connection: psycopg.Connection[Any], series: Series) -> Stored | None:
    """Bars that the database makes of stored shorter ones, None where it does not."""
    view = made_bars(connection, series)
    if view is None:
        return None
    source = stored_series(connection, Series("bars", series.instrument_id, MADE_OF))
    if source is None or source.rows == 0:
        return None
    return msgspec.structs.replace(source, columns=REQUIRED["bars"], source=view)


def rows_of(
    connection: psycopg.Connection[Any],
    series: Series,
    stored: Stored,
    instrument: Instrument,
    range_ns: tuple[int | None, int | None],
) -> Columns:
    """The rows of a range in order of time, those of one time as they were given."""
    table = table_of(series.kind, series.timeframe)
    key = TABLES[table][0]
    start, end = bounds(*range_ns)
    chosen = ", ".join(stored.columns)
    order = f"{key}, place" if stored.source == table else key
    asked = (
        f"COPY (SELECT {chosen} FROM {stored.source} WHERE series_id = {stored.series_id:d} "
        f"AND {key} >= {start:d} AND {key} < {end:d} ORDER BY {order}) "
        "TO STDOUT (FORMAT binary)"
    )
    with connection.transaction(), connection.cursor() as cursor:
        # Fresh partitions have no statistics, of which the server would rather read them whole.
        cursor.execute("SET LOCAL enable_seqscan = off")
        with cursor.copy(asked) as copy:
            message = b"".join(map(bytes, copy))
    columns = from_binary(message, len(stored.columns))
    return Columns(series.kind, instrument, dict(zip(stored.columns, columns, strict=True)))


def _copy(
    connection: psycopg.Connection[Any],
    table: str,
    series_id: int,
    columns: Columns,
    names: tuple[str, ...],
) -> None:
    arrays = [columns[name] for name in names]
    message = to_binary(series_id, places(key_times(columns)), arrays)
    fields = ", ".join(("series_id", "place", *names))
    asked = f"COPY {table} ({fields}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(asked) as copy:
        copy.write(message)


def ends(connection: psycopg.Connection[Any], series: Series, series_id: int) -> tuple[int, int]:
    """The first and the last time of a series, 0 and 0 of an empty one."""
    table = table_of(series.kind, series.timeframe)
    key = TABLES[table][0]
    row = connection.execute(
        f"SELECT min({key}), max({key}) FROM {table} WHERE series_id = %s", (series_id,)
    ).fetchone()
    assert row is not None
    return row[0] or 0, row[1] or 0


def count_again(connection: psycopg.Connection[Any], kind: ColumnKind) -> None:
    """Bring rows and digests of a kind to what is left."""
    asked = "SELECT kind, instrument_id, timeframe FROM history_series WHERE kind = %s"
    for name, instrument_id, timeframe in connection.execute(asked, (kind,)).fetchall():
        series = Series(name, instrument_id, timeframe or None)
        stored = stored_series(connection, series, lock=" FOR UPDATE")
        assert stored is not None
        instrument = definition(connection, instrument_id)
        left = rows_of(connection, series, stored, instrument, (None, None))
        connection.execute(
            "UPDATE history_series SET rows = %s, digest = %s WHERE series_id = %s",
            (len(left), wrapped(digest_of(left)), stored.series_id),
        )


def definition(
    connection: psycopg.Connection[Any], instrument_id: str, *, lock: str = ""
) -> Instrument:
    """The definition stored with data; `UserError` where there is none."""
    asked = f"SELECT definition FROM history_instruments WHERE instrument_id = %s{lock}"
    row = connection.execute(asked, (instrument_id,)).fetchone()
    if row is None:
        raise UserError(f"{instrument_id} is not in the history: import its data first")
    return msgspec.msgpack.decode(row[0], type=Instrument)


def actions_of(connection: psycopg.Connection[Any], instrument_id: str) -> list[CorporateAction]:
    """The stored corporate actions of an instrument."""
    asked = "SELECT actions FROM history_instruments WHERE instrument_id = %s"
    row = connection.execute(asked, (instrument_id,)).fetchone()
    return [] if row is None else msgspec.msgpack.decode(row[0], type=list[CorporateAction])


def digest_of(columns: Columns) -> int:
    """The digest of rows, whatever the order of their columns."""
    known = (*REQUIRED[columns.kind], *OPTIONAL)
    return digest([columns[name] for name in known if name in columns.arrays])


def bounds(start_ns: int | None, end_ns: int | None) -> tuple[int, int]:
    """A range with numbers for its open ends."""
    return (-LAST_NS if start_ns is None else start_ns, LAST_NS if end_ns is None else end_ns)


def added_up(one: Written, other: Written) -> Written:
    """What two writes did together."""
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return Written(*(left + right for left, right in pairs))
