"""Adjusted prices on the command line: as the venues adjust, and as another engine reckons."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.adapters.files.import_files import real
from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.cli.run_commands import Cli
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.model.adjustment import Adjust
from tradewind.model.columns import Columns
from tradewind.runtime.adjusted import adjustment_of

RANGE = "20260801-20261120"
"""Around the local venues' demo split and both of its dividends."""


@pytest.fixture(scope="module")
def venues() -> Iterator[dict[str, LocalVenue]]:
    with (
        local_venue("alpaca", "--still", "--clock", FRIDAY_MORNING) as alpaca,
        local_venue("massive", "--still", "--clock", FRIDAY_MORNING) as massive,
    ):
        yield {"alpaca": alpaca, "massive": massive}


@pytest.fixture
def shell(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    venues: dict[str, LocalVenue],
) -> Cli:
    """A command line whose settings name the local venues."""
    found = Cli(tmp_path, capsys)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_HOME", str(found.home))
    key, secret = venues["alpaca"].keys["demo"]
    monkeypatch.setenv("ALPACA_API_KEY", key.reveal())
    monkeypatch.setenv("ALPACA_SECRET_KEY", secret.reveal())
    monkeypatch.setenv("ALPACA_ADDRESS", venues["alpaca"].url)
    monkeypatch.setenv("MASSIVE_API_KEY", key_of(venues["massive"]))
    monkeypatch.setenv("MASSIVE_ADDRESS", venues["massive"].url)
    monkeypatch.setenv("MASSIVE_REQUESTS_PER_MINUTE", "1000")
    return found


def key_of(venue: LocalVenue) -> str:
    """The first key of a venue."""
    return next(iter(venue.keys.values()))[0].reveal()


def stored(shell: Cli, venue: str, *words: str) -> Any:
    """Download daily bars with their actions."""
    asked = ("--timeframe", "1d", "--timerange", RANGE, "--actions")
    return shell.json("data", "download", venue, "AAPL", *asked, *words)


def adjusted(shell: Cli, name: str, adjust: Adjust) -> Columns:
    """The stored daily bars as they are read."""
    history = ParquetHistory(shell.home)
    return adjustment_of(history, name, adjust).of(history.read("bars", name, timeframe="1d"))


def closes(columns: Columns) -> dict[int, float]:
    """Closes by the opens of their bars."""
    scale = 10**columns.instrument.price_digits
    times = columns["open_time_ns"].tolist()
    return dict(zip(times, (columns["close"] / scale).tolist(), strict=True))


def alpaca_closes(venue: LocalVenue, adjustment: str) -> list[tuple[float, float]]:
    """Closes and volumes that the venue answers."""
    url = (
        f"{venue.url}/v2/stocks/bars?symbols=AAPL&timeframe=1Day&limit=1000&feed=iex"
        f"&start=2026-08-01T00:00:00Z&end=2026-11-19T23:00:00Z&adjustment={adjustment}"
    )
    key, secret = venue.keys["demo"]
    headers = {"APCA-API-KEY-ID": key.reveal(), "APCA-API-SECRET-KEY": secret.reveal()}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return [(bar["c"], bar["v"]) for bar in json.load(answer)["bars"]["AAPL"]]


