"""`tradewind data download` against the local venues: what it stores, resumes, refuses, hides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.cli.run_commands import Cli
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.runtime.download_ranges import joined

DAY = "20261103-20261104"
TWO_DAYS = "20261103-20261105"


@pytest.fixture(scope="module")
def alpaca() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--still", "--clock", FRIDAY_MORNING) as running:
        yield running


@pytest.fixture
def shell(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    alpaca: LocalVenue,
) -> Cli:
    """A command line whose settings name the local venue."""
    key, secret = alpaca.keys["demo"]
    cli = Cli(tmp_path, capsys)
    file = tmp_path / "secret"
    file.write_text(secret.reveal())
    file.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_HOME", str(cli.home))
    monkeypatch.setenv("ALPACA_API_KEY", key.reveal())
    monkeypatch.setenv("ALPACA_SECRET_KEY_FILE", str(file))
    monkeypatch.setenv("ALPACA_ADDRESS", alpaca.url)
    return cli


BARS = ("data", "download", "alpaca", "AAPL", "--timeframe", "1h", "--timerange")


def test_a_range_is_stored_and_only_what_is_missing_is_fetched_later(shell: Cli) -> None:
    first = shell.json(*BARS, DAY)
    assert (first["instrument"], first["rows_added"] > 0) == ("AAPL.ALPACA", True)
    again = shell.json(*BARS, DAY)
    assert (again["pages"], again["there_already"]) == (0, 1.0)
    more = shell.json(*BARS, TWO_DAYS)
    assert (more["there_already"], more["rows_same"], more["rows_added"] > 0) == (0.5, 0, True)
    stored = ParquetHistory(shell.home).read("bars", "AAPL.ALPACA", timeframe="1h")
    assert len(stored) == first["rows_added"] + more["rows_added"]


def test_once_more_gives_the_same_rows(shell: Cli) -> None:
    first = shell.json(*BARS, DAY)
    again = shell.json(*BARS, DAY, "--again")
    assert (again["rows_same"], again["rows_added"]) == (first["rows_added"], 0)


def test_splits_and_dividends_are_kept_beside_the_bars(shell: Cli) -> None:
    words = ("data", "download", "alpaca", "AAPL", "--timeframe", "1d", "--timerange")
    answer = shell.json(*words, "20261001-20261101", "--actions")
    kept = ParquetHistory(shell.home).actions("AAPL.ALPACA")
    assert answer["actions"] == len(kept) > 0
    assert "split" in {action.kind for action in kept}


def test_trades_are_downloaded_one_by_one(shell: Cli) -> None:
    words = ("data", "download", "alpaca", "AAPL.ALPACA", "--trades", "--timerange")
    answer = shell.json(*words, "20261103T1500-20261103T1510")
    assert (answer["kind"], answer["rows_added"] > 0) == ("trades", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "AAPL", "--timeframe", "1d", "--timerange", DAY), "choose from alpaca"),
        (("alpaca", "NOPE", "--timeframe", "1d", "--timerange", DAY), "no NOPE"),
        (("alpaca", "AAPL", "--timeframe", "2d", "--timerange", DAY), "no bars of 2d"),
        (("alpaca", "AAPL", "--timeframe", "1d", "--timerange", "-20261104"), "no beginning"),
        (("alpaca", "AAPL", "--timeframe", "1d", "--timerange", "20990101-"), "in the future"),
        (("massive", "AAPL", "--timeframe", "1d", "--timerange", DAY), "MASSIVE_API_KEY"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    shell: Cli, words: tuple[str, ...], said: str
) -> None:
    assert said in shell.refused("data", "download", *words)


def test_a_wrong_key_is_refused_and_not_shown(shell: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "PK-nobody-may-see")
    assert "nobody-may-see" not in shell.refused(*BARS, DAY)
    code, out, err = shell.run("config", "show")
    assert code == 0
    assert "nobody-may-see" not in out + err
    assert "secret-of" not in out + err


def test_no_venue_at_all_is_a_failure_and_not_wrong_use(
    shell: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASSIVE_API_KEY", "k")
    monkeypatch.setenv("MASSIVE_ADDRESS", "http://127.0.0.1:1")
    words = ("massive", "AAPL", "--timeframe", "1d", "--timerange", DAY)
    assert "goes on from here" in shell.refused("data", "download", *words, code=1)


def test_a_broken_record_of_ranges_says_what_to_do(shell: Cli) -> None:
    shell.json(*BARS, DAY)
    [file] = (shell.home / "downloads").glob("*.json")
    file.write_text("{")
    assert "delete it" in shell.refused(*BARS, DAY)


def test_ranges_that_touch_are_one() -> None:
    assert joined([(5, 7), (1, 5), (9, 10)]) == [(1, 7), (9, 10)]


def test_massive_and_alpha_vantage_are_downloaded_too(
    shell: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_venue("massive") as massive, local_venue("alpha-vantage") as vantage:
        key = next(iter(massive.keys.values()))[0]
        monkeypatch.setenv("POLYGON_API_KEY", key.reveal())
        monkeypatch.setenv("MASSIVE_ADDRESS", massive.url)
        monkeypatch.setenv("MASSIVE_REQUESTS_PER_MINUTE", "1000")
        key = next(iter(vantage.keys.values()))[0]
        monkeypatch.setenv("ALPHA_VANTAGE_API_KEY", key.reveal())
        monkeypatch.setenv("ALPHA_VANTAGE_ADDRESS", vantage.url)
        hours = ("--timeframe", "1h", "--timerange", DAY)
        for venue, name in (("massive", "MASSIVE"), ("alpha-vantage", "ALPHAVANTAGE")):
            answer = shell.json("data", "download", venue, "AAPL", *hours)
            assert answer["instrument"] == f"AAPL.{name}"
            assert answer["rows_added"] > 0
            assert answer["rows_left_out"] == {}
