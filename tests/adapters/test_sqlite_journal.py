"""The SQLite journal keeps the port's suite, its lock, and its head when the disk fails."""

import itertools
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.testing.journal_suite import JournalSuite


class TestSqliteJournal(JournalSuite):
    @pytest.fixture(autouse=True)
    def _directories(self, tmp_path: Path) -> None:
        self.directories = (tmp_path / str(number) for number in itertools.count())

    def new_journal(self) -> SqliteJournal:
        return open_journal(next(self.directories), journal_id="j0", reserve_bytes=0)

    def reopened(self, journal: SqliteJournal) -> SqliteJournal:
        journal.close()
        return open_journal(journal.path.parent, reserve_bytes=0)
