"""Both stores of records keep the port's suite; the SQLite one stays whole when it fails."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.records import SqliteRecords, open_records, read_records
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.records import BalanceRow
from tradewind.testing.records_suite import RecordsSuite, balance


class TestMemoryRecords(RecordsSuite):
    def new_records(self) -> MemoryRecords:
        return MemoryRecords()


class TestSqliteRecords(RecordsSuite):
    @pytest.fixture(autouse=True)
    def _directories(self, tmp_path: Path) -> Iterator[None]:
        self.directories = (tmp_path / str(number) for number in itertools.count())
        self.opened: list[SqliteRecords] = []
        yield
        for records in self.opened:
            records.close()

    def new_records(self) -> SqliteRecords:
        directory = next(self.directories)
        directory.mkdir()
        self.opened.append(open_records(directory))
        return self.opened[-1]


def test_records_are_there_in_the_next_process_and_beside_the_writer(tmp_path: Path) -> None:
    with closing(open_records(tmp_path)) as records:
        records.write("core", 3, [balance(3)])
        with closing(read_records(tmp_path)) as reader:
            assert reader.rows(BalanceRow) == [balance(3)]
            records.write("core", 4, [balance(4)])
            assert reader.sequence("core") == 4
            with pytest.raises(OutsideError, match="readonly"):
                reader.write("core", 5, [])
    with closing(open_records(tmp_path)) as records:
        assert records.rows(BalanceRow) == [balance(4)]


def test_a_write_that_fails_leaves_rows_and_sequence_as_they_were(tmp_path: Path) -> None:
    with closing(open_records(tmp_path)) as records:
        records.write("core", 3, [balance(3)])
        bad = BalanceRow(4, "paper", "USD", 2**63, "2.000000")
        with pytest.raises(OverflowError):
            records.write("core", 4, [balance(4, "3.000000"), bad])
        assert (records.sequence("core"), records.rows(BalanceRow)) == (3, [balance(3)])
        records.write("core", 4, [balance(4)])


def test_records_of_another_layout_say_that_they_can_be_removed(tmp_path: Path) -> None:
    open_records(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "records.db")) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(UserError, match="remove it, it is built again"):
        open_records(tmp_path)


def test_damaged_records_say_that_they_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"no database, whatever it says" * 100)
    with pytest.raises(OutsideError, match="built again from the journal") as failure:
        open_records(tmp_path)
    assert failure.value.fault == "ours"


def test_reading_records_where_there_are_none_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="set TRADEWIND_HOME"):
        read_records(tmp_path)
