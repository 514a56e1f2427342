"""The projector keeps up with a journal that grows, and with a store that fails."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.journal import open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import open_records, read_records
from tradewind.model.errors import OutsideError
from tradewind.model.messages import Halted
from tradewind.ports.journal import JournalDamaged
from tradewind.ports.records import HaltRow
from tradewind.runtime import projector as module
from tradewind.runtime.projector import Projector
from tradewind.testing.journal_suite import append, snapshot, ticks


def until(is_so: Callable[[], bool]) -> None:
    """Wait for another thread."""
    end_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def halts(count: int) -> list[Halted]:
    return [Halted(number, "all", "odd", "me") for number in range(count)]


def grown(count: int) -> MemoryJournal:
    journal = MemoryJournal("j0")
    journal.take_over()
    append(journal, halts(count))
    return journal


def test_rows_follow_a_journal_that_grows(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
        journal.take_over()
        append(journal, halts(2))
        projector = Projector(lambda: read_journal(tmp_path), lambda: open_records(tmp_path))
        projector.start()
        until(lambda: projector.sequence == 2)
        append(journal, halts(3))
        projector.wake()
        until(lambda: projector.sequence == 5)
        append(journal, halts(1))
        projector.stop()
    with closing(read_records(tmp_path)) as records:
        assert len(records.rows(HaltRow)) == projector.sequence == 6


def test_a_store_that_fails_is_named_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    failures = [OutsideError("the disk is full", fault="ours", retry=True)] * 3
    records = MemoryRecords()
    seen: list[str] = []

    def open_failing() -> MemoryRecords:
        seen.append(projector.failure)
        if failures:
            raise failures.pop()
        return records

    projector = Projector(lambda: grown(4), open_failing)
    projector.start()
    until(lambda: projector.sequence == 4)
    projector.stop()
    assert seen == ["", *["the disk is full"] * 3]
    assert (projector.failure, len(records.rows(HaltRow))) == ("", 4)


def test_stopping_does_not_wait_for_a_store_that_fails() -> None:
    def fail() -> MemoryRecords:
        raise OutsideError("the disk is full", fault="ours", retry=True)

    projector = Projector(lambda: grown(1), fail)
    projector.start()
    until(lambda: projector.failure != "")
    begin_s = time.monotonic()
    projector.stop()
    assert time.monotonic() - begin_s < module.RETRY_S / 2


def test_a_pruned_journal_without_a_snapshot_to_begin_with_is_named() -> None:
    journal = grown(4)
    append(journal, ticks(1))
    for sequence in (4, 5):
        journal.save_snapshot(snapshot(sequence))
    assert journal.prune(5) == 1
    projector = Projector(lambda: journal, MemoryRecords)
    projector.start()
    until(lambda: projector.failure != "")
    projector.stop()
    assert "snapshot" in projector.failure
    with pytest.raises(JournalDamaged):
        list(journal.groups(0))
