"""Where the records are: beside the journal, in TRADEWIND_HOME or in PostgreSQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tradewind.adapters.sqlite import records as sqlite
from tradewind.ports.records import Records
from tradewind.wiring.journals import JournalPlace, require_driver

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tradewind.adapters.sql.replica import BoundedReplica

READ_CONNECTIONS = 5
WRITE_CALL_S = 30.0
"""The longest one call of the writer may take: it may have to empty large tables."""


class RecordsPlace:
    """The records of a journal; connections to a database are shared by whoever reads here."""

    def __init__(self, place: JournalPlace, *, connections: int = READ_CONNECTIONS) -> None:
        self._place = place
        self._connections = connections
        self._engine: Engine | None = None
        self._replica: BoundedReplica | None = None
        self._lock = threading.Lock()

    @property
    def is_there(self) -> bool:
        """Whether there is something to read, as far as a look at the disk tells."""
        path = self._place.home / "journal" / sqlite.RECORDS_NAME
        return bool(self._place.url) or path.exists()

    def open(self) -> Records:
        """The records to be written, made if there are none."""
        if not self._place.url:
            return sqlite.open_records(self._place.home / "journal")
        require_driver()
        # Here and not above: who keeps the records in a file needs no database driver.
        from tradewind.adapters.sql.database import open_database
        from tradewind.adapters.sql.records import SqlRecords

        engine = open_database(self._place.url, connections=1, call_s=WRITE_CALL_S)
        return SqlRecords(engine, self._place.name, on_close=engine.dispose)

    def read(self) -> Records:
        """The records to be read, beside their writer or without one; from any thread."""
        if not self._place.url:
            return sqlite.read_records(self._place.home / "journal")
        from tradewind.adapters.sql.records import SqlRecords

        engine, replica = self._pool(), self._bounded()
        reads = replica.reading if replica is not None else None
        return SqlRecords(engine, self._place.name, reads=reads)

    def close(self) -> None:
        """Close the connections of readers."""
        with self._lock:
            if self._replica is not None:
                self._replica.close()
            if self._engine is not None:
                self._engine.dispose()
            self._engine = self._replica = None

    def _bounded(self) -> BoundedReplica | None:
        """The replica that the settings name, read while it is near enough."""
        if not self._place.replica_url:
            return None
        from tradewind.adapters.sql.replica import bounded_replica

        engine = self._pool()
        with self._lock:
            if self._replica is None:
                self._replica = bounded_replica(
                    engine, self._place.replica_url, lag_max_s=self._place.lag_max_s
                )
            return self._replica

    def _pool(self) -> Engine:
        require_driver()
        from tradewind.adapters.sql.database import read_database

        with self._lock:
            if self._engine is None:
                self._engine = read_database(self._place.url, connections=self._connections)
            return self._engine
