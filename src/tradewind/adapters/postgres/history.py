"""The history of market data in PostgreSQL: partitions or hypertables, filled by COPY."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
import psycopg

from tradewind.adapters.postgres import history_rows
from tradewind.adapters.postgres.binary_rows import wrapped
from tradewind.adapters.postgres.history_rows import (
    Stored,
    actions_of,
    added_up,
    bounds,
    count_again,
    definition,
    digest_of,
    ends,
    in_runs,
    made_series,
    rows_of,
    stored_series,
    write_run,
)
from tradewind.adapters.postgres.hypertables import (
    chunks_of,
    drop_chunks,
    make_hypertables,
    take_up,
)
from tradewind.adapters.postgres.partitions import (
    TABLES,
    drop_partitions,
    is_partitioned,
    partitions_of,
    summarize,
    table_of,
)
from tradewind.adapters.postgres.session import Session
from tradewind.adapters.sql.bounded import first_line
from tradewind.adapters.sql.database import open_database
from tradewind.model.column_merge import OnConflict, key_times
from tradewind.model.columns import ColumnKind, Columns, IntColumn
from tradewind.model.corporate_actions import CorporateAction, merge_actions
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.history import (
    Damage,
    Entry,
    Series,
    Written,
    actions_written,
    in_listing_order,
    no_series,
    series_of,
)

CALL_S = 300.0
"""The longest one call may take: millions of rows are on their way."""
CONNECTIONS_KEPT = 4

T = TypeVar("T")


class PostgresHistory:
    """The `History` of a database, made or brought to our layout on first use.

    A write is one transaction, so that readers see all of it or nothing. Any number of threads may
    ask, each over a connection of its own, of which a few are kept for the next calls.
    """

    def __init__(self, url: str) -> None:
        open_database(url, connections=1).dispose()
        self._url = url
        self._free: deque[Session] = deque()
        self._asked(make_hypertables)

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
            reached: list[tuple[Series, tuple[int, int]]] = []
            with connection.transaction():
                for run in in_runs(batches):
                    series, times = series_of(run, timeframe), key_times(run)
                    done = added_up(done, write_run(connection, series, run, on_conflict))
                    touched |= _pieces_of(connection, series, times)
                    reached.append((series, (int(times[0]), int(times[-1]))))
            if done.rows_added or done.rows_replaced:
                summarize(connection, touched)
                for series, ends_ns in reached:
                    take_up(connection, series, ends_ns)
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
            stored = self._readable(connection, series)
            instrument = definition(connection, instrument_id)
            return rows_of(connection, series, stored, instrument, (start_ns, end_ns))

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
                first, last = ends(connection, series, series_id)
                found.append(Entry(series, rows, first, last, files=0, size_bytes=0))
            return in_listing_order(found)

        return self._asked(work)

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data."""
        return self._asked(lambda connection: definition(connection, instrument_id))

    def check(self, series: Series) -> list[Damage]:
        """Read all rows of a series: as many as were written, and the same."""

        def work(connection: psycopg.Connection[Any]) -> list[Damage]:
            stored = self._found(connection, series)
            instrument = definition(connection, series.instrument_id)
            columns = rows_of(connection, series, stored, instrument, (None, None))
            if len(columns) != stored.rows:
                sentence = f"it has {len(columns)} rows, {stored.rows} were written: import again"
            elif wrapped(digest_of(columns)) != stored.digest:
                sentence = "its rows are not those that were written: import them again"
            else:
                return []
            return [Damage(f"{series} in {table_of(series.kind, series.timeframe)}", sentence)]

        return self._asked(work)

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The stored corporate actions of an instrument."""
        return self._asked(lambda connection: actions_of(connection, instrument_id))

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
                definition(connection, instrument_id, lock=" FOR UPDATE")
                merged = merge_actions(actions_of(connection, instrument_id), given, on_conflict)
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
                        is_split = is_partitioned(connection, table)
                        drop = drop_partitions if is_split else drop_chunks
                        gone += drop(connection, table, before_ns)
                if gone:
                    count_again(connection, kind)
            return gone

        return self._asked(work)

    def _found(self, connection: psycopg.Connection[Any], series: Series) -> Stored:
        stored = stored_series(connection, series)
        if stored is None or stored.rows == 0:
            raise no_series(series, self.entries())
        return stored

    def _readable(self, connection: psycopg.Connection[Any], series: Series) -> Stored:
        """A stored series, or bars that the database makes of shorter ones."""
        stored = stored_series(connection, series)
        if stored is None or stored.rows == 0:
            stored = made_series(connection, series)
        return stored or self._found(connection, series)

    def _cut(self, series: Series, start_ns: int | None, end_ns: int | None) -> int | None:
        """Where a batch that begins at a time ends: behind `RUN_ROWS_MAX` rows, or at the end."""
        table = table_of(series.kind, series.timeframe)
        key = TABLES[table][0]
        start, end = bounds(start_ns, end_ns)

        def work(connection: psycopg.Connection[Any]) -> tuple[int] | None:
            stored = self._readable(connection, series)
            asked = (
                f"SELECT {key} FROM {stored.source} WHERE series_id = %s AND {key} >= %s "
                f"AND {key} < %s ORDER BY {key} OFFSET %s LIMIT 1"
            )
            return connection.execute(
                asked, (stored.series_id, start, end, history_rows.RUN_ROWS_MAX)
            ).fetchone()

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


def _pieces_of(connection: psycopg.Connection[Any], series: Series, times: IntColumn) -> set[str]:
    """The partitions or chunks that rows of these times are in."""
    table = table_of(series.kind, series.timeframe)
    if is_partitioned(connection, table):
        return partitions_of(series, times)
    return chunks_of(connection, table, (int(times[0]), int(times[-1])))
