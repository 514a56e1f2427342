"""The shelf of objects where no store can be installed: against moto's imitation of S3.

A real store, Ceph's, is asked in test_object_history.py, which takes minutes.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.parquet.object_calls import object_address
from tradewind.adapters.parquet.object_shelf import ObjectShelf
from tradewind.adapters.parquet.part_cache import KEPT_AT_LEAST_S, PartCache
from tradewind.adapters.parquet.s3_store import S3Store
from tradewind.adapters.parquet.shelf import Overtaken
from tradewind.cli.main import main
from tradewind.model.errors import OutsideError, UserError
from tradewind.testing.history_suite import BITCOIN, bars, same, trades
from tradewind.wiring.histories import bucket

PREFIXES = itertools.count()
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    pytest.importorskip("boto3")
    module = pytest.importorskip("moto.server")
    server = module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def url(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, text in KEYS.items():
        monkeypatch.setenv(name, text)
    url = f"s3://prices/p{next(PREFIXES)}?endpoint={endpoint}&region=us-east-1"
    s3_of(shelf_at(url, Path())).client.create_bucket(Bucket="prices")
    return url


def shelf_at(url: str, cache: Path) -> ObjectShelf:
    return bucket(url, cache)


def s3_of(shelf: ObjectShelf) -> S3Store:
    assert isinstance(shelf.store, S3Store)
    return shelf.store


def test_what_was_written_is_read_elsewhere(url: str, tmp_path: Path) -> None:
    ParquetHistory(shelf_at(url, tmp_path / "one")).write(trades(1, 2))
    other = ParquetHistory(shelf_at(url, tmp_path / "two"))
    assert other.write(trades(2, 3, price=6_000_001)).rows_added == 1
    assert same(other.read("trades", BITCOIN.id), trades(1, 2, 3))
    assert [entry.rows for entry in other.entries()] == [3]


class Losing:
    """A client whose puts are done and then not answered."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put_object(self, **asked: Any) -> Any:
        self.client.put_object(**asked)
        return self.client.put_object(**asked)


def test_a_put_that_was_done_and_is_tried_again_is_no_conflict(url: str, tmp_path: Path) -> None:
    shelf = shelf_at(url, tmp_path)
    shelf.replace("a.json", b"1", None)
    before = shelf.read("a.json")
    s3_of(shelf).client = Losing(s3_of(shelf).client)
    shelf.replace("a.json", b"2", before)
    with pytest.raises(Overtaken):
        shelf.replace("a.json", b"3", before)
    assert shelf.read("a.json") not in (None, before)


class Careless:
    """A store that puts whatever the condition."""

    def __init__(self, client: Any, *, ignored: str) -> None:
        self.client = client
        self.ignored = ignored

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put_object(self, **asked: Any) -> Any:
        return self.client.put_object(**{k: v for k, v in asked.items() if k != self.ignored})


@pytest.mark.parametrize("ignored", ["IfMatch", "IfNoneMatch"])
def test_a_store_that_keeps_no_conditions_is_refused(
    url: str, tmp_path: Path, ignored: str
) -> None:
    shelf = shelf_at(url, tmp_path)
    s3_of(shelf).client = Careless(s3_of(shelf).client, ignored=ignored)
    history = ParquetHistory(shelf)
    with pytest.raises(OutsideError, match="does not keep conditions"):
        history.write(trades(1))
    assert history.entries() == []


def test_the_longest_unread_files_leave_the_cache_and_young_ones_stay(tmp_path: Path) -> None:
    cache = PartCache(tmp_path / "cache", bytes_max=25)
    now = time.time()
    for number, age_s in enumerate((3, 1, 2)):
        draft = cache.draft()
        draft.write_bytes(b"0123456789")
        cache.take(draft, str(number))
        os.utime(cache.path(str(number)), times=(now, now - KEPT_AT_LEAST_S * age_s - 60))
    killed = cache.draft()
    killed.write_bytes(b"half")
    os.utime(killed, times=(now, now - KEPT_AT_LEAST_S - 60))
    draft = cache.draft()
    draft.write_bytes(b"0123456789")
    cache.take(draft, "new")
    assert sorted(path.name for path in cache.folder.iterdir()) == ["1.parquet", "new.parquet"]
    assert not cache.has("0")
    cache.bytes_max = 5
    draft = cache.draft()
    draft.write_bytes(b"0123456789")
    cache.take(draft, "newer")
    assert sorted(path.name for path in cache.folder.iterdir()) == ["new.parquet", "newer.parquet"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("s3://", "is no address of a bucket"),
        ("s3://prices?place=there", "is no address of a bucket"),
        ("s3://prices/x?endpoint=store:9000", "has no http"),
        ("s3://key:secret@prices/x", "has credentials in it"),
        ("s3://prices/x?endpoint=http://key:secret@store", "has credentials in it"),
    ],
)
def test_an_address_that_is_none_is_one_sentence_without_its_secret(
    wrong: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as refusal:
        object_address(wrong)
    assert "secret@" not in str(refusal.value)


def test_the_commands_use_the_bucket_and_the_doctor_says_why(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HISTORY_URL", url)
    home = ["--home", str(tmp_path)]
    ParquetHistory(shelf_at(url, tmp_path / "elsewhere")).write(bars(range(30)), timeframe="1d")
    assert main(["data", "list", *home]) == 0
    assert "GOOG.SIM" in capsys.readouterr().out
    run = ["backtest", "ma_crossover", "--instrument", "GOOG.SIM", "--timeframe", "1d", *home]
    assert main(run) == 0, capsys.readouterr().err
    assert not (tmp_path / "history").exists()
    capsys.readouterr()
    main(["doctor", *home])
    told = capsys.readouterr().out
    assert "as HISTORY_URL names a bucket" in told
    monkeypatch.setenv("HISTORY_URL", url.replace("prices", "nowhere"))
    main(["doctor", *home])
    assert "there is no bucket nowhere" in capsys.readouterr().out