def massive_closes(venue: LocalVenue) -> list[tuple[float, float]]:
    """Closes and volumes that the venue answers, adjusted by splits."""
    url = f"{venue.url}/v2/aggs/ticker/AAPL/range/1/day/2026-08-01/2026-11-19?adjusted=true"
    headers = {"Authorization": f"Bearer {key_of(venue)}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return [(bar["c"], bar["v"]) for bar in json.load(answer)["results"]]


@pytest.mark.parametrize(
    ("adjust", "asked"), [("none", "raw"), ("splits", "split"), ("all", "all")]
)
def test_adjusted_bars_equal_what_alpaca_answers(
    shell: Cli, venues: dict[str, LocalVenue], adjust: Adjust, asked: str
) -> None:
    answer = stored(shell, "alpaca")
    assert (answer["actions"], answer["actions_added"]) == (3, 3)
    ours = adjusted(shell, "AAPL.ALPACA", adjust)
    theirs = alpaca_closes(venues["alpaca"], asked)
    assert len(ours) == len(theirs) > 60
    assert list(closes(ours).values()) == pytest.approx([c for c, _ in theirs], abs=0.011)
    volume = ours["volume"] / 10**ours.instrument.quantity_digits
    assert volume.tolist() == pytest.approx([v for _, v in theirs], abs=4)


def test_adjusted_bars_equal_what_massive_answers(
    shell: Cli, venues: dict[str, LocalVenue]
) -> None:
    stored(shell, "massive")
    ours = closes(adjusted(shell, "AAPL.MASSIVE", "splits"))
    theirs = [close for close, _ in massive_closes(venues["massive"])]
    assert list(ours.values()) == pytest.approx(theirs, abs=0.011)
    raw = closes(adjusted(shell, "AAPL.MASSIVE", "none"))
    assert next(iter(raw.values())) == pytest.approx(4 * next(iter(ours.values())), abs=0.02)


def test_actions_are_listed_and_downloaded_once(shell: Cli) -> None:
    stored(shell, "alpaca")
    assert stored(shell, "alpaca")["actions_added"] == 0
    listed = shell.json("data", "actions", "AAPL.ALPACA")["actions"]
    assert [(each["kind"], each["new"], each["amount"]) for each in listed] == [
        ("dividend", "", "0.26"),
        ("split", "4", ""),
        ("dividend", "", "0.26"),
    ]
    code, out, _ = shell.run("data", "actions", "AAPL.ALPACA")
    assert (code, out.splitlines()[0].split()[:2]) == (0, ["EX-DATE", "KIND"])


def test_exports_and_runs_take_adjusted_prices(shell: Cli) -> None:
    stored(shell, "alpaca")
    file = shell.folder / "adjusted.csv"
    words = ("AAPL.ALPACA", "--timeframe", "1d", "--to", file)
    shell.json("data", "export", *words, "--adjust", "all")
    first = file.read_text().splitlines()[1].split(",")
    ours = next(iter(closes(adjusted(shell, "AAPL.ALPACA", "all")).values()))
    assert float(first[5]) == ours
    run = ("backtest", "ma_crossover", "--instrument", "AAPL.ALPACA", "--timeframe", "1d")
    shares = ("--param", "fast=3", "--param", "slow=8")
    raw, whole = (shell.json(*run, *shares, "--adjust", each) for each in ("none", "all"))
    assert raw["rows"] == whole["rows"]
    assert raw["end_equity"] != whole["end_equity"]
    code, _, err = shell.run(*run, *shares)
    assert code == 0
    assert "prices are as traded, over the split of 2026-10-12 (4 for 1): see --adjust" in err


def test_a_dividend_without_a_price_before_it_says_what_to_do(shell: Cli) -> None:
    asked = ("--timeframe", "1d", "--timerange", "20261026-20261120")
    shell.json("data", "download", "alpaca", "AAPL", *asked)
    words = ("data", "export", "AAPL.ALPACA", "--to", shell.folder / "x.csv", "--adjust", "all")
    file = shell.folder / "some.csv"
    file.write_text("dividend,2026-10-26,,,0.3\ndividend,2006-10-26,,,0.3\n")
    shell.json("data", "actions", "AAPL.ALPACA", "--import", file)
    assert shell.json(*words)["rows"] > 0, "there is nothing before the first row to adjust"
    file.write_text("dividend,2026-12-24,,,0.3\n")
    shell.json("data", "actions", "AAPL.ALPACA", "--import", file)
    assert "store its 1d bars before 2026-12-24, or use --adjust splits" in shell.refused(*words)


def test_actions_of_a_stranger_and_files_without_any_are_refused(shell: Cli) -> None:
    shell.json("data", "download", "alpaca", "AAPL", "--timeframe", "1d", "--timerange", RANGE)
    assert "X.Y is not in the history" in shell.refused("data", "actions", "X.Y")
    file = shell.folder / "none.csv"
    file.write_text("kind,ex_date,new,old,amount\n")
    words = ("data", "actions", "AAPL.ALPACA")
    assert "none.csv has no actions" in shell.refused(*words, "--import", file)
    assert "goes with --import FILE" in shell.refused(*words, "--replace")


def test_the_lean_result_comes_from_raw_bars_adjusted_when_read(cli: Cli) -> None:
    home = ("--home", cli.home)
    files = (real("us_equity/daily/spy.zip"), "--format", "us-equity", "--timeframe", "1d")
    cli.json("data", "import", *files, "--instrument", "SPY.ARCA", *home)
    factors = (real("us_equity/factor_files/spy.csv"), "--format", "factor-file")
    answer = cli.json("data", "actions", "SPY.ARCA", "--import", *factors, *home)
    assert answer["actions_added"] > 80
    path = cli.strategy(
        "once.py",
        "class Once(tw.Strategy):",
        "    def on_start(self):",
        "        self.subscribe_bars(self.instrument)",
        "    def on_bar(self, bar):",
        "        if self.position.is_flat:",
        "            self.target_weight(1)",
    )
    words = ("backtest", f"{path}:Once", "--instrument", "SPY.ARCA", "--timeframe", "1d", *home)
    terms = ("--size", "at_signal", "--cash-buffer", "0.0025", "--timerange", "20131008-20131018")
    charged = ("--fee-per-share", "0.005", "--fee-minimum", "1", "--adjust", "all")
    answer = cli.json(*words, *terms, *charged)
    assert Decimal(answer["end_equity"]).quantize(Decimal("0.01")) == Decimal("104486.22")
    raw = ParquetHistory(cli.home).read("bars", "SPY.ARCA", timeframe="1d")
    assert np.all(raw["close"] % 100 == 0), "stored as traded, in cents"
