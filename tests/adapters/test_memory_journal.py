"""The memory journal keeps the port's suite, forgets what was not synced, fails when told."""

import pytest

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.ports.journal import JournalBroken, JournalFull, group_of
from tradewind.testing.journal_suite import JournalSuite, append, stored, ticks


class TestMemoryJournal(JournalSuite):
    def new_journal(self) -> MemoryJournal:
        return MemoryJournal("j0")

    def reopened(self, journal: MemoryJournal) -> MemoryJournal:
        return journal.crash()


def written_twice() -> MemoryJournal:
    """A journal with one durable group and two that are only written."""
    journal = MemoryJournal("j0")
    journal.take_over()
    append(journal, ticks(1))
    for after in (1, 2):
        journal.write(group_of(ticks(1), after_sequence=after, epoch=1, time_ns=1))
    return journal


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_crash_keeps_what_was_synced_and_any_prefix_of_the_rest(kept: int) -> None:
    journal = written_twice()
    assert journal.last_sequence == 1
    assert journal.crash(kept).last_sequence == 1 + kept


def test_sync_makes_all_that_was_written_durable() -> None:
    journal = written_twice()
    journal.sync()
    assert journal.crash().last_sequence == 3


def test_a_failed_fsync_ends_the_journal_for_good() -> None:
    journal = written_twice()
    journal.fail_next("fsync")
    with pytest.raises(JournalBroken):
        journal.sync()
    journal.release_reserve()
    with pytest.raises(JournalBroken):
        journal.append(group_of(ticks(1), after_sequence=3, epoch=1, time_ns=1))
    assert journal.last_sequence == 1


def test_a_full_disk_stores_nothing_and_the_reserve_lets_appends_in_once() -> None:
    journal = written_twice()
    journal.sync()
    for _ in range(2):
        journal.fail_next("full")
        with pytest.raises(JournalFull):
            append(journal, ticks(1))
        assert len(stored(journal)) == journal.last_sequence
        journal.release_reserve()
        if journal.last_sequence == 3:
            append(journal, ticks(1))
    with pytest.raises(JournalFull):
        append(journal, ticks(1))
    assert journal.last_sequence == 4
