"""What a publisher keeps for those who missed it, in files and up to a size."""

from __future__ import annotations

from pathlib import Path

from tests.disks import files_at_most
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.spool import Spool
from tradewind.testing.bus_suite import quotes, trades


def test_batches_are_given_back_as_they_were(tmp_path: Path) -> None:
    log = ReplayLog(Spool(tmp_path))
    assert [log.keep(each) for each in (trades(5), quotes(7), trades(9))] == [1, 2, 3]
    found = log.read(1, 3)
    assert [each.kind for each in found] == ["trades", "quotes", "trades"]
    assert found[2]["update_id"].tolist() == [9, 10, 11]
    assert [int(each.time_ns[0]) for each in log.read(2, 99)] == [7, 9]
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_segments_go_when_there_is_too_much(tmp_path: Path) -> None:
    log = ReplayLog(Spool(tmp_path), kept_bytes_max=20_000, segment_bytes_max=5_000)
    for price in range(1, 1_001):
        log.keep(trades(price))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 30_000
    assert 1 < log.first < 1_000
    kept = log.read(1, 1_000)
    assert [int(each["price"][0]) for each in kept] == list(range(log.first, 1_001))
    log.close()


def test_no_more_batches_are_remembered_than_the_limit(tmp_path: Path) -> None:
    log = ReplayLog(Spool(tmp_path), kept_batches_max=10)
    for price in range(1, 11):
        log.keep(trades(price))
    assert log.first == 1
    log.keep(trades(11))
    assert (log.first, len(log.read(1, 11))) == (2, 10)
    log.close()


def test_what_an_earlier_process_left_is_gone(tmp_path: Path) -> None:
    log = ReplayLog(Spool(tmp_path))
    log.keep(trades(1))
    again = ReplayLog(Spool(tmp_path))
    assert (again.first, again.sequence) == (1, 0)
    again.close()
    log.close()


def test_a_disk_that_takes_no_more_is_said_and_publishing_goes_on(tmp_path: Path) -> None:
    log = ReplayLog(Spool(tmp_path))
    log.keep(trades(1))
    with files_at_most(8):
        assert [log.keep(trades(2)), log.keep(trades(3))] == [2, 3]
        assert "nothing that a subscriber missed can be replayed" in log.complaint
        assert log.first == 4
    assert log.keep(trades(4)) == 4
    assert (log.complaint, log.first) == ("", 4)
    assert [int(each["price"][0]) for each in log.read(1, 9)] == [4]
    log.close()
