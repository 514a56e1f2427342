"""`tradewind strategies`: the library with its parameters."""

from __future__ import annotations

from tests.cli.run_commands import Cli
from tradewind.strategies.library import LIBRARY


def test_every_strategy_of_the_library_is_listed_with_a_summary(cli: Cli) -> None:
    answers = cli.json("strategies")["strategies"]
    assert [answer["name"] for answer in answers] == list(LIBRARY)
    assert all(answer["summary"].endswith(".") for answer in answers)
    (cross,) = [answer for answer in answers if answer["name"] == "ma_crossover"]
    assert cross["parameters"]["fast"] == {"type": "int", "default": "10"}


def test_people_see_parameters_as_they_would_type_them(cli: Cli) -> None:
    code, out, err = cli.run("strategies")
    assert (code, err) == (0, "")
    assert "ma_crossover\n  Trade the cross of two averages of the close.\n" in out
    assert "  --param slow=30  (int)\n" in out
