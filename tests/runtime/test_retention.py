"""Old records and market rows go, nothing that is still needed does, whenever the process dies."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.sqlite.journal import open_journal
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.messages import MarketRecorded
from tradewind.ports.journal import Journal, JournalDamaged, JournalReader, group_of, numbered
from tradewind.runtime import retention as module
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.retention import DAY_NS, Retention, RetentionRule
from tradewind.runtime.segments import FileSegments, MemorySegments
from tradewind.testing.journal_suite import append, snapshot, ticks

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
ROWS = 20
SEGMENT_BYTES = 4_000
PLENTY = 1 << 40


def trades(start_ns: int) -> Columns:
    rows = np.arange(start_ns, start_ns + ROWS, dtype=np.int64)
    return Columns("trades", GOOG, dict.fromkeys(("time_ns", "price", "size", "side"), rows))


def write_rows(journal: Journal, recorder: Recorder, time_ns: int) -> None:
    """One group: market rows and a tick behind them."""
    records = [recorder.record(trades(time_ns)), *ticks(1, time_ns)]
    recorder.flush()
    journal.append(
        group_of(
            records, after_sequence=journal.last_sequence, epoch=journal.epoch, time_ns=time_ns
        )
    )


def check_rows(journal: JournalReader, recorder: Recorder) -> int:
    """Read all that is kept, every market row too; the number of references."""
    count = 0
    for group in journal.groups(journal.first_sequence - 1):
        for _, record in numbered(group):
            if isinstance(record, MarketRecorded):
                assert len(recorder.read(record)) == record.count
                count += 1
    return count


class Days:
    """A journal with a group a day, and retention at the end of the last of them."""

    def __init__(self, days: int, *, saved: tuple[int, ...]) -> None:
        self.journal = MemoryJournal("j0")
        self.journal.take_over()
        self.segments = MemorySegments()
        self.recorder = Recorder(self.segments, segment_bytes_max=SEGMENT_BYTES)
        self.projected = sys.maxsize
        for day in range(1, days + 1):
            write_rows(self.journal, self.recorder, day * DAY_NS)
            if day in saved:
                self.journal.save_snapshot(snapshot(self.journal.last_sequence))
        self.now_ns = days * DAY_NS

    def retention(self, kept_days: int, disk_bytes_max: int = PLENTY) -> Retention:
        rule = RetentionRule(kept_days, disk_bytes_max)
        return Retention(
            rule,
            self.journal,
            self.recorder,
            now_ns=lambda: self.now_ns,
            projected=lambda: self.projected,
        )

    def prune(self, kept_days: int, disk_bytes_max: int = PLENTY) -> int:
        """Prune to the end; the first day that is left."""
        retention = self.retention(kept_days, disk_bytes_max)
        while retention.has_more:
            retention.step()
        return (self.journal.first_sequence - 1) // (ROWS + 1) + 1

    @property
    def size_bytes(self) -> int:
        return self.journal.size_bytes + self.recorder.size_bytes


@pytest.mark.parametrize(("kept_days", "first"), [(3, 17), (10, 10), (20, 1), (99, 1)])
def test_what_is_older_than_its_days_goes_and_what_is_as_old_stays(
    kept_days: int, first: int
) -> None:
    days = Days(20, saved=(18, 19, 20))
    assert days.prune(kept_days) == first
    assert check_rows(days.journal, days.recorder) == 20 - first + 1
    assert days.journal.verify().first == days.journal.first_sequence


def test_segments_that_nothing_refers_to_go_and_the_others_stay() -> None:
    days = Days(60, saved=(58, 59))
    before = len(days.segments.names())
    days.prune(3)
    kept = {
        record.segment
        for group in days.journal.groups(days.journal.first_sequence - 1)
        for _, record in numbered(group)
        if isinstance(record, MarketRecorded)
    }
    assert before > 3
    assert set(days.segments.names()) == kept


@pytest.mark.parametrize(("saved", "first"), [((5, 9, 12), 10), ((5,), 1), ((), 1)])
def test_two_snapshots_and_all_behind_them_stay(saved: tuple[int, ...], first: int) -> None:
    assert Days(20, saved=saved).prune(1) == first


def test_what_rows_are_still_to_be_built_from_stays() -> None:
    days = Days(20, saved=(18, 19, 20))
    days.projected = 4 * (ROWS + 1)
    assert days.prune(1) == 5


def test_more_than_the_disk_may_hold_goes_before_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUPS_PER_STEP_MAX", 5)
    days = Days(60, saved=(58, 59, 60))
    bound = days.size_bytes // 2
    first = days.prune(99, bound)
    assert 20 < first < 40
    assert bound - 3 * SEGMENT_BYTES < days.size_bytes <= bound
    check_rows(days.journal, days.recorder)


def test_segments_that_a_crash_left_behind_go_at_the_next_step() -> None:
    days = Days(60, saved=(58, 59, 60))
    days.journal.prune(40 * (ROWS + 1) + 1)
    before = days.segments.names()
    days.prune(99)
    assert days.segments.names() < before or len(days.segments.names()) < len(before)
    assert check_rows(days.journal, days.recorder) == 20


def trade_for_ever(home: Path, acknowledged: Connection) -> None:
    """Write rows, save snapshots and prune in turn; tell each durable sequence."""
    journal = open_journal(home / "journal", reserve_bytes=0)
    journal.take_over()
    recorder = Recorder(FileSegments(home / "market"), segment_bytes_max=SEGMENT_BYTES)
    retention = Retention(
        RetentionRule(kept_days=1, disk_bytes_max=1),
        journal,
        recorder,
        now_ns=lambda: 0,
        projected=lambda: sys.maxsize,
    )
    while True:
        for _ in range(5):
            write_rows(journal, recorder, journal.last_sequence + 1)
            acknowledged.send((journal.first_sequence, journal.last_sequence))
        journal.save_snapshot(snapshot(journal.last_sequence))
        retention.step()


def kill_at_random(home: Path, after_s: float) -> tuple[int, int]:
    """Run, kill, and return the first and last sequence that were told to be durable."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=trade_for_ever, args=(home, sender))
    child.start()
    sender.close()
    told: tuple[int, int] = receiver.recv()
    time.sleep(after_s)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    try:
        while True:
            told = receiver.recv()
    except EOFError:
        return told


def test_a_process_killed_while_it_prunes_loses_nothing_that_is_kept(tmp_path: Path) -> None:
    chance = random.Random(5)
    first = 0
    for _ in range(20):
        first, last = kill_at_random(tmp_path, chance.random() * 0.05)
        with closing(open_journal(tmp_path / "journal", reserve_bytes=0)) as journal:
            assert journal.last_sequence >= last
            assert journal.first_sequence >= first
            journal.verify()
            with closing(Recorder(FileSegments(tmp_path / "market"))) as recorder:
                check_rows(journal, recorder)
    assert first > 1


def test_a_reader_beside_the_pruning_is_told_what_went(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
        journal.take_over()
        for _ in range(200):
            append(journal, ticks(1))
        reading = journal.groups(0)
        next(reading)
        for sequence in (199, 200):
            journal.save_snapshot(snapshot(sequence))
        assert journal.prune(199) == 198
        with pytest.raises(JournalDamaged, match="up to 198 they were pruned"):
            list(reading)
