"""The SQLite journal under kill -9, a full disk, a disk that fails, a disk that is read-only."""

import multiprocessing
import os
import random
import signal
import subprocess
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.disks import files_at_most, small_disk
from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.model.errors import UserError
from tradewind.model.messages import BadTick, Record
from tradewind.ports.journal import JournalBroken, JournalFull, numbered
from tradewind.testing.journal_suite import append, snapshot, stored, ticks

MIB = 1 << 20


def big_records() -> list[Record]:
    """A group of about 20 kB."""
    return [BadTick(number, "A.SIM", "bad", b"x" * 200) for number in range(100)]


# --- kill -9 ---------------------------------------------------------------------------------


def append_for_ever(directory: Path, acknowledged: Connection) -> None:
    """Append groups of all sizes, snapshots and prunings; tell each durable sequence."""
    journal = open_journal(directory, reserve_bytes=0)
    journal.take_over()
    chance = random.Random(journal.last_sequence)
    while True:
        append(journal, ticks(chance.randrange(1, 200), journal.last_sequence + 1))
        acknowledged.send(journal.last_sequence)
        if chance.random() < 0.1:
            journal.save_snapshot(snapshot(journal.last_sequence))
            journal.prune(journal.last_sequence - 5000)


def kill_in_mid_append(directory: Path, after_s: float) -> int:
    """Run the appender, kill it, return the last sequence it was told to be durable."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=append_for_ever, args=(directory, sender))
    child.start()
    sender.close()
    last = receiver.recv()
    time.sleep(after_s)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    try:
        while True:
            last = receiver.recv()
    except EOFError:
        return last


@pytest.mark.parametrize(
    "rounds", [20, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_a_killed_process_loses_nothing_it_was_told_is_durable(rounds: int, tmp_path: Path) -> None:
    chance = random.Random(rounds)
    for number in range(rounds):
        told = kill_in_mid_append(tmp_path, chance.random() * 0.05)
        with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
            assert journal.last_sequence >= told
            assert journal.epoch == number + 1
            journal.verify()
            for group in journal.groups(max(0, told - 500)):
                assert all(record.time_ns == sequence for sequence, record in numbered(group))


# --- full disk -------------------------------------------------------------------------------


def append_many(journal: SqliteJournal) -> None:
    """Append 20 MB or until the disk fails."""
    for _ in range(1000):
        append(journal, big_records())


def test_a_full_disk_keeps_what_was_acknowledged_and_refuses_the_rest(tmp_path: Path) -> None:
    with small_disk(tmp_path, "4m") as disk:
        with closing(open_journal(disk, reserve_bytes=MIB)) as journal:
            journal.take_over()
            with pytest.raises(JournalFull, match="free space, then start again"):
                append_many(journal)
            last = journal.last_sequence
            with pytest.raises(JournalFull):
                append(journal, ticks(1))
            with pytest.raises(JournalFull):
                journal.save_snapshot(snapshot(1))
            assert len(stored(journal)) == last > 1000
        subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
        with closing(open_journal(disk, reserve_bytes=MIB)) as journal:
            assert journal.verify().last == last


def test_the_reserve_has_room_for_the_cancels_of_a_halt(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path, "4m") as disk,
        closing(open_journal(disk, reserve_bytes=MIB)) as journal,
    ):
        journal.take_over()
        with pytest.raises(JournalFull):
            append_many(journal)
        last = journal.last_sequence
        journal.release_reserve()
        for _ in range(100):
            append(journal, ticks(10))
        assert journal.verify().last == last + 1000


def test_a_start_without_room_for_the_reserve_is_refused(tmp_path: Path) -> None:
    with small_disk(tmp_path, "2m") as disk:
        with pytest.raises(UserError, match="a reserve of 4 MiB"):
            open_journal(disk, reserve_bytes=4 * MIB)
        assert not (disk / "journal.reserve").exists()
        open_journal(disk, reserve_bytes=MIB).close()


def test_the_reserve_takes_its_space_and_gives_it_back(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, reserve_bytes=MIB)) as journal:
        reserve = tmp_path / "journal.reserve"
        assert reserve.stat().st_blocks * 512 >= MIB
        journal.release_reserve()
        assert not reserve.exists()


# --- failing disk ----------------------------------------------------------------------------


def test_after_a_failed_write_nothing_more_is_written(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, reserve_bytes=MIB)) as journal:
        journal.take_over()
        append(journal, ticks(5))
        with files_at_most(60_000), pytest.raises(JournalBroken) as failure:
            append_many(journal)
        last = journal.last_sequence
        assert (failure.value.fault, failure.value.retry) == ("ours", False)
        assert "check the disk" in str(failure.value)
        journal.release_reserve()
        for attempt in (
            lambda: append(journal, ticks(1)),
            lambda: journal.save_snapshot(snapshot(1)),
            journal.take_over,
        ):
            with pytest.raises(JournalBroken):
                attempt()
        assert len(stored(journal)) == last
    with closing(open_journal(tmp_path, reserve_bytes=0)) as journal:
        assert journal.verify().last == last


def test_a_read_only_disk_is_one_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path, "4m") as disk:
        open_journal(disk, reserve_bytes=MIB).close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(UserError, match="Read-only file system"):
            open_journal(disk, reserve_bytes=MIB)
