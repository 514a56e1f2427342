"""The history in a real TimescaleDB keeps the port's suite: chunks, compression, made bars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from tests.adapters.postgres.test_postgres_history import emptied
from tests.servers.timescale_server import running_timescale
from tradewind.adapters.postgres.history import PostgresHistory
from tradewind.adapters.sql.bounded import address
from tradewind.adapters.sql.database import migrate
from tradewind.adapters.sql.engine import connect_database
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
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
from tradewind.wiring.histories import reason
from tradewind.wiring.settings import read_settings

pytestmark = pytest.mark.long
MINUTE_NS = 60 * 10**9
CHUNKS = "SELECT chunk_name, is_compressed FROM timescaledb_information.chunks WHERE {} ORDER BY 1"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, PostgresHistory]]:
    """A server and its history, which all tests use one after the other."""
    with running_timescale(tmp_path_factory.mktemp("timescale")) as server:
        # Over one connection, as the server has one session and opening holds a lock by another.
        engine = connect_database(server.url, connections=1)
        with engine.connect() as connection:
            migrate(connection)
        engine.dispose()
        history = PostgresHistory(server.url)
        yield server.url, history
        history.close()


class TestHypertables(HistorySuite):
    @pytest.fixture(autouse=True)
    def _database(self, kept: tuple[str, PostgresHistory]) -> None:
        self.kept = kept

    def make(self, folder: Path) -> PostgresHistory:
        return emptied(*self.kept)


def minutes(count: int, start_ns: int = START_NS) -> Columns:
    """One-minute bars whose closes count up."""
    opens = start_ns + MINUTE_NS * np.arange(count, dtype=np.int64)
    close = 1000 + np.arange(count, dtype=np.int64)
    columns = {
        "open_time_ns": opens, "close_time_ns": opens + MINUTE_NS, "open": close - 1,
        "high": close + 2, "low": close - 2, "close": close, "volume": np.full(count, 3),
    }  # fmt: skip
    return Columns("bars", GOOG, columns)


@pytest.fixture
def history(kept: tuple[str, PostgresHistory]) -> PostgresHistory:
    return emptied(*kept)


@pytest.fixture
def hand(kept: tuple[str, PostgresHistory]) -> Iterator[psycopg.Connection[Any]]:
    """A person's connection to the database."""
    with psycopg.connect(address(kept[0]), autocommit=True) as connection:
        yield connection


def run_policies(hand: psycopg.Connection[Any], words: str) -> None:
    """Run the policies that the server would run by itself, were it more than one process."""
    asked = "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE %s"
    found = hand.execute(asked, (words,)).fetchall()
    assert found
    for (job_id,) in found:
        hand.execute(f"CALL run_job({job_id})")


def test_chunks_of_a_day_are_compressed_by_the_policy_and_can_still_be_changed(
    history: PostgresHistory, hand: psycopg.Connection[Any]
) -> None:
    days = [START_NS + day * DAY_NS for day in range(3)]
    history.write(trades(*days))
    run_policies(hand, "policy_co%")
    found = hand.execute(CHUNKS.format("hypertable_name = 'history_trades'")).fetchall()
    assert [is_compressed for _, is_compressed in found] == [True, True, True]
    assert history.read("trades", BITCOIN.id)["time_ns"].tolist() == days
    assert history.write(trades(days[1], days[1] + 5, price=6_000_001)).rows_added == 1
    replaced = trades(days[2], price=7_000_000)
    history.write(replaced, on_conflict="replace")
    assert history.check(Series("trades", BITCOIN.id)) == []
    kept = history.read("trades", BITCOIN.id, start_ns=days[2])
    assert same(kept, replaced)


def test_old_chunks_are_dropped(history: PostgresHistory) -> None:
    days = [START_NS + day * DAY_NS for day in range(5)]
    history.write(trades(*(time_ns + 7 for time_ns in days)))
    gone = history.retain("trades", before_ns=days[3] - 1)
    assert len(gone) == 2
    assert history.read("trades", BITCOIN.id)["time_ns"].tolist() == [one + 7 for one in days[2:]]
    assert history.check(Series("trades", BITCOIN.id)) == []


def test_hour_and_day_bars_are_made_of_those_of_a_minute(history: PostgresHistory) -> None:
    history.write(minutes(2 * 1440), timeframe="1m")
    hours = history.read("bars", GOOG.id, timeframe="1h")
    assert hours["open_time_ns"].tolist() == [START_NS + 60 * MINUTE_NS * n for n in range(48)]
    assert hours["close_time_ns"].tolist() == [START_NS + 60 * MINUTE_NS * n for n in range(1, 49)]
    first = {name: int(column[0]) for name, column in hours.arrays.items()}
    assert (first["open"], first["high"], first["low"]) == (999, 1061, 998)
    assert (first["close"], first["volume"]) == (1059, 180)
    days = history.read("bars", GOOG.id, timeframe="1d", start_ns=START_NS + DAY_NS)
    assert (len(days), int(days["volume"][0])) == (1, 3 * 1440)
    assert len(history.entries()) == 1, "what is made is not stored"
    with pytest.raises(UserError, match="there are no 4h bars"):
        history.read("bars", GOOG.id, timeframe="4h")


def test_made_bars_know_minutes_that_came_behind_younger_ones(
    history: PostgresHistory, hand: psycopg.Connection[Any]
) -> None:
    history.write(minutes(120, START_NS + 10 * DAY_NS), timeframe="1m")
    run_policies(hand, "policy_refresh_continuous_aggregate")
    assert len(history.read("bars", GOOG.id, timeframe="1h")) == 2
    history.write(minutes(90), timeframe="1m")
    read = list(history.batches("bars", GOOG.id, timeframe="1h"))
    assert sum(map(len, read)) == 4
    assert read[0]["volume"].tolist()[:2] == [180, 90]


def test_stored_bars_go_before_made_ones(history: PostgresHistory) -> None:
    history.write(minutes(1440), timeframe="1m")
    stored = bars(range(3))
    history.write(stored, timeframe="1d")
    assert same(history.read("bars", GOOG.id, timeframe="1d"), stored)


def test_the_doctor_says_that_rows_lie_in_hypertables(
    kept: tuple[str, PostgresHistory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", kept[0])
    said = reason(read_settings({"home": str(tmp_path)})[0])
    assert "hypertables of TimescaleDB 2." in said
    assert "compressed behind 7 days" in said
