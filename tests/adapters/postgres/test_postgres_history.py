"""The history in a real PostgreSQL keeps the port's suite, and drops what is too old."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import psycopg
import pytest

from tests.servers.found import free_port
from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.postgres import history_rows
from tradewind.adapters.postgres.history import PostgresHistory
from tradewind.adapters.postgres.partitions import partitions
from tradewind.adapters.sql.bounded import address
from tradewind.cli.commands.doctor import history_finding
from tradewind.model.columns import concatenate
from tradewind.model.errors import BadData
from tradewind.ports.history import Series
from tradewind.testing.history_suite import (
    BITCOIN,
    DAY_NS,
    GOOG,
    START_NS,
    HistorySuite,
    bars,
    same,
    trades,
)
from tradewind.wiring.settings import read_settings

TRADES = Series("trades", BITCOIN.id)
EMPTIED = "history_bars, history_minute_bars, history_trades, history_quotes, history_depth"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def kept(server: PostgresServer) -> Iterator[tuple[str, PostgresHistory]]:
    """A database and its history, which all tests use one after the other."""
    url = server.new_database()
    history = PostgresHistory(url)
    yield url, history
    history.close()


@pytest.fixture
def url(kept: tuple[str, PostgresHistory]) -> str:
    return kept[0]


@pytest.fixture
def history(kept: tuple[str, PostgresHistory]) -> PostgresHistory:
    return emptied(*kept)


def emptied(url: str, history: PostgresHistory) -> PostgresHistory:
    """The history with nothing in it, quicker than a new database."""
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute(f"TRUNCATE {EMPTIED}, history_series, history_instruments")
    return history


class TestPostgresHistory(HistorySuite):
    @pytest.fixture(autouse=True)
    def _database(self, kept: tuple[str, PostgresHistory]) -> None:
        self.kept = kept

    def make(self, folder: Path) -> PostgresHistory:
        return emptied(*self.kept)


def test_days_have_their_partitions_and_old_ones_go(url: str, history: PostgresHistory) -> None:
    days = [START_NS + day * DAY_NS for day in range(5)]
    history.write(trades(*(time_ns + 7 for time_ns in days)))
    history.write(bars(range(5)), timeframe="1d")
    with psycopg.connect(address(url), autocommit=True) as hand:
        numbers = {number for _, number in partitions(hand, "history_trades")}
        assert {time_ns // DAY_NS for time_ns in days} <= numbers
    gone = history.retain("trades", before_ns=days[3] - 1)
    assert {f"history_trades_p{time_ns // DAY_NS}" for time_ns in days[:2]} <= set(gone)
    assert f"history_trades_p{days[2] // DAY_NS}" not in gone
    assert history.read("trades", BITCOIN.id)["time_ns"].tolist() == [one + 7 for one in days[2:]]
    assert history.entries()[1].rows == 3
    assert history.check(TRADES) == []
    assert len(history.read("bars", GOOG.id, timeframe="1d")) == 5


def test_long_writes_and_reads_go_in_pieces_that_keep_a_time_together(
    history: PostgresHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_rows, "RUN_ROWS_MAX", 10)
    times = sorted(START_NS + number // 3 for number in range(100))
    pieces = [trades(*times[start : start + 7]) for start in range(0, 100, 7)]
    written = concatenate(pieces)
    assert history.write_batches(pieces).rows_added == 100
    read = list(history.batches("trades", BITCOIN.id))
    assert len(read) > 5
    assert same(concatenate(read), written)
    for before, after in pairwise(read):
        assert before["time_ns"][-1] < after["time_ns"][0]
    assert history.check(TRADES) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("DELETE FROM history_trades WHERE price = 6000001", "it has 3 rows, 4 were written"),
        ("UPDATE history_trades SET size = 8 WHERE price = 6000001", "not those that were written"),
    ],
)
def test_rows_that_were_changed_by_hand_are_found(
    url: str, history: PostgresHistory, change: str, sentence: str
) -> None:
    history.write(trades(1, 2, 2, 3))
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute(change)
    damages = history.check(TRADES)
    assert [sentence in damage.sentence for damage in damages] == [True]


def test_the_doctor_says_why_rows_lie_in_partitions(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", url)
    settings, _ = read_settings({"home": str(tmp_path)})
    with psycopg.connect(address(url)) as hand:
        asked = "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'"
        row = hand.execute(asked).fetchone()
    because = "is not in this database" if row else "has no TimescaleDB"
    found = history_finding(settings)
    assert (found.state, because in found.sentence) == ("ok", True)
    assert "partitions by day with BRIN" in found.sentence
    monkeypatch.setenv("HISTORY_URL", f"postgresql://ann:hunter2@127.0.0.1:{free_port()}/db")
    gone = history_finding(read_settings({"home": str(tmp_path)})[0])
    assert (gone.state, "does not answer" in gone.sentence) == ("fault", True)
    assert "hunter2" not in gone.sentence


def test_of_two_stores_a_question_goes_where_most_of_it_is_and_the_answer_says_why(
    url: str,
    history: PostgresHistory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history.write(bars(range(10)), timeframe="1d")
    ParquetHistory(tmp_path).write(bars(range(5)), timeframe="1d")
    monkeypatch.setenv("HISTORY_URL", url)
    monkeypatch.setenv("HISTORY_ALSO", "files")
    words = [sys.executable, "-m", "tradewind", "data", "where", GOOG.id]
    words += ["--home", str(tmp_path), "--json"]
    said = [
        json.loads(subprocess.run([*words, *timerange], capture_output=True, check=True).stdout)
        for timerange in (["--timerange", "20240229-20240305"], [])
    ]
    assert [one["store"] for one in said] == [f"files in {tmp_path}", "PostgreSQL at 127.0.0.1"]
    assert said[0]["why"].startswith("it is the nearest of those that have all of it")
    assert said[1]["why"] == f"it has more of that time than files in {tmp_path}"
    found = history_finding(read_settings({"home": str(tmp_path)})[0])
    assert found.state == "ok"
    assert "BRIN" in found.sentence.partition("read as well")[0]
    assert f"Parquet in {tmp_path}" in found.sentence.partition("read as well")[2]


def test_writers_of_one_series_at_once_lose_and_double_nothing(history: PostgresHistory) -> None:
    def write(number: int) -> int:
        times = range(START_NS + number * 50, START_NS + number * 50 + 100)
        rows = trades(*times)
        rows.arrays["price"] = np.array([time_ns - START_NS + 1 for time_ns in times])
        return history.write(rows).rows_added

    with ThreadPoolExecutor(6) as executor:
        added = list(executor.map(write, range(6)))
    assert sum(added) == len(history.read("trades", BITCOIN.id)) == 350
    assert history.check(TRADES) == []


def test_a_reader_sees_all_of_a_write_or_nothing(url: str, history: PostgresHistory) -> None:
    history.write(trades(1, 2))
    with pytest.raises(BadData, match="stored with other values"):
        history.write_batches([trades(5, 6), trades(1, 2, price=7)])
    assert history.read("trades", BITCOIN.id)["time_ns"].tolist() == [1, 2]
