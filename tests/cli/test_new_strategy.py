"""`tradewind new-strategy`: what it writes runs at once."""

from __future__ import annotations

import pytest

from tests.cli.run_commands import Cli


def test_the_new_strategy_trades_in_a_backtest(cli: Cli) -> None:
    answer = cli.json("new-strategy", "my_cross", "--folder", cli.folder)
    assert answer["strategy"] == f"{cli.folder / 'my_cross.py'}:MyCross"
    known = ("--instrument", "GOOG.SIM", "--timeframe", "1d", "--home", cli.home)
    ran = cli.json("backtest", answer["strategy"], *known)
    assert ran["fills"] > 2
    assert ran["parameters"] == {"fast": "10", "slow": "30", "weight": "0.5"}
    assert cli.json("backtest", answer["strategy"], *known, "--param", "fast=5")["fills"] > 2


def test_the_new_file_is_in_style(cli: Cli) -> None:
    cli.json("new-strategy", "my_cross", "--folder", cli.folder)
    text = (cli.folder / "my_cross.py").read_text()
    assert text.startswith('"""MyCross: ')
    assert max(map(len, text.splitlines())) <= 100
    assert "{" not in text


def test_a_file_that_is_there_is_not_written_over(cli: Cli) -> None:
    path = cli.folder / "mine.py"
    path.write_text("precious")
    assert "mine.py is there already" in cli.refused("new-strategy", "mine", "--folder", cli.folder)
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_one_sentence(cli: Cli) -> None:
    words = ("new-strategy", "mine", "--folder", cli.folder / "none")
    assert "there is no folder" in cli.refused(*words)


@pytest.mark.parametrize("name", ["My", "9lives", "a-b", "class", "", "a" * 41, "../up"])
def test_a_name_that_is_none_is_one_sentence(cli: Cli, name: str) -> None:
    words = ("new-strategy", name, "--folder", cli.folder)
    assert "is no name of a strategy: write it like my_cross" in cli.refused(*words)


def test_the_longest_name_is_taken(cli: Cli) -> None:
    assert cli.json("new-strategy", "a" * 40, "--folder", cli.folder)["file"]
