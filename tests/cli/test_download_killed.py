"""A download killed with SIGKILL, or stopped by a quota, goes on and ends as one in a single go."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.adapters.gate import Gate, gate_before
from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.model.columns import Columns

DEADLINE_S = 60.0


class Case(NamedTuple):
    """A download of at least two pages: what is typed, and in which path its pages are."""

    venue: str
    words: tuple[str, ...]
    page: str
    secrets: tuple[str, ...]


MINUTES = ("--timeframe", "1m", "--timerange", "20261012-20261031")
TRADES = ("--trades", "--timerange", "20261120T1450-20261120T1500")
"""What Binance's local venue made before its clock began to run."""
CASES = {
    "binance": Case("binance", ("BTC/USDT", *TRADES), "aggTrades", ()),
    "binance-usdm": Case("binance-usdm", ("BTC/USDT", *TRADES), "aggTrades", ()),
    "alpaca": Case(
        "alpaca", ("AAPL", *MINUTES), "stocks/bars", ("ALPACA_API_KEY", "ALPACA_SECRET_KEY")
    ),
    "massive": Case(
        "massive", ("AAPL", "--trades", "--timerange", "20261026-20261110"), "v3/trades",
        ("MASSIVE_API_KEY",),
    ),
    "alpha-vantage": Case(
        "alpha-vantage", ("AAPL", "--timeframe", "1h", "--timerange", "20260828-20260904"),
        "INTRADAY", ("ALPHA_VANTAGE_API_KEY",),
    ),
}  # fmt: skip
ADDRESSES = {
    "binance": "BINANCE_BASE_URL",
    "binance-usdm": "BINANCE_USDM_BASE_URL",
    "alpaca": "ALPACA_ADDRESS",
    "massive": "MASSIVE_ADDRESS",
    "alpha-vantage": "ALPHA_VANTAGE_ADDRESS",
}


def started(case: Case, environment: dict[str, str], home: Path, *more: str) -> Any:
    """The command as a process of its own."""
    words = ["data", "download", case.venue, *case.words, *more, "--home", str(home), "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "tradewind", *words],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer_of(case: Case, environment: dict[str, str], home: Path, *more: str) -> dict[str, Any]:
    """What the command answers at its end."""
    with started(case, environment, home, *more) as process:
        out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


@contextmanager
def gated(case: Case, *options: str, passes: int = 1) -> Iterator[tuple[dict[str, str], Gate]]:
    """A local venue behind a gate, and the settings that name it."""
    with (
        local_venue(case.venue, "--clock", FRIDAY_MORNING, *options) as venue,
        gate_before(venue.url, case.page, passes) as gate,
    ):
        yield settings_of(case, venue, gate.url), gate


def settings_of(case: Case, venue: LocalVenue, url: str) -> dict[str, str]:
    """The environment of the command."""
    keys = venue.keys.get("demo") or next(iter(venue.keys.values()))
    found = {name: key.reveal() for name, key in zip(case.secrets, keys, strict=False)}
    return found | {ADDRESSES[case.venue]: url, "MASSIVE_REQUESTS_PER_MINUTE": "1000"}


def rows_of(home: Path) -> Columns:
    """The only stored series."""
    history = ParquetHistory(home)
    (entry,) = history.entries()
    assert history.check(entry.series) == []
    series = entry.series
    return history.read(series.kind, series.instrument_id, timeframe=series.timeframe)


def wait_for_a_stored_part(home: Path) -> None:
    """Wait until something is noted as downloaded."""
    ends_s = time.monotonic() + DEADLINE_S
    while not list((home / "downloads").glob("*.json")):
        assert time.monotonic() < ends_s, "nothing was stored while the next page was waited for"
        time.sleep(0.05)


BRIEF = ("binance", "alpaca")


@pytest.mark.parametrize(
    "name",
    [name if name in BRIEF else pytest.param(name, marks=pytest.mark.long) for name in CASES],
)
def test_a_killed_download_goes_on_behind_what_it_stored(tmp_path: Path, name: str) -> None:
    case, home, whole = CASES[name], tmp_path / "home", tmp_path / "whole"
    options = ("--seed", "3") if "binance" in case.venue else ("--still",)
    with gated(case, *options) as (environment, gate):
        with started(case, environment, home) as process:
            assert gate.held.wait(DEADLINE_S), process.stderr.read() if process.poll() else ""
            wait_for_a_stored_part(home)
            process.kill()
        gate.open()
        more = answer_of(case, environment, home)
        assert 0 < more["there_already"] < 1
        assert more["rows_added"] > 0
        once = answer_of(case, environment, whole)
    killed, straight = rows_of(home), rows_of(whole)
    assert len(killed) == once["rows_added"] > more["rows_added"]
    for column, array in straight.arrays.items():
        if column != "received_time_ns":
            assert killed[column].tolist() == array.tolist()


def test_a_used_up_quota_stops_and_the_next_day_goes_on(tmp_path: Path) -> None:
    case, home = CASES["alpha-vantage"], tmp_path / "home"
    with gated(case, "--still", passes=9) as (environment, _):
        one = environment | {"ALPHA_VANTAGE_REQUESTS_PER_DAY": "1"}
        with started(case, one, home) as process:
            _, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2
        assert "1 requests to Alpha Vantage are used up: the next one is free at" in err
        stored = len(rows_of(home))
        assert stored > 0
        # another day is another file of the quota
        (home / "alpha_vantage" / "quota.json").unlink()
        more = answer_of(case, one, home)
        # the month that was there is not asked for again: its answer is kept
        assert more["there_already"] > 0
        assert len(rows_of(home)) == stored + more["rows_added"] > stored


def test_a_terminal_shows_a_bar_that_is_wiped_in_the_end(tmp_path: Path) -> None:
    case = CASES["alpaca"]
    with gated(case, "--still", passes=9) as (environment, _):
        reader, writer = pty.openpty()
        command = [sys.executable, "-m", "tradewind", "data", "download", "alpaca", *case.words]
        with subprocess.Popen(
            [*command, "--home", str(tmp_path)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=writer,
        ) as process:
            out, _ = process.communicate(timeout=DEADLINE_S)
        os.close(writer)
        shown = os.read(reader, 1 << 16).decode()
        os.close(reader)
    assert process.returncode == 0
    assert b"rows_added" in out
    assert " %, " in shown
    assert shown.rstrip("\n").endswith("\r")
