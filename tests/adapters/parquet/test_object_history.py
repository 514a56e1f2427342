"""The history in a bucket of a real object store: the port's suite, several writers, its faults."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.parquet.test_history import priced_by_time
from tests.servers.ceph_server import BUCKET, SECRET, CephServer, running_ceph
from tests.servers.found import free_port
from tradewind.adapters.parquet import object_calls
from tradewind.adapters.parquet.history import ParquetHistory, folder_of
from tradewind.adapters.parquet.object_calls import object_address
from tradewind.adapters.parquet.shelf import Overtaken
from tradewind.model.errors import BadData, OutsideError
from tradewind.ports.history import Series
from tradewind.testing.history_suite import (
    BITCOIN,
    DAY_NS,
    START_NS,
    HistorySuite,
    same,
    trades,
)
from tradewind.wiring.histories import bucket

pytestmark = pytest.mark.long
TRADES = Series("trades", BITCOIN.id)
PREFIXES = itertools.count()
WRITERS = 4
WRITES = 12


@pytest.fixture(scope="module")
def ceph() -> Iterator[CephServer]:
    with running_ceph() as server:
        yield server


@pytest.fixture
def url(ceph: CephServer) -> str:
    return ceph.url(f"prefix-{next(PREFIXES)}")


def history_at(url: str, cache: Path) -> ParquetHistory:
    return ParquetHistory(bucket(url, cache))


class TestObjectHistory(HistorySuite):
    @pytest.fixture(autouse=True)
    def _store(self, ceph: CephServer) -> None:
        self.ceph = ceph

    def make(self, folder: Path) -> ParquetHistory:
        return history_at(self.ceph.url(f"suite-{next(PREFIXES)}"), folder / "cache")


def test_the_layout_is_that_of_files(url: str, ceph: CephServer, tmp_path: Path) -> None:
    history_at(url, tmp_path).write(trades(START_NS, START_NS + DAY_NS))
    prefix = object_address(url).prefix
    found = ceph.client().list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/")["Contents"]
    assert sorted(one["Key"].removeprefix(f"{prefix}/") for one in found) == [
        ".conditions",
        "instruments.json",
        "trades/BINANCE/BTC-USDT/2024-02-29/part-0.parquet",
        "trades/BINANCE/BTC-USDT/2024-03-01/part-0.parquet",
        "trades/BINANCE/BTC-USDT/manifest.json",
    ]


def test_another_computer_reads_what_was_written_and_fetches_it_once(
    url: str, ceph: CephServer, tmp_path: Path
) -> None:
    history_at(url, tmp_path / "one").write(trades(1, 2, 3))
    other = history_at(url, tmp_path / "two")
    assert same(other.read("trades", BITCOIN.id), trades(1, 2, 3))
    (kept,) = (tmp_path / "two").glob("*.parquet")
    before = kept.stat().st_ino
    assert len(other.read("trades", BITCOIN.id, start_ns=2)) == 2
    assert kept.stat().st_ino == before


def test_writers_of_one_series_at_once_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    """Each writes rows that overlap those of the others, into the same day and the next."""

    def write(number: int) -> None:
        history = history_at(url, tmp_path / str(number))
        for turn in range(WRITES):
            rows = [START_NS + turn * DAY_NS // 4 + number + n * 2 for n in range(20)]
            _until_stored(history, rows)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    wanted = sorted({
        START_NS + turn * DAY_NS // 4 + number + n * 2
        for number in range(WRITERS)
        for turn in range(WRITES)
        for n in range(20)
    })  # fmt: skip
    reader = history_at(url, tmp_path / "reader")
    assert reader.read("trades", BITCOIN.id)["time_ns"].tolist() == wanted
    assert reader.check(TRADES) == []


def _until_stored(history: ParquetHistory, rows: list[int]) -> None:
    for _ in range(100):
        with suppress(Overtaken):
            history.write(priced_by_time(*rows))
            return
    raise AssertionError("it was overtaken a hundred times")


def test_a_write_of_batches_that_is_overtaken_stores_nothing_and_says_so(
    url: str, tmp_path: Path
) -> None:
    history = history_at(url, tmp_path / "one")
    history.write(trades(1))

    def overtaken() -> Iterator[Any]:
        yield trades(START_NS)
        history_at(url, tmp_path / "two").write(trades(5))

    with pytest.raises(OutsideError, match="another process has just written") as refusal:
        history.write_batches(overtaken())
    assert refusal.value.retry
    assert history.read("trades", BITCOIN.id)["time_ns"].tolist() == [1, 5]
    assert history.check(TRADES) == []


def test_a_killed_write_is_not_seen_and_the_next_one_goes_past_it(
    url: str, ceph: CephServer, tmp_path: Path
) -> None:
    history = history_at(url, tmp_path)
    history.write(trades(1))
    left = f"{object_address(url).prefix}/{folder_of(TRADES)}/1970-01-01/part-1.parquet"
    ceph.client().put_object(Bucket=BUCKET, Key=left, Body=b"half of it")
    assert history.write(trades(2)).rows_added == 1
    assert len(history.read("trades", BITCOIN.id)) == 2
    assert [damage.place for damage in history.check(TRADES)] == [f"s3://{BUCKET}/{left}"]


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_an_object_that_was_changed_is_found_and_not_read(
    url: str, ceph: CephServer, tmp_path: Path, content: bytes
) -> None:
    history_at(url, tmp_path / "one").write(trades(1))
    key = f"{object_address(url).prefix}/{folder_of(TRADES)}/1970-01-01/part-0.parquet"
    ceph.client().put_object(Bucket=BUCKET, Key=key, Body=content)
    other = history_at(url, tmp_path / "two")
    assert "not what was written" in other.check(TRADES)[0].sentence
    with pytest.raises(BadData, match="tradewind data check"):
        other.read("trades", BITCOIN.id)
    ceph.client().delete_object(Bucket=BUCKET, Key=key)
    assert "missing" in other.check(TRADES)[0].sentence


def test_a_store_that_stands_still_is_given_up_in_time(
    url: str, ceph: CephServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_calls, "SILENCE_S", 1)
    history = history_at(url, tmp_path)
    history.write(trades(1))
    ceph.freeze()
    began_s = time.monotonic()
    try:
        with pytest.raises(OutsideError, match="does not answer") as refusal:
            history.write(trades(2))
    finally:
        ceph.thaw()
    assert time.monotonic() - began_s < 15
    assert refusal.value.retry
    assert history.write(trades(2)).rows_added == 1


def test_wrong_key_missing_bucket_and_nobody_there_are_one_sentence_each(
    ceph: CephServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ceph.url("x")
    cases = [
        (there.replace(BUCKET, "nowhere"), "there is no bucket nowhere at"),
        (there.replace(str(ceph.port), str(free_port())), "does not answer"),
    ]
    for url, sentence in cases:
        _refused(url, tmp_path, sentence)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    _refused(there, tmp_path, "refuses our credentials")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    _refused(there, tmp_path, "refuses our credentials")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _refused(there, tmp_path, "there are no credentials")


def _refused(url: str, cache: Path, sentence: str) -> None:
    for ask in (
        lambda: history_at(url, cache).write(trades(1)),
        lambda: history_at(url, cache).read("trades", BITCOIN.id),
        lambda: bucket(url, cache).look(),
    ):
        with pytest.raises(OutsideError, match=sentence) as refusal:
            ask()
        text = str(refusal.value)
        assert "\n" not in text
        assert SECRET not in text
