"""The SQLite journal keeps the port's suite, its lock and its settings."""

import itertools
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model.errors import UserError
from tradewind.ports.journal import Fenced, JournalInUse, group_of
from tradewind.testing.journal_suite import JournalSuite, append, stored, ticks


class TestSqliteJournal(JournalSuite):
    @pytest.fixture(autouse=True)
    def _directories(self, tmp_path: Path) -> Iterator[None]:
        self.directories = (tmp_path / str(number) for number in itertools.count())
        self.opened: list[SqliteJournal] = []
        yield
        for journal in self.opened:
            journal.close()

    def new_journal(self) -> SqliteJournal:
        return self.open(next(self.directories))

    def reopened(self, journal: SqliteJournal) -> SqliteJournal:
        journal.close()
        return self.open(journal.path.parent)

    def open(self, directory: Path) -> SqliteJournal:
        self.opened.append(open_journal(directory, journal_id="j0", reserve_bytes=0))
        return self.opened[-1]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_journal(tmp_path, journal_id="j0", reserve_bytes=0)) as journal:
        journal.take_over()
        yield journal


def test_a_second_opening_is_told_who_uses_the_journal(journal: SqliteJournal) -> None:
    with pytest.raises(JournalInUse) as refusal:
        open_journal(journal.path.parent)
    sentence = f"another tradewind (pid {os.getpid()}) uses this journal in {journal.path.parent}"
    assert str(refusal.value).startswith(sentence)


def test_a_lock_file_left_behind_locks_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "journal.lock").write_text("1\n")
    open_journal(tmp_path, reserve_bytes=0).close()


def test_a_forked_child_does_not_keep_the_lock(journal: SqliteJournal) -> None:
    context = multiprocessing.get_context("fork")
    runs, stop = context.Event(), context.Event()
    child = context.Process(target=lambda: (runs.set(), stop.wait()))
    child.start()
    assert runs.wait(timeout=30)
    journal.close()
    try:
        open_journal(journal.path.parent, reserve_bytes=0).close()
    finally:
        stop.set()
        child.join()


def test_a_writer_whose_lock_was_not_honoured_is_fenced(journal: SqliteJournal) -> None:
    append(journal, ticks(1))
    (journal.path.parent / "journal.lock").unlink()
    with closing(open_journal(journal.path.parent, reserve_bytes=0)) as other:
        other.take_over()
        with pytest.raises(Fenced):
            append(journal, ticks(1))
        append(other, ticks(1))
        assert [group.epoch for group in other.groups()] == [1, 2]


def test_a_writer_of_the_same_epoch_does_not_overwrite_a_group(journal: SqliteJournal) -> None:
    (journal.path.parent / "journal.lock").unlink()
    with closing(open_journal(journal.path.parent, reserve_bytes=0)) as other:
        append(other, ticks(3))
        with pytest.raises(Fenced):
            journal.append(group_of(ticks(1), after_sequence=0, epoch=1, time_ns=1))
        assert len(stored(other)) == 3


def test_a_reader_follows_a_running_writer(journal: SqliteJournal) -> None:
    append(journal, ticks(2))
    with closing(read_journal(journal.path.parent)) as reader:
        assert len(stored(reader)) == 2
        append(journal, ticks(3))
        assert reader.last_sequence == 5
        assert [number for number, _ in stored(reader, 2)] == [3, 4, 5]
        assert reader.verify() == journal.verify()


def test_reading_where_there_is_no_journal_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="set TRADEWIND_HOME"):
        read_journal(tmp_path)


def test_a_commit_waits_for_the_disk(journal: SqliteJournal) -> None:
    settings = [
        journal._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    assert settings == ["wal", 2]


def test_a_group_is_one_row(journal: SqliteJournal) -> None:
    append(journal, ticks(100))
    with closing(sqlite3.connect(journal.path)) as connection:
        assert connection.execute("SELECT count(*) FROM groups").fetchone() == (1,)


@pytest.mark.parametrize("journal_id", ["abcdefg", "A", "a-b", "é"])
def test_a_journal_id_that_does_not_fit_into_order_ids_is_refused(
    journal_id: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="no journal id"):
        open_journal(tmp_path, journal_id=journal_id)


def test_a_journal_keeps_the_id_it_was_made_with(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
        made = journal.journal_id
    assert len(made) == 6
    with closing(open_journal(tmp_path, journal_id="other", reserve_bytes=0)) as journal:
        assert journal.journal_id == made


def test_a_journal_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    open_journal(tmp_path, reserve_bytes=0).close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.execute("PRAGMA user_version=2")
    with pytest.raises(UserError, match="use the version that wrote it"):
        open_journal(tmp_path, reserve_bytes=0)


def test_a_crash_while_making_the_journal_leaves_room_for_the_next_try(tmp_path: Path) -> None:
    (tmp_path / "journal.db.new").write_bytes(b"half")
    (tmp_path / "journal.db.new-journal").write_bytes(b"half")
    with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
        assert journal.last_sequence == 0


def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot hold a journal"):
        open_journal(tmp_path / "file" / "inside")
