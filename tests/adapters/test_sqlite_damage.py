"""Whatever a disk does to the journal's files, no record is lost or changed in silence."""

import os
import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal import open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.wal import scan_wal
from tradewind.model.errors import TradewindError
from tradewind.model.messages import BadTick, Record
from tradewind.ports.journal import Group, JournalDamaged, Snapshot
from tradewind.testing.journal_suite import append, snapshot

GROUPS = 12
NAMES = ("journal.db", "journal.db-wal")


def records(number: int) -> list[Record]:
    """Records of changing size; some groups reach over several pages."""
    return [BadTick(number, "A.SIM", "bad", bytes([number]) * (number * 700)) for _ in range(2)]


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as a killed writer leaves them: the tables in the database, the groups in the log."""
    directory, copy = tmp_path_factory.mktemp("live"), tmp_path_factory.mktemp("crashed")
    open_journal(directory, journal_id="j0", reserve_bytes=0).close()
    with closing(open_journal(directory, reserve_bytes=0)) as journal:
        journal.take_over()
        for number in range(GROUPS):
            append(journal, records(number))
        for name in NAMES:
            shutil.copy(directory / name, copy)
    return copy


@pytest.fixture(scope="module")
def closed(crashed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a clean stop: all in the database, with two snapshots."""
    directory = tmp_path_factory.mktemp("closed")
    place(crashed, directory)
    with closing(open_journal(directory, reserve_bytes=0)) as journal:
        journal.save_snapshot(snapshot(4))
        journal.save_snapshot(snapshot(8))
    return directory


def place(source: Path, target: Path) -> None:
    """Put a copy of the files into an emptied directory."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in NAMES:
        if (source / name).exists():
            shutil.copy(source / name, target)


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file."""
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def content(directory: Path) -> tuple[list[Group], Snapshot | None, str, int]:
    """All that a start builds on, and the rest read too."""
    with closing(open_journal(directory, reserve_bytes=0)) as journal:
        journal.verify()
        found = list(journal.groups()), journal.latest_snapshot()
        return *found, journal.journal_id, journal.epoch


def test_a_log_cut_anywhere_loses_only_what_was_cut(crashed: Path, tmp_path: Path) -> None:
    place(crashed, tmp_path / "whole")
    whole = content(tmp_path / "whole")[0]
    size = (crashed / NAMES[1]).stat().st_size
    counts = {}
    for length in random.Random(5).sample(range(size + 1), 60):
        place(crashed, tmp_path / "cut")
        os.truncate(tmp_path / "cut" / NAMES[1], length)
        groups = content(tmp_path / "cut")[0]
        assert groups == whole[: len(groups)]
        counts[length] = len(groups)
    by_length = [counts[length] for length in sorted(counts)]
    assert by_length == sorted(by_length)
    assert by_length[0] < by_length[-1]


def test_a_torn_last_group_is_dropped_and_counted(crashed: Path, tmp_path: Path) -> None:
    place(crashed, tmp_path / "torn")
    log = tmp_path / "torn" / NAMES[1]
    flip(log, (log.stat().st_size - 1) * 8)
    with closing(open_journal(tmp_path / "torn", reserve_bytes=0)) as journal:
        assert journal.dropped_bytes > 4096
        assert len(list(journal.groups())) == GROUPS - 1
        append(journal, records(1))
        assert journal.verify().groups == GROUPS


def test_a_bit_flipped_in_the_log_is_refused_before_the_last_group(
    crashed: Path, tmp_path: Path
) -> None:
    size = (crashed / NAMES[1]).stat().st_size
    refused = 0
    for bit in random.Random(6).sample(range(size * 8), 60):
        place(crashed, tmp_path / "flipped")
        flip(tmp_path / "flipped" / NAMES[1], bit)
        before = (tmp_path / "flipped" / NAMES[1]).read_bytes()
        try:
            kept = len(content(tmp_path / "flipped")[0])
        except JournalDamaged:
            kept = GROUPS
            refused += 1
            assert (tmp_path / "flipped" / NAMES[1]).read_bytes() == before
        assert kept >= GROUPS - 1
    assert refused > 30


@pytest.mark.parametrize("byte", [0, 5, 9, 13, 17, 21, 25, 31])
def test_a_damaged_head_of_the_log_is_refused(byte: int, crashed: Path, tmp_path: Path) -> None:
    place(crashed, tmp_path / "flipped")
    flip(tmp_path / "flipped" / NAMES[1], byte * 8)
    with pytest.raises(JournalDamaged, match="nothing was changed"):
        content(tmp_path / "flipped")


def test_a_flipped_bit_is_found_or_changes_nothing(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "whole")
    whole = content(tmp_path / "whole")
    size = (closed / NAMES[0]).stat().st_size
    refused = 0
    for bit in random.Random(7).sample(range(size * 8), 150):
        place(closed, tmp_path / "flipped")
        flip(tmp_path / "flipped" / NAMES[0], bit)
        try:
            assert content(tmp_path / "flipped") == whole, bit
        except TradewindError:
            refused += 1
    assert refused > 75


