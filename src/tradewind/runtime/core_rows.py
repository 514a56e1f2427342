"""Core rows: positions, balances and samples of equity, taken from the state for the records."""

from __future__ import annotations

import threading
from collections import deque

from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.ports.records import BalanceRow, EquityRow, PositionRow, Records, Row, key_of
from tradewind.runtime.loop import Turn
from tradewind.runtime.state_rows import balance_rows, equity_rows, position_rows

SECOND_NS = 1_000_000_000
EQUITY_STEP_NS = 10 * SECOND_NS
"""A sample of equity is taken with the first turn in each of these."""
EQUITY_WAITING_MAX = 10_000
"""Samples kept for a store that fails; beyond it the oldest go."""
ROWS_STEP_NS = SECOND_NS
"""Positions and balances are taken at most this often, and at the end."""
DAY_NS = 24 * 3600 * SECOND_NS
THINNED_EVERY_NS = 3600 * SECOND_NS
THINNING = ((DAY_NS, 60 * SECOND_NS), (30 * DAY_NS, 3600 * SECOND_NS))
"""Of samples older than the first, the first in each of the second is kept: after a day one a
minute, after 30 days one an hour, which makes 8,760 a year."""
KINDS = (PositionRow, BalanceRow, EquityRow)
_CHANGES = (*m.MONEY_EVENTS, m.AccountOpened)


class CoreRows:
    """Takes rows from a state on the loop's thread and hands them to the thread that writes.

    Positions and balances wait once each, as they were last; of equity every sample waits.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._is_changed = True
        self._taken_ns = 0
        self._sampled = 0
        self._lock = threading.Lock()
        self._sequence = 0
        self._latest: dict[tuple[object, ...], Row] = {}
        self._samples: deque[Row] = deque(maxlen=EQUITY_WAITING_MAX)

    def on_turn(self, turn: Turn) -> None:
        """Look at what a durable turn changed."""
        self._is_changed |= any(isinstance(record, _CHANGES) for record in turn.records)
        time_ns = self._state.time_ns
        if time_ns // EQUITY_STEP_NS > self._sampled:
            self._sampled = time_ns // EQUITY_STEP_NS
            with self._lock:
                self._samples.extend(equity_rows(self._state, self._sampled * EQUITY_STEP_NS))
                self._sequence = self._state.sequence
        if self._is_changed and time_ns - self._taken_ns >= ROWS_STEP_NS:
            self.take_now()

    def take_now(self) -> None:
        """Take positions and balances as they are, and equity as a sample of this very time."""
        state = self._state
        rows = [*position_rows(state), *balance_rows(state)]
        with self._lock:
            self._latest.update({(type(row), *key_of(row)): row for row in rows})
            self._sequence = state.sequence
        self._is_changed, self._taken_ns = False, state.time_ns

    def take_last(self) -> None:
        """Take everything once more at the end of a run."""
        self.take_now()
        with self._lock:
            self._samples.extend(equity_rows(self._state, self._state.time_ns))

    def waiting(self) -> tuple[int, list[Row]]:
        """What is to be written, and the sequence it stands for."""
        with self._lock:
            return self._sequence, [*self._latest.values(), *self._samples]

    def forget(self, rows: list[Row]) -> None:
        """Let go of rows that were written; those taken since stay."""
        written = set(map(id, rows))
        with self._lock:
            self._latest = {key: row for key, row in self._latest.items() if id(row) not in written}
            kept = [row for row in self._samples if id(row) not in written]
            self._samples = deque(kept, maxlen=EQUITY_WAITING_MAX)


class CoreWriter:
    """Writes core rows into a store under a name of their own; on the thread of the store.

    `last_sequence` is the journal's: rows beyond it, or of another journal, are not its own.
    """

    def __init__(
        self, rows: CoreRows, journal_id: str, last_sequence: int, records: Records
    ) -> None:
        self._rows = rows
        self._name = f"core of {journal_id}"
        self._records = records
        self._thinned_ns = 0
        if not 0 < records.sequence(self._name) <= last_sequence:
            records.clear(self._name, KINDS)

    def write(self) -> None:
        """Write what waits, in one transaction; thin the samples now and then."""
        sequence, rows = self._rows.waiting()
        if not rows:
            return
        self._records.write(self._name, sequence, rows)
        self._rows.forget(rows)
        now_ns = max(row.time_ns for row in rows if isinstance(row, KINDS))
        if now_ns - self._thinned_ns >= THINNED_EVERY_NS:
            for age_ns, step_ns in THINNING:
                self._records.thin_equity(before_time_ns=now_ns - age_ns, step_ns=step_ns)
            self._thinned_ns = now_ns
