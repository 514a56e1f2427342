"""`tradewind data`: what it prints, its exit codes, and that a fault leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.files.import_files import lines_of, real, real_files, written, zipped
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.cli import progress
from tradewind.cli.main import main

HEAD = ",Open,High,Low,Close,Volume"
ROWS = ("2024-03-01,10,11.50,9.99,10.25,1000", "2024-03-04,10.25,10.5,10.00,10.07,0")
NEW = ("--tick", "0.01", "--lot", "1", "--currency", "USD")


class Cli:
    """The command line on a home of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = folder / "home"
        self.capsys = capsys

    def data(self, *words: object) -> tuple[int, str, str]:
        """Run `tradewind data`; the exit code and what went to stdout and stderr."""
        code = main(["data", *map(str, words), "--home", str(self.home)])
        return code, *self.capsys.readouterr()

    def json(self, *words: object) -> dict[str, Any]:
        """Run a command that succeeds, and read its JSON."""
        code, out, err = self.data(*words, "--json")
        assert (code, err) == (0, "")
        answer: dict[str, Any] = json.loads(out)
        return answer

    def refused(self, *words: object) -> str:
        """Run a command that is wrong use: one sentence, and the home as it was."""
        before = self.files()
        code, out, err = self.data(*words)
        assert (code, out) == (2, "")
        assert err.startswith("tradewind: ")
        assert err.count("\n") == 1
        assert self.files() == before
        return err

    def files(self) -> dict[str, bytes]:
        """Every file of the history but the lock."""
        found = (path for path in self.home.rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path): path.read_bytes() for path in found}


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(tmp_path, capsys)


@pytest.fixture
def goog(tmp_path: Path) -> Path:
    return written(tmp_path / "GOOG.csv", HEAD, *ROWS)


def importing(path: object, *words: object) -> tuple[object, ...]:
    """Return the words that import a file of GOOG."""
    return ("import", path, "--instrument", "GOOG.SIM", "--timeframe", "1d", *NEW, *words)


def test_an_import_says_what_it_did(cli: Cli, goog: Path) -> None:
    assert cli.json(*importing(goog)) == {
        "series": "1d bars of GOOG.SIM",
        "kind": "bars",
        "instrument": "GOOG.SIM",
        "timeframe": "1d",
        "tick": "0.01",
        "lot": "1",
        "price_digits": 2,
        "quantity_digits": 0,
        "files": 1,
        "rows_given": 2,
        "rows_added": 2,
        "rows_same": 0,
        "rows_replaced": 0,
        "rows_left_out": {},
    }
    code, out, err = cli.data(*importing(goog))
    assert (code, err) == (0, "")
    assert "rows_same        2\n" in out


def test_the_instrument_need_not_be_described_twice(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog, "--calendar", "XNYS"))
    answer = cli.json("import", goog, "--instrument", "GOOG.SIM", "--timeframe", "1d")
    assert answer["rows_same"] == 2
    assert ParquetHistory(cli.home).instrument("GOOG.SIM").calendar == "XNYS"


def test_a_list_shows_every_series(cli: Cli, goog: Path) -> None:
    code, out, err = cli.data("list")
    assert (code, out) == (0, "")
    assert "the history is empty: fill it with tradewind data import" in err
    cli.json(*importing(goog))
    assert cli.data("list")[1].splitlines() == [
        "KIND  INSTRUMENT  TIMEFRAME  ROWS             FIRST              LAST   MB",
        "bars  GOOG.SIM           1d     2  2024-03-01 00:00  2024-03-04 00:00  0.0",
    ]
    (series,) = cli.json("list")["series"]
    assert (series["series"], series["rows"]) == ("1d bars of GOOG.SIM", 2)
    assert series["first_ns"] == 1_709_251_200_000_000_000


