"""The projector: keeps records behind the journal on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

from tradewind.model.errors import OutsideError, TradewindError
from tradewind.ports.journal import JournalReader
from tradewind.ports.records import Records
from tradewind.runtime.core_rows import CoreRows, CoreWriter
from tradewind.runtime.projections import Projection

INTERVAL_S = 0.1
"""Least time between two transactions: what is durable meanwhile goes into the next one."""
RETRY_S = 5.0
"""How long a store that failed is left alone."""


class Projector:
    """Follows the journal whenever it is woken; never blocks who wakes it.

    Both stores are opened on its thread. What the rows lack is always read from the journal, so
    that nothing is queued: a slow or failing store falls behind, and catches up by itself.
    `failure` is what keeps it from its work, "" while nothing does.
    """

    def __init__(
        self, open_journal: Callable[[], JournalReader], open_records: Callable[[], Records]
    ) -> None:
        self.core_rows: CoreRows | None = None
        """Set by who runs the core; its rows are written with those of the journal."""
        self.failure = ""
        self.sequence = 0
        self._open_journal = open_journal
        self._open_records = open_records
        self._is_behind = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)

    def start(self) -> None:
        """Begin with what the rows lack."""
        self._is_behind.set()
        self._thread.start()

    def wake(self) -> None:
        """Say that the journal has grown."""
        self._is_behind.set()

    def stop(self) -> None:
        """Write what is durable now and end."""
        self._is_stopping.set()
        self._is_behind.set()
        self._thread.join()

    def complaint(self) -> str:
        """What to say of rows that are not written, "" where they are."""
        failure = self.failure
        return f"the records of orders and fills stand still: {failure}" if failure else ""

    def _run(self) -> None:
        while True:
            try:
                self._follow()
                return
            except OutsideError as error:
                self.failure = str(error)
                if self._is_stopping.wait(RETRY_S):
                    return
            except TradewindError as error:
                self.failure = str(error)
                return

    def _follow(self) -> None:
        with closing(self._open_journal()) as journal, closing(self._open_records()) as records:
            projection = Projection(journal.journal_id, records)
            writer: CoreWriter | None = None
            is_last = False
            while not is_last:
                self._is_behind.wait()
                self._is_behind.clear()
                is_last = self._is_stopping.is_set()
                projection.follow(journal)
                if writer is None and self.core_rows is not None:
                    end = journal.last_sequence
                    writer = CoreWriter(self.core_rows, journal.journal_id, end, records)
                if writer is not None:
                    writer.write()
                self.sequence, self.failure = projection.sequence, ""
                self._is_stopping.wait(INTERVAL_S)
