"""`tradewind sweep`: what it prints, its exit codes, its refusals."""

from __future__ import annotations

import pytest

from tests.cli.run_commands import Cli
from tests.cli.test_backtest import RAISES, backtest_words


def sweep_words(cli: Cli, *words: object, strategy: object = "ma_crossover") -> list[object]:
    """Return the words of a sweep on the stored bars."""
    known = ["sweep", strategy, "--instrument", "GOOG.SIM", "--timeframe", "1d"]
    return [*known, "--home", cli.home, *words]


def test_each_run_is_the_backtest_of_its_parameters_and_the_best_stands_out(cli: Cli) -> None:
    words = ("--grid", "fast=5,10", "--grid", "slow=20:40:10", "--workers", "2", "--fee", "0.001")
    answer = cli.json(*sweep_words(cli, *words, "--sort", "total_return"))
    assert [run["parameters"] for run in answer["runs"]] == [
        {"fast": fast, "slow": slow} for fast in ("5", "10") for slow in ("20", "30", "40")
    ]
    assert (answer["workers"], answer["sorted_by"]) == (2, "total_return")
    best = max(answer["runs"], key=lambda run: run["metrics"]["total_return"])
    assert answer["best"] == best
    chosen = best["parameters"]
    parameters = ("--param", f"fast={chosen['fast']}", "--param", f"slow={chosen['slow']}")
    alone = cli.json(*backtest_words(cli, *parameters, "--fee", "0.001"))
    assert best["journal_hash"] == alone["journal_hash"]


def test_people_get_a_table_of_the_best(cli: Cli) -> None:
    words = ("--grid", "fast=5,10,15", "--grid", "slow=20,40", "--top", "3")
    code, out, err = cli.run(*sweep_words(cli, *words))
    assert (code, err) == (0, "")
    heading, *rows = out.splitlines()
    assert heading.split()[:4] == ["fast", "slow", "end_equity", "fills"]
    assert len(rows) == 3


def test_runs_that_failed_are_counted_with_the_first_reason(cli: Cli) -> None:
    path = cli.strategy("raises.py", RAISES[0], "    size: int = 1", *RAISES[1:])
    code, _, err = cli.run(*sweep_words(cli, "--grid", "size=1,2", strategy=path))
    assert code == 1
    assert err.startswith("2 of 2 runs were stopped, the first: RuntimeError: the moon")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--grid", "fast"), "write it like fast=5,10,20"),
        (("--grid", "fast="), "write it like fast=5,10,20"),
        (("--grid", "fast=1", "--grid", "fast=2"), "--grid fast is given twice"),
        (("--grid", "fast=1:9"), "write a range like slow=30:100:10"),
        (("--grid", "fast=9:1:1"), "a last not below the first"),
        (("--grid", "fast=5", "--param", "fast=6"), "fast is in --grid and in --param"),
        (("--grid", "fsat=5"), "has no parameter 'fsat'"),
        (("--grid", "fast=x"), "fast: 'x' is not"),
        (("--grid", "fast=5", "--top", "0"), "--top is at least 1"),
        (("--grid", "fast=5", "--sort", "luck"), "there is no metric 'luck'"),
    ],
)
def test_a_wrong_sweep_is_one_sentence(cli: Cli, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in cli.refused(*sweep_words(cli, *words))
