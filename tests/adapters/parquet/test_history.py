"""The history as Parquet: the port's suite, the layout on disk, and what a bad disk does to it."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tradewind.adapters.parquet import draft
from tradewind.adapters.parquet.history import ParquetHistory, folder_of
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, OutsideError
from tradewind.ports.history import Series
from tradewind.testing.history_suite import (
    BITCOIN,
    DAY_NS,
    GOOG,
    MINUTE_NS,
    START_NS,
    HistorySuite,
    bars,
    same,
    trades,
)

TRADES = Series("trades", BITCOIN.id)
STRANGE = "the file is not in the manifest: move it away"


class TestParquetHistory(HistorySuite):
    def make(self, folder: Path) -> ParquetHistory:
        return ParquetHistory(folder)


def files(folder: Path) -> list[str]:
    """Return every file below a folder but the lock."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return sorted(str(path.relative_to(folder)) for path in paths)


def test_files_lie_by_kind_venue_instrument_timeframe_and_period(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(START_NS, START_NS + DAY_NS))
    history.write(bars(range(1)), timeframe="1d")
    history.write(bars(range(1)), timeframe="1m")
    assert files(tmp_path) == [
        "history/bars/SIM/GOOG/1d/2024/part-0.parquet",
        "history/bars/SIM/GOOG/1d/manifest.json",
        "history/bars/SIM/GOOG/1m/2024-02/part-0.parquet",
        "history/bars/SIM/GOOG/1m/manifest.json",
        "history/instruments.json",
        "history/trades/BINANCE/BTC-USDT/2024-02-29/part-0.parquet",
        "history/trades/BINANCE/BTC-USDT/2024-03-01/part-0.parquet",
        "history/trades/BINANCE/BTC-USDT/manifest.json",
    ]


def test_a_file_is_compressed_and_says_what_it_holds(tmp_path: Path) -> None:
    ParquetHistory(tmp_path).write(trades(START_NS))
    path = str(next(tmp_path.rglob("part-0.parquet")))
    pairs = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    metadata = {key.decode(): value.decode() for key, value in pairs}
    assert metadata["price_digits"] == "2"
    assert metadata["quantity_digits"] == "5"
    assert json.loads(metadata["instrument"])["id"] == BITCOIN.id
    chunks = duckdb.sql(f"SELECT compression, type FROM parquet_metadata('{path}')").fetchall()
    assert set(chunks) == {("ZSTD", "INT64")}


def test_another_history_of_the_same_folder_reads_what_was_written(tmp_path: Path) -> None:
    ParquetHistory(tmp_path).write(trades(1, 2))
    assert same(ParquetHistory(tmp_path).read("trades", BITCOIN.id), trades(1, 2))


def test_rows_behind_the_last_are_a_new_file_until_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "PERIOD_FILES_MAX", 3)
    history = ParquetHistory(tmp_path)
    counts = []
    for time in range(1, 6):
        history.write(trades(time, price=time))
        counts.append(history.entries()[0].files)
    assert counts == [1, 2, 3, 1, 2]
    assert history.read("trades", BITCOIN.id)["price"].tolist() == [1, 2, 3, 4, 5]


def test_a_period_with_many_rows_is_cut_into_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "FILE_ROWS_MAX", 2)
    history = ParquetHistory(tmp_path)
    written = trades(1, 2, 2, 2, 3)
    history.write(written)
    assert history.entries()[0].files == 3
    assert same(history.read("trades", BITCOIN.id), written)
    history.write(written)
    assert same(history.read("trades", BITCOIN.id), written)


def test_a_replaced_file_is_gone_and_the_manifest_names_the_new_one(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1, 3))
    history.write(trades(2))
    folder = tmp_path / "history" / folder_of(TRADES)
    assert files(folder) == ["1970-01-01/part-1.parquet", "manifest.json"]
    assert history.check(TRADES) == []


