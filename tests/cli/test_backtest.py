"""`tradewind backtest`: what it prints, its exit codes, its refusals."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.adapters.files.import_files import real
from tests.cli.run_commands import DAY_NS, GOOG, START_NS, Cli
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.runtime.backtest import backtest
from tradewind.runtime.strategy_file import strategy_class
from tradewind.sim import fees
from tradewind.sim.market_bars import generate_bars
from tradewind.strategies.ma_crossover import MaCrossover

RAISES = (
    "class Raises(tw.Strategy):",
    "    def on_start(self):",
    "        self.subscribe_bars(self.instrument)",
    "    def on_bar(self, bar):",
    "        self.buy(1)",
    "        raise RuntimeError('the moon')",
)

PAIR = (
    "class Pair(tw.Strategy):",
    "    def on_start(self):",
    "        for instrument in self.instruments:",
    "            self.subscribe_bars(instrument, '1d')",
    "    def on_bar(self, bar):",
    "        if self.position_in(bar.instrument.id).is_flat:",
    "            self.buy(1, bar.instrument.id)",
)


def backtest_words(
    cli: Cli, *words: object, strategy: object = "ma_crossover", instrument: str = "GOOG.SIM"
) -> list[object]:
    """Return the words of a backtest on the stored bars."""
    known = ["backtest", strategy, "--instrument", instrument, "--timeframe", "1d"]
    return [*known, "--home", cli.home, *words]


def test_the_answer_is_that_of_the_public_call(cli: Cli) -> None:
    words = ("--fee", "0.001", "--param", "fast=5", "--param", "slow=20", "--cash", "50000")
    answer = cli.json(*backtest_words(cli, *words))
    bars = generate_bars(GOOG, 7, start_time_ns=START_NS, duration_ns=DAY_NS, count=400)
    strategy = MaCrossover(fast=5, slow=20)
    result = backtest(strategy, data=[bars], cash="50000", fees=fees.percent("0.001"))
    assert answer["end_equity"] == str(result.end_equity)
    assert answer["fills"] == len(result.fills) > 0
    assert answer["journal_hash"] == result.journal_hash
    assert answer["state_hash"] == result.state_hash
    assert answer["metrics"] == result.metrics
    assert answer["periods_per_year"] == pytest.approx(365.25)
    assert (answer["limits"], answer["denied"], answer["stopped"]) == ("none", 0, {})
    assert answer["parameters"]["slow"] == "20"


@pytest.mark.parametrize("words", [("GOOG.SIM,AAPL.SIM",), ("GOOG.SIM", "AAPL.SIM")])
def test_several_instruments_are_those_of_the_public_call(cli: Cli, words: tuple[str, ...]) -> None:
    aapl = msgspec.structs.replace(GOOG, id="AAPL.SIM")
    both = [
        generate_bars(one, seed, start_time_ns=START_NS, duration_ns=DAY_NS, count=400)
        for seed, one in ((7, GOOG), (8, aapl))
    ]
    ParquetHistory(cli.home).write(both[1], timeframe="1d")
    path = cli.strategy("pair.py", *PAIR)
    named = [part for word in words for part in ("--instrument", word)]
    answer = cli.json("backtest", path, "--timeframe", "1d", "--home", cli.home, *named)
    result = backtest(strategy_class(str(path))(), data=both)
    assert answer["journal_hash"] == result.journal_hash
    assert (answer["instrument"], answer["rows"], answer["fills"]) == ("GOOG.SIM,AAPL.SIM", 800, 2)


def test_people_get_one_line_a_value(cli: Cli) -> None:
    code, out, err = cli.run(*backtest_words(cli))
    assert (code, err) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in out.splitlines() if len(line.split()) > 1)
    assert lines["limits"] == "none"
    assert Decimal(lines["end_equity"]) > 0
    assert "metrics.sharpe_ratio" in lines


def test_a_timerange_excludes_its_end(cli: Cli) -> None:
    one = cli.json(*backtest_words(cli, "--timerange", "20241004-20241005"))
    two = cli.json(*backtest_words(cli, "--timerange", "20241004-20241006"))
    assert (one["rows"], two["rows"]) == (1, 2)


@pytest.mark.parametrize(
    "words",
    [
        ("--fill", "signal_close"),
        ("--size", "at_signal"),
        ("--slippage", "0.001"),
        ("--latency-ms", "1000"),
        ("--cash-buffer", "0.1"),
        ("--fee", "0.001"),
        ("--fee-per-share", "0.005"),
        ("--fee-per-share", "0.005", "--fee-minimum", "9"),
    ],
)
def test_every_convention_changes_the_result(cli: Cli, words: tuple[str, ...]) -> None:
    plain = cli.json(*backtest_words(cli))
    assert cli.json(*backtest_words(cli, *words))["journal_hash"] != plain["journal_hash"]


def test_a_strategy_of_a_file_runs_with_and_without_its_class(cli: Cli) -> None:
    path = cli.strategy("mine.py", "class Mine(tw.Strategy):", "    size: int = 3")
    named = cli.json(*backtest_words(cli, strategy=f"{path}:Mine"))
    assert named["parameters"] == {"size": "3"}
    assert cli.json(*backtest_words(cli, strategy=path))["state_hash"] == named["state_hash"]


def test_a_strategy_that_a_file_only_imports_is_not_one_of_its_own(cli: Cli) -> None:
    imported = "from tradewind.strategies.ma_crossover import MaCrossover"
    path = cli.strategy("mine.py", imported, "class Mine(MaCrossover):", "    slow: int = 40")
    assert cli.json(*backtest_words(cli, strategy=path))["parameters"]["slow"] == "40"


def test_a_strategy_that_raises_is_stopped_and_the_run_fails_with_one_sentence(cli: Cli) -> None:
    path = cli.strategy("raises.py", *RAISES)
    code, out, err = cli.run(*backtest_words(cli, strategy=f"{path}:Raises"))
    assert code == 1
    assert err == (
        "tradewind: strategy raises was stopped: RuntimeError: the moon; "
        "mend its code and run it again\n"
    )
    assert "end_equity" in out
    answer = cli.json(*backtest_words(cli, strategy=f"{path}:Raises"), code=1)
    assert (answer["fills"], answer["stopped"]) == (0, {"raises": "RuntimeError: the moon"})


@pytest.mark.parametrize("place", ["on_start", "on_stop"])
def test_an_error_in_the_first_or_last_call_is_one_sentence_too(cli: Cli, place: str) -> None:
    lines = ("class Raises(tw.Strategy):", f"    def {place}(self):", "        1 / 0")
    path = cli.strategy("raises.py", *lines)
    answer = cli.json(*backtest_words(cli, strategy=path), code=1)
    assert answer["stopped"] == {"raises": "ZeroDivisionError: division by zero"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--param", "slw=3"), "has no parameter 'slw': known: fast, slow"),
        (("--param", "slow=x"), "slow: 'x' is not"),
        (("--param", "slow"), "write it like fast=10"),
        (("--param", "slow=3", "--param", "slow=4"), "--param slow is given twice"),
        (("--param", "kind=wma"), "kind='wma' is not known: use ema or sma"),
        (("--timeframe", "1h"), "there are no 1h bars of GOOG.SIM in the history"),
        (("--timeframe", "1x"), "'1x' is not a timeframe"),
        (("--instrument", "AAPL.SIM"), "there are no 1d bars of AAPL.SIM"),
        (("--instrument", "GOOG.SIM"), "GOOG.SIM is given twice"),
        (("--instrument", ","), "has an empty name"),
        (("--kind", "trades"), "there are no trades of GOOG.SIM"),
        (("--timerange", "2010"), "is not a timerange"),
        (("--timerange", "20300101-"), "widen the --timerange"),
        (("--cash", "0"), "give an amount above 0"),
        (("--cash", "much"), "--cash: 'much' is not a number"),
        (("--fee", "2"), "--fee: a rate of 2 is more than all of it"),
        (("--fee", "0.1", "--fee-per-share", "1"), "give one of them"),
        (("--fee-minimum", "1"), "--fee-minimum goes with --fee-per-share"),
        (("--fee-per-share", "x"), "--fee-per-share: 'x' is not a number"),
        (("--fee-per-share", "1", "--fee-minimum", "x"), "'x' is not a number"),
        (("--slippage", "x"), "--slippage: 'x' is not a number"),
        (("--latency-ms", "-1"), "give 0 to 3600000"),
        (("--latency-ms", "nan"), "give 0 to 3600000"),
        (("--cash-buffer", "-0.1"), "give a share from 0 to 1"),
    ],
)
def test_wrong_use_is_one_sentence(cli: Cli, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in cli.refused(*backtest_words(cli, *words))


def test_a_strategy_that_is_not_there_is_one_sentence(cli: Cli) -> None:
    two = cli.strategy("two.py", "class A(tw.Strategy): ...", "class B(tw.Strategy): ...")
    broken = cli.strategy("broken.py", "class (")
    for strategy, sentence in (
        ("momentum", "there is no strategy 'momentum': choose from accumulator"),
        (cli.folder / "none.py", "none.py: give the path of a strategy"),
        (f"{two}:C", "has no strategy 'C' (it has: A, B)"),
        (two, "has not one strategy only (it has: A, B)"),
        (broken, "broken.py line 4 is not Python"),
    ):
        assert sentence in cli.refused(*backtest_words(cli, strategy=strategy))


def test_a_file_that_cannot_be_loaded_or_made_fails_with_its_reason(cli: Cli) -> None:
    path = cli.strategy("needs.py", "import no_such_module")
    sentence = cli.refused(*backtest_words(cli, strategy=path), code=1)
    assert "ModuleNotFoundError: No module named 'no_such_module'" in sentence
    lines = ("class Makes(tw.Strategy):", "    def __init__(self):", "        [][0]")
    sentence = cli.refused(*backtest_words(cli, strategy=cli.strategy("makes.py", *lines)), code=1)
    assert "makes.py cannot be made: IndexError: list index out of range" in sentence


def test_missing_bars_are_asked_for(cli: Cli) -> None:
    words = ("backtest", "ma_crossover", "--instrument", "GOOG.SIM", "--home", cli.home)
    assert "say which bars, like --timeframe 1d" in cli.refused(*words)


def test_the_real_goog_comes_through_the_command_line(cli: Cli) -> None:
    importing = ("data", "import", real("daily/GOOG.csv"), "--instrument", "GOOG.NASDAQ")
    new = ("--tick", "0.01", "--lot", "1", "--currency", "USD", "--timeframe", "1d")
    cli.json(*importing, *new, "--home", cli.home)
    terms = ("--cash", "100000", "--fee", "0.001", "--param", "fast=10", "--param", "slow=30")
    words = backtest_words(cli, *terms, instrument="GOOG.NASDAQ")
    answer = cli.json(*words)
    assert (answer["rows"], answer["denied"], answer["stopped"]) == (2148, 0, {})
    assert answer["fills"] > 20
    assert 251 < answer["periods_per_year"] < 253
    assert answer == cli.json(*words)


def test_the_lean_result_comes_through_the_command_line(cli: Cli) -> None:
    files = (real("us_equity/daily/spy.zip"), "--format", "us-equity", "--timeframe", "1d")
    factors = ("--factors", real("us_equity/factor_files/spy.csv"))
    cli.json("data", "import", *files, *factors, "--instrument", "SPY.ARCA", "--home", cli.home)
    path = cli.strategy(
        "once.py",
        "class Once(tw.Strategy):",
        "    def on_start(self):",
        "        self.subscribe_bars(self.instrument)",
        "    def on_bar(self, bar):",
        "        if self.position.is_flat:",
        "            self.target_weight(1)",
    )
    terms = ("--size", "at_signal", "--cash-buffer", "0.0025", "--timerange", "20131008-20131018")
    charged = ("--fee-per-share", "0.005", "--fee-minimum", "1")
    words = backtest_words(cli, *terms, *charged, strategy=path, instrument="SPY.ARCA")
    answer = cli.json(*words)
    assert Decimal(answer["end_equity"]).quantize(Decimal("0.01")) == Decimal("104486.22")
    assert answer["fills"] == 1


def test_stored_splits_and_dividends_are_posted_where_they_are_asked_for(
    cli: Cli, tmp_path: Path
) -> None:
    actions = tmp_path / "actions.csv"
    actions.write_text("split,2024-12-02,2,1,\ndividend,2025-01-15,,,0.25\n")
    cli.json("data", "actions", "GOOG.SIM", "--import", actions, "--home", cli.home)
    strategy = tmp_path / "hold.py"
    strategy.write_text(
        "import tradewind as tw\n\n\nclass Hold(tw.Strategy):\n"
        "    def on_start(self):\n"
        "        self.subscribe_bars(self.instrument)\n"
        "    def on_bar(self, bar):\n"
        "        if self.position.is_flat:\n"
        "            self.buy(10)\n"
    )
    words = backtest_words(cli, strategy=f"{strategy}:Hold")
    without, posted = cli.json(*words), cli.json(*words, "--corporate-actions")
    bars = generate_bars(GOOG, 7, start_time_ns=START_NS, duration_ns=DAY_NS, count=400)
    last = Decimal(int(bars["close"][-1])).scaleb(-2)
    gained = Decimal(posted["end_equity"]) - Decimal(without["end_equity"])
    assert gained == 10 * last + 20 * Decimal("0.25")
    code, _, err = cli.run(*words, "--corporate-actions", "--adjust", "all")
    assert code == 2
    assert "leave --adjust out" in err
