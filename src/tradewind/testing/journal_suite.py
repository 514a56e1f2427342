"""What every journal must do: inherit `JournalSuite` and say how to make and to reopen one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.model.ids import JOURNAL_ID_LENGTH_MAX
from tradewind.model.messages import ClockTicked, Halted, MarketRecorded, Record
from tradewind.ports.journal import (
    SNAPSHOTS_KEPT,
    BadGroup,
    Fenced,
    Group,
    Journal,
    JournalDamaged,
    Snapshot,
    group_of,
    link,
    numbered,
)

RECORDS = st.one_of(
    st.builds(ClockTicked, st.integers(0, 2**62)),
    st.builds(Halted, st.integers(0, 2**62), st.just("all"), st.text(max_size=20), st.just("me")),
    st.builds(
        MarketRecorded,
        st.integers(0, 2**62),
        st.just("trades"),
        st.just("BTC/USDT.BINANCE"),
        st.just("00000001"),
        st.integers(0, 2**40),
        st.integers(1, 500),
        st.binary(min_size=16, max_size=16),
    ),
)


def ticks(count: int, start_ns: int = 1) -> list[Record]:
    """Plain records, told apart by their time."""
    return [ClockTicked(start_ns + number) for number in range(count)]


def append(journal: Journal, records: Sequence[Record]) -> Group:
    """Append records as one group of the current epoch."""
    group = group_of(records, after_sequence=journal.last_sequence, epoch=journal.epoch, time_ns=1)
    journal.append(group)
    return group


def stored(journal: Journal, after_sequence: int = 0) -> list[tuple[int, Record]]:
    """Every record behind a sequence with its number."""
    return [pair for group in journal.groups(after_sequence) for pair in numbered(group)]


def snapshot(sequence: int) -> Snapshot:
    """A snapshot whose bytes are told apart by its sequence."""
    return Snapshot(sequence, "code", b"hash", b"state %d" % sequence)


class JournalSuite:
    """Subclass it as `Test...` beside the adapter."""

    def new_journal(self) -> Journal:
        """An empty journal with the id `j0`, each time another."""
        raise NotImplementedError

    def reopened(self, journal: Journal) -> Journal:
        """The same journal as the next process finds it."""
        raise NotImplementedError

    def started(self) -> Journal:
        """An empty journal with its first epoch taken."""
        journal = self.new_journal()
        journal.take_over()
        return journal

    def test_a_new_journal_holds_nothing(self) -> None:
        journal = self.new_journal()
        assert (journal.epoch, journal.last_sequence) == (0, 0)
        assert 0 < len(journal.journal_id) <= JOURNAL_ID_LENGTH_MAX
        assert list(journal.groups()) == []
        assert journal.latest_snapshot() is None
        assert journal.verify().groups == 0

    def test_what_is_appended_is_there_in_the_next_process(self) -> None:
        journal = self.started()
        written = [append(journal, ticks(3)), append(journal, ticks(1, 9))]
        name = journal.journal_id
        found = self.reopened(journal)
        assert [msgspec.structs.replace(group, chain=b"") for group in found.groups()] == written
        assert found.last_sequence == 4
        assert found.journal_id == name

    @settings(max_examples=15, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.lists(RECORDS, min_size=1, max_size=30), st.data())
    def test_any_cutting_into_groups_gives_the_same_records(
        self, records: list[Record], data: st.DataObject
    ) -> None:
        whole, cut = self.started(), self.started()
        append(whole, records)
        start = 0
        while start < len(records):
            stop = data.draw(st.integers(start + 1, len(records)))
            append(cut, records[start:stop])
            start = stop
        assert stored(cut) == stored(whole)
        assert cut.last_sequence == whole.last_sequence == cut.verify().last
        for journal in (whole, cut):
            journal.close()

    def test_reading_begins_with_the_group_that_holds_the_next_record(self) -> None:
        journal = self.started()
        for _ in range(3):
            append(journal, ticks(2))
        firsts = [[group.first for group in journal.groups(after)] for after in range(7)]
        assert firsts == [[1, 3, 5], [1, 3, 5], [3, 5], [3, 5], [5], [5], []]

    def test_groups_appended_while_reading_are_read_or_left_but_never_torn(self) -> None:
        journal = self.started()
        append(journal, ticks(1))
        reading = journal.groups()
        first = next(reading)
        append(journal, ticks(1))
        assert [first.first, *(group.first for group in reading)] in ([1], [1, 2])

    def test_a_long_journal_is_read_whole(self) -> None:
        journal = self.started()
        for _ in range(150):
            append(journal, ticks(1))
        assert [group.first for group in journal.groups()] == list(range(1, 151))

    @pytest.mark.parametrize("first", [0, 2, 4, 100])
    def test_a_group_that_does_not_follow_is_refused(self, first: int) -> None:
        journal = self.started()
        append(journal, ticks(2))
        group = group_of(ticks(1), after_sequence=first - 1, epoch=1, time_ns=1)
        with pytest.raises(BadGroup, match="the journal goes on at 3"):
            journal.append(group)
        assert append(journal, ticks(1)).first == 3

    @pytest.mark.parametrize("last", [0, 1, 3])
    def test_a_group_that_counts_its_records_wrongly_is_refused(self, last: int) -> None:
        journal = self.started()
        group = group_of(ticks(2), after_sequence=0, epoch=1, time_ns=1)
        with pytest.raises(BadGroup):
            journal.append(msgspec.structs.replace(group, last=last))
        assert journal.last_sequence == 0

    def test_a_group_without_records_is_refused(self) -> None:
        with pytest.raises(BadGroup):
            append(self.started(), [])

    @pytest.mark.parametrize("count", [0, -1])
    def test_market_data_without_rows_is_refused(self, count: int) -> None:
        rows = MarketRecorded(1, "bars", "A.SIM", "1", 0, count, b"")
        with pytest.raises(BadGroup, match="no rows"):
            append(self.started(), [*ticks(2), rows, *ticks(2)])

    def test_market_rows_count_in_the_sequence(self) -> None:
        journal = self.started()
        rows = MarketRecorded(1, "bars", "A.SIM", "1", 0, 1000, b"")
        append(journal, [*ticks(1), rows, *ticks(1, 5)])
        assert journal.last_sequence == 1002
        assert [number for number, _ in stored(journal)] == [1, 2, 1002]

    def test_an_older_epoch_is_fenced_and_the_new_one_goes_on(self) -> None:
        journal = self.started()
        old = group_of(ticks(1), after_sequence=0, epoch=1, time_ns=1)
        assert journal.take_over() == 2
        with pytest.raises(Fenced, match="stop this process"):
            journal.append(old)
        append(journal, ticks(1))
        assert [group.epoch for group in journal.groups()] == [2]

    def test_an_epoch_that_was_never_taken_is_refused(self) -> None:
        journal = self.started()
        with pytest.raises(BadGroup, match="never taken"):
            journal.append(group_of(ticks(1), after_sequence=0, epoch=2, time_ns=1))

    def test_epochs_only_grow_over_restarts(self) -> None:
        journal = self.reopened(self.started())
        assert journal.epoch == 1
        assert journal.take_over() == 2
        assert self.reopened(journal).epoch == 2

    def test_the_chain_binds_each_group_to_all_before_it(self) -> None:
        journal, other = self.started(), self.started()
        append(journal, ticks(1))
        append(other, ticks(1, 7))
        group = append(journal, ticks(1))
        append(other, ticks(1))
        chain = next(journal.groups()).chain
        assert journal.verify().chain == link(chain, group)
        assert journal.verify().chain != other.verify().chain

    def test_the_newest_snapshot_is_found_and_older_ones_before_it(self) -> None:
        journal = self.started()
        append(journal, ticks(10))
        for sequence in (2, 5, 10):
            journal.save_snapshot(snapshot(sequence))
        found = self.reopened(journal)
        assert found.latest_snapshot() == snapshot(10)
        assert found.latest_snapshot(before=10) == snapshot(5)
        assert found.latest_snapshot(before=6) == snapshot(5)
        assert found.latest_snapshot(before=2) is None

    def test_a_snapshot_ahead_of_the_journal_is_refused(self) -> None:
        journal = self.started()
        append(journal, ticks(2))
        journal.save_snapshot(snapshot(2))
        with pytest.raises(BadGroup, match="ahead"):
            journal.save_snapshot(snapshot(3))

    def test_old_snapshots_make_room_for_new_ones(self) -> None:
        journal = self.started()
        append(journal, ticks(SNAPSHOTS_KEPT + 1))
        for sequence in range(1, SNAPSHOTS_KEPT + 2):
            journal.save_snapshot(snapshot(sequence))
        assert journal.latest_snapshot(before=3) == snapshot(2)
        assert journal.latest_snapshot(before=2) is None

    def test_pruning_keeps_two_snapshots_and_all_behind_them(self) -> None:
        journal = self.started()
        for sequence in range(2, 21, 2):
            append(journal, ticks(2))
            if sequence in (8, 13, 16):
                journal.save_snapshot(snapshot(sequence))
        assert journal.prune(7) == 3
        assert [group.first for group in journal.groups(6)] == [7, 9, 11, 13, 15, 17, 19]
        journal.save_snapshot(snapshot(13))
        assert journal.prune(21) == 3
        found = self.reopened(journal)
        assert found.verify().first == 13
        assert found.latest_snapshot(before=13) is None
        assert append(found, ticks(1)).first == 21

    def test_pruning_without_two_snapshots_removes_nothing(self) -> None:
        journal = self.started()
        append(journal, ticks(2))
        journal.save_snapshot(snapshot(2))
        assert journal.prune(2) == 0
        assert len(stored(journal)) == 2

    def test_pruned_records_are_asked_for_in_vain(self) -> None:
        journal = self.started()
        for _ in range(3):
            append(journal, ticks(1))
        journal.save_snapshot(snapshot(1))
        journal.save_snapshot(snapshot(3))
        assert journal.prune(3) == 1
        assert [number for number, _ in stored(journal, 1)] == [2, 3]
        with pytest.raises(JournalDamaged, match="pruned"):
            stored(journal, 0)
