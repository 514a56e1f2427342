"""The history of market data in PostgreSQL: partitions by day with BRIN, filled by COPY."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
import numpy as np
import psycopg

from tradewind.adapters.postgres.binary_rows import digest, from_binary, places, to_binary, wrapped
from tradewind.adapters.postgres.partitions import (
    TABLES,
    drop_partitions,
    make_partitions,
    partitions_of,
    summarize,
    table_of,
)
from tradewind.adapters.postgres.session import Session
from tradewind.adapters.sql.bounded import first_line
from tradewind.adapters.sql.database import open_database
from tradewind.model.column_merge import OnConflict, key_times, merge
from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns, concatenate
from tradewind.model.corporate_actions import CorporateAction, merge_actions
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.row_checks import check_rows
from tradewind.ports.history import (
    Damage,
    Entry,
    Series,
    Written,
    actions_written,
    check_definition,
    in_listing_order,
    mixed,
    no_series,
    series_of,
)

RUN_ROWS_MAX = 1_000_000
"""Rows that are merged and copied at once; a batch that is read has about as many."""
CALL_S = 300.0
"""The longest one call may take: millions of rows are on their way."""
CONNECTIONS_KEPT = 4
LAST_NS = 2**63 - 1

T = TypeVar("T")


class Stored(msgspec.Struct, frozen=True):
    """The row of a series."""

    series_id: int
    columns: tuple[str, ...]
    rows: int
    digest: int


class PostgresHistory:
    """The `History` of a database, made or brought to our layout on first use.

    A write is one transaction, so that readers see all of it or nothing. Any number of threads may
    ask, each over a connection of its own, of which a few are kept for the next calls.
    """

    def __init__(self, url: str) -> None:
        open_database(url, connections=1).dispose()
        self._url = url
        self._free: deque[Session] = deque()

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows of one series."""
        return self.write_batches([columns], timeframe=timeframe, on_conflict=on_conflict)

    def write_batches(
        self,
        batches: Iterable[Columns],
        *,
        timeframe: str | None = None,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store batches of one series, all of them or none."""

        def work(connection: psycopg.Connection[Any]) -> Written:
            done, touched = Written(0, 0, 0, 0), set[str]()
            with connection.transaction():
                for run in in_runs(batches):
                    series = series_of(run, timeframe)
                    done = _sum(done, _write(connection, series, run, on_conflict))
                    touched |= partitions_of(series, key_times(run))
            if done.rows_added or done.rows_replaced:
                summarize(connection, touched)
            return done

        return self._asked(work)

    def read(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Columns:
        """All rows of a range at once."""
        series = Series(kind, instrument_id, timeframe)

        def work(connection: psycopg.Connection[Any]) -> Columns:
            stored = self._found(connection, series)
            instrument = _definition(connection, instrument_id)
            return _rows(connection, series, stored, instrument, (start_ns, end_ns))

        return self._asked(work)

    def batches(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Iterator[Columns]:
        """The rows of a range in batches; all rows of one time are in one of them."""
        series = Series(kind, instrument_id, timeframe)
        while True:
            cut_ns = self._cut(series, start_ns, end_ns)
            read = self.read(
                kind, instrument_id, start_ns=start_ns, end_ns=cut_ns, timeframe=timeframe
            )
            if len(read):
                yield read
            if cut_ns == end_ns:
                return
            start_ns = cut_ns

    def entries(self) -> list[Entry]:
        """Every stored series."""
        asked = (
            "SELECT kind, instrument_id, timeframe, rows, series_id FROM history_series "
            "WHERE rows > 0"
        )

        def work(connection: psycopg.Connection[Any]) -> list[Entry]:
            found = []
            for kind, instrument_id, timeframe, rows, series_id in connection.execute(asked):
                series = Series(kind, instrument_id, timeframe or None)
                first, last = _ends(connection, series, series_id)
                found.append(Entry(series, rows, first, last, files=0, size_bytes=0))
            return in_listing_order(found)

        return self._asked(work)

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data."""
        return self._asked(lambda connection: _definition(connection, instrument_id))

    def check(self, series: Series) -> list[Damage]:
        """Read all rows of a series: as many as were written, and the same."""

        def work(connection: psycopg.Connection[Any]) -> list[Damage]:
            stored = self._found(connection, series)
            instrument = _definition(connection, series.instrument_id)
            columns = _rows(connection, series, stored, instrument, (None, None))
            if len(columns) != stored.rows:
                sentence = f"it has {len(columns)} rows, {stored.rows} were written: import again"
            elif wrapped(_digest(columns)) != stored.digest:
                sentence = "its rows are not those that were written: import them again"
            else:
                return []
            return [Damage(f"{series} in {table_of(series.kind, series.timeframe)}", sentence)]

        return self._asked(work)

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The stored corporate actions of an instrument."""
        return self._asked(lambda connection: _actions(connection, instrument_id))

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions, all or none."""
        given = list(actions)

        def work(connection: psycopg.Connection[Any]) -> Written:
            with connection.transaction():
                _definition(connection, instrument_id, lock=" FOR UPDATE")
                merged = merge_actions(_actions(connection, instrument_id), given, on_conflict)
                connection.execute(
                    "UPDATE history_instruments SET actions = %s WHERE instrument_id = %s",
                    (msgspec.msgpack.encode(merged.actions), instrument_id),
                )
                return actions_written(merged)

        return self._asked(work)

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop the partitions of a kind that are wholly older than a time; their names."""

        def work(connection: psycopg.Connection[Any]) -> list[str]:
            gone = []
            with connection.transaction():
                for table in TABLES:
                    if table.endswith(f"_{kind}"):
                        gone += drop_partitions(connection, table, before_ns)
                if gone:
                    _count_again(connection, kind)
            return gone

        return self._asked(work)

    def _found(self, connection: psycopg.Connection[Any], series: Series) -> Stored:
        stored = _stored(connection, series)
        if stored is None or stored.rows == 0:
            raise no_series(series, self.entries())
        return stored

    def _cut(self, series: Series, start_ns: int | None, end_ns: int | None) -> int | None:
        """Where a batch that begins at a time ends: behind `RUN_ROWS_MAX` rows, or at the end."""
        table = table_of(series.kind, series.timeframe)
        key = TABLES[table][0]
        start, end = _range(start_ns, end_ns)
        asked = (
            f"SELECT {key} FROM {table} WHERE series_id = %s AND {key} >= %s AND {key} < %s "
            f"ORDER BY {key} OFFSET %s LIMIT 1"
        )

        def work(connection: psycopg.Connection[Any]) -> tuple[int] | None:
            series_id = self._found(connection, series).series_id
            return connection.execute(asked, (series_id, start, end, RUN_ROWS_MAX)).fetchone()

        row = self._asked(work)
        # All of one time stay together; where that is all of them, the batch is as large.
        if row is None or row[0] == start:
            return end_ns
        return int(row[0])

    def _asked(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        session = self._free.pop() if self._free else self._session()
        try:
            return session.once(work)
        except psycopg.errors.DiskFull:
            raise OutsideError(
                f"the disk of {session.place} is full: free space there, nothing was stored",
                fault="ours",
                retry=True,
            ) from None
        except psycopg.Error as error:
            raise OutsideError(
                f"the history in {session.place} failed: {first_line(error)}",
                fault="theirs",
                retry=True,
            ) from error
        finally:
            if len(self._free) < CONNECTIONS_KEPT:
                self._free.append(session)
            else:
                session.close()

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        while self._free:
            self._free.pop().close()

    def _session(self) -> Session:
        return Session(self._url, application="tradewind history", call_s=CALL_S)


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


def _write(
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
    old = _rows(connection, series, known, run.instrument, ends)
    done = merge(old, run, on_conflict)
    check_rows(done.columns)
    if done.rows_added or done.rows_replaced:
        key = TABLES[table][0]
        if len(old):
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
            wrapped(stored.digest + _digest(done.columns) - _digest(old)), stored.series_id,
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
    check_definition(_definition(connection, series.instrument_id), run.instrument)
    connection.execute(
        "INSERT INTO history_series (kind, instrument_id, timeframe, columns, rows, digest) "
        "VALUES (%s, %s, %s, '', 0, 0) ON CONFLICT DO NOTHING",
        (series.kind, series.instrument_id, series.timeframe or ""),
    )
    stored = _stored(connection, series, lock=" FOR UPDATE")
    assert stored is not None
    return stored


def _stored(
    connection: psycopg.Connection[Any], series: Series, *, lock: str = ""
) -> Stored | None:
    row = connection.execute(
        "SELECT series_id, columns, rows, digest FROM history_series "
        f"WHERE kind = %s AND instrument_id = %s AND timeframe = %s{lock}",
        (series.kind, series.instrument_id, series.timeframe or ""),
    ).fetchone()
    return None if row is None else Stored(row[0], tuple(row[1].split()), row[2], row[3])


def _rows(
    connection: psycopg.Connection[Any],
    series: Series,
    stored: Stored,
    instrument: Instrument,
    range_ns: tuple[int | None, int | None],
) -> Columns:
    """The rows of a range in order of time, those of one time as they were given."""
    table = table_of(series.kind, series.timeframe)
    key = TABLES[table][0]
    start, end = _range(*range_ns)
    chosen = ", ".join(stored.columns)
    asked = (
        f"COPY (SELECT {chosen} FROM {table} WHERE series_id = {stored.series_id:d} "
        f"AND {key} >= {start:d} AND {key} < {end:d} ORDER BY {key}, place) "
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


def _ends(connection: psycopg.Connection[Any], series: Series, series_id: int) -> tuple[int, int]:
    table = table_of(series.kind, series.timeframe)
    key = TABLES[table][0]
    row = connection.execute(
        f"SELECT min({key}), max({key}) FROM {table} WHERE series_id = %s", (series_id,)
    ).fetchone()
    assert row is not None
    return row[0] or 0, row[1] or 0


def _count_again(connection: psycopg.Connection[Any], kind: ColumnKind) -> None:
    """Bring rows and digests of a kind to what is left."""
    asked = "SELECT kind, instrument_id, timeframe FROM history_series WHERE kind = %s"
    for name, instrument_id, timeframe in connection.execute(asked, (kind,)).fetchall():
        series = Series(name, instrument_id, timeframe or None)
        stored = _stored(connection, series, lock=" FOR UPDATE")
        assert stored is not None
        instrument = _definition(connection, instrument_id)
        left = _rows(connection, series, stored, instrument, (None, None))
        connection.execute(
            "UPDATE history_series SET rows = %s, digest = %s WHERE series_id = %s",
            (len(left), wrapped(_digest(left)), stored.series_id),
        )


def _definition(
    connection: psycopg.Connection[Any], instrument_id: str, *, lock: str = ""
) -> Instrument:
    asked = f"SELECT definition FROM history_instruments WHERE instrument_id = %s{lock}"
    row = connection.execute(asked, (instrument_id,)).fetchone()
    if row is None:
        raise UserError(f"{instrument_id} is not in the history: import its data first")
    return msgspec.msgpack.decode(row[0], type=Instrument)


def _actions(connection: psycopg.Connection[Any], instrument_id: str) -> list[CorporateAction]:
    asked = "SELECT actions FROM history_instruments WHERE instrument_id = %s"
    row = connection.execute(asked, (instrument_id,)).fetchone()
    return [] if row is None else msgspec.msgpack.decode(row[0], type=list[CorporateAction])


def _digest(columns: Columns) -> int:
    known = (*REQUIRED[columns.kind], *OPTIONAL)
    return digest([columns[name] for name in known if name in columns.arrays])


def _range(start_ns: int | None, end_ns: int | None) -> tuple[int, int]:
    return (-LAST_NS if start_ns is None else start_ns, LAST_NS if end_ns is None else end_ns)


def _sum(one: Written, other: Written) -> Written:
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return Written(*(left + right for left, right in pairs))