def test_what_is_too_old_is_taken_out_when_it_is_asked_for(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    assert cli.json("retain", "--kind", "all", "--days", 36_000)["pieces"] == 0
    assert "give 1 to 36500 days" in cli.refused("retain", "--kind", "bars", "--days", 0)
    assert cli.json("retain", "--kind", "trades", "--days", 1)["pieces"] == 0
    (name,) = cli.json("retain", "--kind", "bars", "--days", 1)["names"]
    assert name.endswith("bars/SIM/GOOG/1d/2024/part-0.parquet")
    assert cli.json("list") == {"series": []}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_was_exported_is_imported_again_as_the_same(
    cli: Cli, goog: Path, tmp_path: Path, suffix: str
) -> None:
    cli.json(*importing(goog))
    file = tmp_path / f"out.{suffix}"
    assert cli.json("export", "GOOG.SIM", "--to", file)["rows"] == 2
    again = importing(file, "--format", suffix)
    assert cli.json(*again)["rows_same"] == 2


def test_an_export_takes_a_timerange_without_its_end(cli: Cli, goog: Path, tmp_path: Path) -> None:
    cli.json(*importing(goog))
    words = ("export", "GOOG.SIM", "--to", tmp_path / "x.csv", "--timerange")
    assert cli.json(*words, "20240301-20240304")["rows"] == 1
    assert cli.json(*words, "20240301-20240305")["rows"] == 2
    assert "widen the --timerange" in cli.refused(*words, "20200101-20200102")
    assert "is not a timerange" in cli.refused(*words, "March")


def test_a_check_counts_what_it_sees(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    answer = cli.json("check", "GOOG.SIM")
    assert answer["ok"] is True
    (series,) = answer["series"]
    assert (series["rows"], series["missing"]) == (2, 2)
    assert series["gaps"] == {"count": 1, "first_ns": 1_709_510_400_000_000_000}
    out = cli.data("check", "GOOG.SIM")[1]
    assert "  gaps          1  first at 2024-03-04 00:00:00 UTC\n" in out


def test_a_check_that_finds_damage_fails(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    path = next(cli.home.rglob("part-0.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, out, _ = cli.data("check", "GOOG.SIM")
    assert code == 1
    assert f"damage  {path}: the file is not what was written" in out
    code, out, _ = cli.data("check", "GOOG.SIM", "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)


def test_a_check_fails_on_what_is_named(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    code, out, _ = cli.data("check", "GOOG.SIM", "--fail-on", "crossed, gaps")
    assert (code, out.splitlines()[-1]) == (1, "failed on gaps")
    code, out, _ = cli.data("check", "GOOG.SIM", "--fail-on", "any", "--json")
    answer = json.loads(out)
    assert (code, answer["ok"], answer["failed_on"]) == (1, False, ["empty", "gaps"])
    assert cli.json("check", "GOOG.SIM", "--fail-on", "crossed,outliers")["ok"] is True
    assert "--fail-on holes: choose from gaps" in cli.refused(
        "check", "GOOG.SIM", "--fail-on", "holes"
    )


def test_a_check_says_by_which_hours_gaps_are_judged(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    (series,) = cli.json("check", "GOOG.SIM")["series"]
    assert "no calendar was named, so nights and weekends are gaps" in series["calendar"]
    words = ("import", goog, "--instrument", "EUR/USD.SIM", "--tick", "0.01", "--lot", "1")
    cli.json(*words, "--calendar", "24/5")
    (series,) = cli.json("check", "EUR/USD.SIM")["series"]
    assert (series["calendar"], series["gaps"]["count"]) == ("24/5: its sessions", 0)


def test_several_series_of_an_instrument_have_to_be_told_apart(cli: Cli, tmp_path: Path) -> None:
    days, trades = written(tmp_path / "d.csv", HEAD, *ROWS), tmp_path / "t.csv"
    written(trades, "time,price,size,side", "1709303400000,1,1,buy")
    cli.json(*importing(days))
    cli.json("import", trades, "--instrument", "GOOG.SIM", "--kind", "trades")
    sentence = cli.refused("export", "GOOG.SIM", "--to", tmp_path / "x.csv")
    assert "there are 1d bars of GOOG.SIM, trades of GOOG.SIM: choose one with --kind" in sentence
    words = ("export", "GOOG.SIM", "--to", tmp_path / "x.csv", "--kind")
    assert cli.json(*words, "trades")["rows"] == 1
    assert "GOOG.SIM has only 1d bars of GOOG.SIM, trades" in cli.refused(*words, "depth")
    assert len(cli.json("check", "GOOG.SIM")["series"]) == 2


def test_an_instrument_that_is_not_stored_is_refused_with_what_is(cli: Cli, goog: Path) -> None:
    assert "GOOG.SIM is not in the history (there is: nothing)" in cli.refused("check", "GOOG.SIM")
    cli.json(*importing(goog))
    assert "AAPL.SIM is not in the history (there is: GOOG.SIM)" in cli.refused("check", "AAPL.SIM")


WRONG_OPTIONS: dict[str, tuple[str, ...]] = {
    "GOOG.SIM is new: say what it is with --tick 0.01 --lot 1 --currency USD": (),
    "'goog' is not an instrument: write it like BTC/USDT.BINANCE": (
        *("--instrument", "goog", "--tick", "1", "--lot", "1", "--currency", "USD"),
    ),
    "--map 'open' is no mapping": (*NEW, "--map", "open"),
    "'opening' in --map is no column of bars": (*NEW, "--map", "opening=Open"),
    "GOOG.csv has no column 'Opening': there are": (*NEW, "--map", "open=Opening"),
    "--delimiter ';;' is none": (*NEW, "--delimiter", ";;"),
    "'daily' is not a timeframe": (*NEW, "--timeframe", "daily"),
    "'cheap' is not a number": ("--tick", "cheap", "--lot", "1", "--currency", "USD"),
    "line 3, column 'open': 10.25 has more than 0 digits": (
        *("--tick", "1", "--lot", "1", "--currency", "USD"),
    ),
    "there is no time zone 'Mars'": (*NEW, "--zone", "Mars"),
}


@pytest.mark.parametrize("sentence", WRONG_OPTIONS)
def test_a_wrong_option_is_refused_with_one_sentence(cli: Cli, goog: Path, sentence: str) -> None:
    words = ("import", goog, "--timeframe", "1d", "--instrument", "GOOG.SIM")
    assert sentence in cli.refused(*words, *WRONG_OPTIONS[sentence])


def test_another_description_of_a_stored_instrument_is_refused(cli: Cli, goog: Path) -> None:
    cli.json(*importing(goog))
    sentence = cli.refused("import", goog, "--instrument", "GOOG.SIM", "--tick", "0.05")
    assert "GOOG.SIM is stored with tick 0.01, this data has 0.05" in sentence


WRONG_FILES: dict[str, tuple[str, ...]] = {
    "line 3 has 5 fields": (HEAD, ROWS[0], "2024-03-04,1,1,1,1"),
    "line 3, column 'close': 'x' is not a number": (HEAD, ROWS[0], "2024-03-04,1,1,1,x,1"),
    "line 3 is earlier than line 2: sort the rows by time": (HEAD, *ROWS[::-1]),
    "line 3 has the same time as line 2: keep one of them": (HEAD, ROWS[0], ROWS[0]),
    "bad.csv is empty": (),
}


@pytest.mark.parametrize("sentence", WRONG_FILES)
def test_a_bad_file_is_refused_and_nothing_of_the_good_one_beside_it_is_kept(
    cli: Cli, goog: Path, tmp_path: Path, sentence: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(WRONG_FILES[sentence]))
    words = importing(goog)
    assert sentence in cli.refused(words[0], goog, bad, *words[2:])


def test_a_truncated_zip_or_parquet_file_is_refused(cli: Cli, goog: Path, tmp_path: Path) -> None:
    cli.json(*importing(goog))
    cli.json("export", "GOOG.SIM", "--to", tmp_path / "x.parquet")
    packed = zipped(tmp_path / "x.zip", "x.csv", HEAD, *ROWS)
    for path, form in ((packed, "csv"), (tmp_path / "x.parquet", "parquet")):
        path.write_bytes(path.read_bytes()[:-25])
        assert "fetch it again" in cli.refused(*importing(path, "--format", form))


def test_conflicting_rows_are_refused_and_replaced_on_demand(
    cli: Cli, goog: Path, tmp_path: Path
) -> None:
    cli.json(*importing(goog))
    other = written(tmp_path / "other.csv", HEAD, ROWS[0].replace("10.25", "10.26"))
    assert "2024-03-01 00:00:00 UTC are stored with other values" in cli.refused(*importing(other))
    assert cli.json(*importing(other, "--replace"))["rows_replaced"] == 1


LIMITED = """
import resource, sys
from tradewind.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_fails_with_one_sentence_and_leaves_nothing(cli: Cli, tmp_path: Path) -> None:
    rows = [f"{1_709_303_400_000 + n * n},{n + 1}.25,{n * n + 1},buy" for n in range(5000)]
    path = written(tmp_path / "t.csv", "time,price,size,side", *rows)
    words = ["data", *map(str, importing(path, "--kind", "trades")), "--home", str(cli.home)]
    words.remove("--timeframe")
    words.remove("1d")
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "make room on the disk and repeat it; the history is as it was" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert cli.files() == {}


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_progress_bar_is_drawn_on_a_terminal_and_wiped(
    cli: Cli, goog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    cli.data(*importing(goog))
    drawn = terminal.getvalue()
    assert f"\r[{'.' * 20}] file 1 of 1, 2 rows" in drawn
    assert drawn.endswith("\r")


def test_the_home_is_found_in_the_environment(
    cli: Cli, goog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(cli.home))
    assert main(["data", *map(str, importing(goog))]) == 0
    assert len(ParquetHistory(cli.home).entries()) == 1


REAL_IMPORTS: dict[str, tuple[str, ...]] = {
    "daily/GOOG.csv": ("--instrument", "GOOG.SIM", *NEW),
    "us_equity/hour/spy.zip": ("--instrument", "SPY.SIM", "--format", "us-equity"),
    "us_equity/tick/ibm/20131007_trade.zip": ("--instrument", "IBM.SIM", "--format", "us-equity"),
    "fx/eurusd_tick/20140504_quote.zip": ("--instrument", "EUR/USD.FXCM", "--format", "fx-tick"),
}


@pytest.mark.parametrize("name", REAL_IMPORTS)
def test_a_real_file_is_imported_with_every_row(cli: Cli, name: str) -> None:
    path = real(name)
    answer = cli.json("import", path, *REAL_IMPORTS[name])
    header_lines = 1 if name.endswith(".csv") else 0
    assert answer["rows_added"] == len(lines_of(path)) - header_lines
    assert cli.json("check", answer["instrument"])["ok"] is True
    assert cli.json("import", path, *REAL_IMPORTS[name])["rows_added"] == 0


def test_real_days_of_quotes_become_one_series_whatever_their_order(cli: Cli) -> None:
    paths = real_files("us_equity/minute/ibm", "*_quote.zip")[::-1]
    words = ("--instrument", "IBM.SIM", "--format", "us-equity")
    answer = cli.json("import", *paths, *words)
    assert answer["rows_added"] == sum(len(lines_of(path)) for path in paths)
    quotes = ParquetHistory(cli.home).read("quotes", "IBM.SIM")
    assert (quotes["time_ns"][1:] >= quotes["time_ns"][:-1]).all()
    assert os.listdir(cli.home / "history" / "quotes" / "SIM" / "IBM")


@pytest.mark.parametrize(
    ("name", "missing"),
    [("daily/GOOG.csv", 0), ("us_equity/daily/spy.zip", 0), ("us_equity/hour/spy.zip", 2)],
)
def test_decades_of_real_bars_lack_nothing_but_a_late_opening(
    cli: Cli, name: str, missing: int
) -> None:
    """Of 1998 to 2021 only 2002-09-11 opened late, at noon, which no table of holidays knows."""
    about = (*NEW, "--calendar", "XNYS") if name.endswith(".csv") else ("--format", "us-equity")
    cli.json("import", real(name), "--instrument", "REAL.SIM", *about)
    (series,) = cli.json("check", "REAL.SIM")["series"]
    assert (series["calendar"], series["missing"]) == ("XNYS: its sessions", missing)