def test_rows_that_are_there_already_touch_no_file(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1, 2, 3))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    history.write(trades(2, price=6_000_001))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_a_flipped_bit_is_found_by_its_file(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1, DAY_NS))
    path = next(tmp_path.rglob("1970-01-02/part-*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    damages = history.check(TRADES)
    assert [damage.place for damage in damages] == [str(path)]
    assert "not what was written" in damages[0].sentence


def test_a_missing_file_is_found_and_reading_says_what_to_do(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    next(tmp_path.rglob("part-0.parquet")).unlink()
    assert "missing" in history.check(TRADES)[0].sentence
    with pytest.raises(BadData, match="tradewind data check"):
        history.read("trades", BITCOIN.id)


def test_a_truncated_file_is_refused_when_read(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    path = next(tmp_path.rglob("part-0.parquet"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadData, match="cannot be read") as refusal:
        history.read("trades", BITCOIN.id)
    assert "\n" not in str(refusal.value)


def test_a_strange_file_is_named_and_not_read(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    strange = next(tmp_path.rglob("part-0.parquet")).with_name("part-7.parquet")
    strange.write_bytes(b"anything")
    assert same(history.read("trades", BITCOIN.id), trades(1))
    assert [damage.place for damage in history.check(TRADES)] == [str(strange)]
    history.write(trades(0))
    assert strange.exists()


@pytest.mark.parametrize("name", ["manifest.json", "instruments.json"])
def test_a_damaged_description_is_refused_with_its_path(tmp_path: Path, name: str) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    next(tmp_path.rglob(name)).write_text('{"format": 1, "kind"')
    with pytest.raises(BadData, match=rf"{name} is damaged"):
        history.read("trades", BITCOIN.id)


def test_a_manifest_of_a_later_format_is_refused(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    path = next(tmp_path.rglob("manifest.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    with pytest.raises(BadData, match="has format 2, this version knows 1"):
        history.read("trades", BITCOIN.id)


def test_two_symbols_that_share_a_folder_are_refused(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    twin = type(BITCOIN)("BTC-USDT.BINANCE", tick="0.01", lot="0.00001", currency="USDT")
    with pytest.raises(BadData, match=r"holds trades of BTC/USDT.BINANCE"):
        history.write(trades(2, instrument=twin))


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))

    def writing() -> Iterator[Columns]:
        yield trades(2)
        assert len(ParquetHistory(tmp_path).read("trades", BITCOIN.id)) == 1
        with pytest.raises(OutsideError, match="another process is writing"):
            ParquetHistory(tmp_path).write(trades(3))

    history.write_batches(writing())
    assert len(history.read("trades", BITCOIN.id)) == 2


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    before = files(tmp_path)
    with pytest.raises(BadData):
        history.write_batches([trades(DAY_NS), trades(3 * DAY_NS), trades(5, 4)])
    assert files(tmp_path) == before


def test_a_full_disk_is_one_sentence_and_nothing_changes(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    random = np.random.default_rng(7)
    many = trades(*range(DAY_NS, DAY_NS + 50_000))
    many = Columns("trades", BITCOIN, many.arrays | {"size": random.integers(0, 2**40, 50_000)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutsideError, match="make room on the disk") as refusal:
            history.write(many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (refusal.value.fault, refusal.value.retry) == ("ours", True)
    assert "\n" not in str(refusal.value)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    assert history.write(many).rows_added == 50_000


def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file where a folder should be")
    with pytest.raises(OutsideError, match=r"cannot write .*history"):
        ParquetHistory(tmp_path).write(trades(1))


class FailingDisk:
    """Lets so many calls of a function of `os` pass, and fails from then on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, calls_left: int) -> None:
        self.real = getattr(os, name)
        self.calls_left = calls_left
        monkeypatch.setattr(os, name, self)

    def __call__(self, *arguments: object, **options: object) -> object:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise OSError(errno.EIO, "Input/output error")
        return self.real(*arguments, **options)


@pytest.mark.parametrize("name", ["fsync", "replace", "unlink"])
@pytest.mark.parametrize("calls_left", range(9))
def test_a_disk_that_fails_at_any_step_leaves_the_history_before_or_after(
    tmp_path: Path, name: str, calls_left: int
) -> None:
    history = ParquetHistory(tmp_path)
    history.write(priced_by_time(1, 5, DAY_NS + 1, DAY_NS + 5))
    more = priced_by_time(3, DAY_NS + 3, 2 * DAY_NS + 3)
    with pytest.MonkeyPatch.context() as monkeypatch:
        FailingDisk(monkeypatch, name, calls_left)
        with suppress(OutsideError):
            history.write(more)
    stored = ParquetHistory(tmp_path).read("trades", BITCOIN.id)
    assert len(stored) in (4, 7)
    damages = [one.sentence for one in history.check(TRADES)]
    # Files that gave way may be left where they could not be removed, or not surely enough.
    assert damages == [] or (len(stored) == 7 and set(damages) == {STRANGE})
    assert name == "unlink" or not list(tmp_path.rglob(".*.tmp"))
    assert history.write(more).rows_added == 7 - len(stored)
    assert len(history.read("trades", BITCOIN.id)) == 7


def priced_by_time(*times: int) -> Columns:
    """Return trades whose price is known by their time, so that any two agree."""
    columns = trades(*times)
    return Columns("trades", BITCOIN, columns.arrays | {"price": columns["time_ns"] % 1000 + 1})


def test_a_file_is_durable_before_it_is_named_and_named_before_the_manifest_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def told_fsync(descriptor: int) -> None:
        steps.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def told_replace(source: Path, target: Path) -> None:
        steps.append(f"name {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(os, "replace", told_replace)
    ParquetHistory(tmp_path).write(trades(1))
    steps = ["sync tmp_path" if step == f"sync {tmp_path.name}" else step for step in steps]
    assert steps == [
        *("sync tmp_path", "sync history", "sync trades", "sync BINANCE"),
        "sync .part-0.parquet.tmp",
        "sync .instruments.json.tmp",
        "name instruments.json",
        "sync history",
        "name part-0.parquet",
        "sync 1970-01-01",
        "sync .manifest.json.tmp",
        "name manifest.json",
        "sync BTC-USDT",
    ]


KILLED = """
import os, signal, sys
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.testing.history_suite import DAY_NS, trades

def batches():
    yield trades(2 * DAY_NS)
    yield trades(3 * DAY_NS)
    yield trades(4 * DAY_NS)
    os.kill(os.getpid(), signal.SIGKILL)

ParquetHistory(sys.argv[1]).write_batches(batches())
"""


def test_a_killed_write_leaves_the_history_as_it_was_and_its_drafts_go(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    history.write(trades(1))
    before = files(tmp_path)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(files(tmp_path)) > len(before)
    assert same(history.read("trades", BITCOIN.id), trades(1))
    assert history.check(TRADES) == []
    history.write(trades(1))
    assert files(tmp_path) == before


def test_a_day_of_minutes_becomes_part_of_its_month(tmp_path: Path) -> None:
    history = ParquetHistory(tmp_path)
    minutes = np.arange(START_NS, START_NS + 2 * DAY_NS, MINUTE_NS)
    ones = {name: np.ones(len(minutes), np.int64) for name in ("open", "high", "low", "close")}
    arrays = {"open_time_ns": minutes, "close_time_ns": minutes + MINUTE_NS, **ones}
    columns = Columns("bars", GOOG, arrays | {"volume": minutes // MINUTE_NS})
    history.write(columns, timeframe="1m")
    assert sorted(os.listdir(tmp_path / "history" / folder_of(Series("bars", GOOG.id, "1m")))) == [
        "2024-02",
        "2024-03",
        "manifest.json",
    ]
    assert same(history.read("bars", GOOG.id, timeframe="1m"), columns)
