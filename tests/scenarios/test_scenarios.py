"""Every scenario file is played, and every rule has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.core.entry import ENTRY_RULES
from tradewind.core.flow import FLOW_RULES
from tradewind.core.risk import RULES
from tradewind.model.errors import UserError
from tradewind.testing.scenario import Scenario, ScenarioFailed, read_scenario

FILES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_engine_does_what_the_scenario_says(path: Path) -> None:
    read_scenario(path).play()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_begins_with_the_rule_it_proves(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith("# "), path
    assert first.endswith("."), path


@pytest.mark.parametrize("rule", [*RULES, *ENTRY_RULES, *FLOW_RULES])
def test_every_rule_has_a_scenario_of_its_name_at_the_limit_and_past_it(rule: str) -> None:
    scenario = read_scenario(Path(__file__).parent / f"{rule}.txt")
    assert rule in scenario.expected("denied")
    assert scenario.expected("submit")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("> quote GOOG 100 101\n> intent buy 1\n< submit buy 2", "line 3: expected 'submit buy 2'"),
        ("> quote GOOG 1 1\n> intent buy 1\n> wait 1s", "line 3: nobody expected 'submit buy 1'"),
        ("> quote GOOG 1 1\n> intent buy 1", "at its end: nobody expected"),
        ("> quote GOOG 1 1\n< submit buy 1", "got 'nothing'"),
        ("> deposit main USD 1\n", 'nobody expected "refused there is no account'),
        ("> account main USD 5\n= cash USD 6", "'cash USD 6' is not so: 'cash USD 5'"),
    ],
)
def test_what_the_engine_does_otherwise_is_told_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(ScenarioFailed, match=sentence):
        Scenario("it", text).play()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("buy 1", "line 1: begin with"),
        ("> dance", "'dance' is no event: known are"),
        ("> account main USD 1\n= dance", "'dance' is no fact: known are"),
        ("> quote GOOG 100", "cannot be read"),
        ("> intent buy 1 @", "cannot be read"),
        ("> intent buy much", "cannot be read"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Scenario("it", text).play()