def test_an_empty_database_is_not_taken_for_a_new_one(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "empty")
    os.truncate(tmp_path / "empty" / NAMES[0], 0)
    with pytest.raises(JournalDamaged, match="has lost its tables"):
        open_journal(tmp_path / "empty", reserve_bytes=0)


def test_a_database_cut_anywhere_is_refused(closed: Path, tmp_path: Path) -> None:
    size = (closed / NAMES[0]).stat().st_size
    for length in [0, 1, 100, size - 4096, size - 1, *random.Random(8).sample(range(size), 25)]:
        place(closed, tmp_path / "cut")
        os.truncate(tmp_path / "cut" / NAMES[0], length)
        with pytest.raises(TradewindError):
            content(tmp_path / "cut")


def test_the_first_bad_group_is_named(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "flipped")
    database = tmp_path / "flipped" / NAMES[0]
    flip(database, database.read_bytes().index(bytes([5]) * 100) * 8)
    with closing(read_journal(tmp_path / "flipped")) as reader:
        assert len(list(reader.groups(12))) == 6
        with pytest.raises(JournalDamaged, match=r"group 11\.\.12 of the journal is damaged"):
            reader.verify()


def test_a_spoiled_snapshot_is_passed_over_and_named(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "flipped")
    database = tmp_path / "flipped" / NAMES[0]
    flip(database, database.read_bytes().index(b"state 8") * 8)
    with closing(open_journal(tmp_path / "flipped", reserve_bytes=0)) as journal:
        assert journal.latest_snapshot() == snapshot(4)
        with pytest.raises(JournalDamaged, match="snapshot at 8"):
            journal.verify()


def test_a_journal_that_ends_before_its_snapshot_is_refused(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "short")
    with closing(open_journal(tmp_path / "short", reserve_bytes=0)) as journal:
        journal._connection.execute("DELETE FROM groups WHERE first > 5")
    with pytest.raises(JournalDamaged, match="records are lost"):
        open_journal(tmp_path / "short", reserve_bytes=0)


def test_a_missing_group_is_named(closed: Path, tmp_path: Path) -> None:
    place(closed, tmp_path / "gap")
    with closing(open_journal(tmp_path / "gap", reserve_bytes=0)) as journal:
        journal._connection.execute("DELETE FROM groups WHERE first = 5")
        with pytest.raises(
            JournalDamaged, match=r"group 7\.\.8 .* begin at 5, records are missing"
        ):
            journal.verify()


@pytest.mark.parametrize("change", ["epoch = 0", "journal_id = 'j1'", "anchor_sequence = 2"])
def test_a_changed_name_epoch_or_anchor_is_refused(
    change: str, closed: Path, tmp_path: Path
) -> None:
    place(closed, tmp_path / "changed")
    with closing(open_journal(tmp_path / "changed", reserve_bytes=0)) as journal:
        journal._connection.execute(f"UPDATE meta SET {change}")
    with pytest.raises(JournalDamaged, match="restore the last backup"):
        open_journal(tmp_path / "changed", reserve_bytes=0)


def test_a_damaged_structure_around_whole_groups_is_told_by_verify(
    closed: Path, tmp_path: Path
) -> None:
    place(closed, tmp_path / "list")
    freelist_count = 36
    flip(tmp_path / "list" / NAMES[0], (freelist_count + 3) * 8)
    with closing(read_journal(tmp_path / "list")) as reader:
        assert len(list(reader.groups())) == GROUPS
        with pytest.raises(JournalDamaged, match="its index is not"):
            reader.verify()


def test_a_log_without_its_database_is_refused(crashed: Path, tmp_path: Path) -> None:
    place(crashed, tmp_path / "alone")
    (tmp_path / "alone" / NAMES[0]).unlink()
    with pytest.raises(JournalDamaged, match="is gone"):
        open_journal(tmp_path / "alone", reserve_bytes=0)


def test_a_reader_leaves_the_files_of_a_dead_writer_as_they_are(
    crashed: Path, tmp_path: Path
) -> None:
    place(crashed, tmp_path / "dead")
    before = [(tmp_path / "dead" / name).read_bytes() for name in NAMES]
    with closing(read_journal(tmp_path / "dead")) as reader:
        assert reader.verify().groups == GROUPS
    assert [(tmp_path / "dead" / name).read_bytes() for name in NAMES] == before


def test_the_log_is_measured_as_sqlite_reads_it(crashed: Path) -> None:
    log = crashed / NAMES[1]
    scan = scan_wal(log)
    assert (scan.whole_bytes, scan.spoiled_commits) == (log.stat().st_size, 0)
