"""A writer that keeps what the journal acknowledged to it, to be compared with what is read."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from itertools import pairwise

from tradewind.adapters.postgres.journal import open_journal
from tradewind.adapters.postgres.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.ports.journal import group_of, numbered

GIVE_UP_S = 120.0
PATIENCE_S = 150.0


class AcknowledgedWriter:
    """Appends groups of two on a thread until told to stop; every event differs from the others."""

    def __init__(self, url: str, name: str, *, give_up_s: float = GIVE_UP_S) -> None:
        self.acknowledged: list[m.Record] = []
        self.times_s: list[float] = []
        self.failure: TradewindError | None = None
        self._journal = open_journal(url, name, journal_id=name, give_up_s=give_up_s)
        self._epoch = self._journal.take_over()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._write, name="writer")
        self._thread.start()

    def wait_for(self, more: int) -> None:
        """Wait until so many more events are acknowledged, or the writer has failed."""
        wanted, ends_at = len(self.acknowledged) + more, time.monotonic() + PATIENCE_S
        while len(self.acknowledged) < wanted and self.failure is None:
            assert time.monotonic() < ends_at, "nothing was acknowledged any more"
            time.sleep(0.02)

    def stop(self) -> None:
        """End behind the group that is on its way."""
        self._is_stopping.set()
        self._thread.join()
        self._journal.close()

    def outage_s(self, since_s: float) -> float:
        """The longest time without an acknowledgement behind a time of the monotonic clock."""
        return self.outage(since_s)[0]

    def outage(self, since_s: float) -> tuple[float, float]:
        """That time, and when it was over."""
        times = [since_s, *(one for one in self.times_s if one > since_s)]
        return max((after - before, after) for before, after in pairwise(times))

    def _write(self) -> None:
        number = self._journal.last_sequence
        while not self._is_stopping.is_set():
            events = [m.ClockTicked(number + 1), m.ClockTicked(number + 2)]
            group = group_of(events, after_sequence=number, epoch=self._epoch, time_ns=number + 2)
            try:
                self._journal.append(group)
            except TradewindError as error:
                self.failure = error
                return
            self.acknowledged += events
            self.times_s.append(time.monotonic())
            number += 2


def lost_and_doubled(acknowledged: list[m.Record], url: str, name: str) -> tuple[int, int]:
    """How many acknowledged events cannot be read any more, and how many are there twice."""
    with closing(read_journal(url, name)) as journal:
        journal.verify()
        read = [event for group in journal.groups(0) for _, event in numbered(group)]
    there = set(read)
    return sum(event not in there for event in acknowledged), len(read) - len(there)
