"""`tradewind venue` for the equity venues: the clock it begins at, and what it cannot do."""

from __future__ import annotations

import pytest

from tradewind.cli.main import main


@pytest.mark.parametrize("name", ["alpaca", "massive", "alpha-vantage"])
def test_a_venue_says_where_it_is_and_which_keys_are_good(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["venue", name, "--still", "--for", "0.01", "--clock", "2026-11-20T15:00:00Z"]
    assert main(arguments) == 0
    shown = "".join(capfd.readouterr())
    assert "http://127.0.0.1:" in shown
    assert "demo: key " in shown
    assert "secret \n" not in shown


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--clock", "tomorrow", "is not a time"),
        ("--replay", "capture.gz", "is not served by this venue"),
    ],
)
def test_what_a_venue_cannot_do_is_said_in_a_sentence(
    option: str, text: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["venue", "alpaca", option, text]) == 2
    shown = "".join(capfd.readouterr())
    assert words in shown
    assert "Traceback" not in shown
