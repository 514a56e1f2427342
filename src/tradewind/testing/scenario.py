"""Scenario files: text that says what is given to the engine and what it must decide.

A line is `> event` (given), `< decision` (expected next) or `= fact` (true now); ` # ` begins a
comment. Every decision must be expected, in order. `tests/scenarios` shows how; the words are in
`scenario_given` and `scenario_texts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tradewind.model.errors import UserError
from tradewind.testing.scenario_given import GIVEN
from tradewind.testing.scenario_texts import FACTS, decision_text
from tradewind.testing.scenario_world import World

MARKS = {">": "given", "<": "expected", "=": "fact"}


class Line(NamedTuple):
    """One line that says something: its number in the file, its mark and its words."""

    number: int
    mark: str
    text: str


class ScenarioFailed(AssertionError):
    """The engine did not do what the scenario says; names file and line."""


class Scenario:
    """A scenario by name, as text.

    >>> Scenario("two.txt", '''
    ... > limits account:main position_quantity=2
    ... > quote GOOG 100 101
    ... > intent buy 2          # at the limit
    ... < submit buy 2
    ... > filled buy 2 @ 101
    ... = position GOOG 2 cost 202 realized 0
    ... > intent buy 1          # one past it
    ... < denied max_position 3 2
    ... ''').play().state.anomalies
    {}
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = list(_lines(name, text))

    def play(self) -> World:
        """Give, expect and look, line by line; the world behind the last one.

        Raises `ScenarioFailed` where the engine does something else, and `UserError` where a
        line cannot be read.
        """
        world = World()
        for line in self.lines:
            if line.mark == ">":
                self._expect_nothing_more(world, line)
                self._give(world, line)
            elif line.mark == "<":
                self._expect(world, line)
            else:
                self._look(world, line)
        self._expect_nothing_more(world, None)
        return world

    def expected(self, word: str) -> list[str]:
        """The second words of all expected decisions of a kind: `expected("denied")`."""
        decisions = [line.text.split() for line in self.lines if line.mark == "<"]
        return [words[1] for words in decisions if words[0] == word]

    def _give(self, world: World, line: Line) -> None:
        words = line.text.split()
        if words[0] not in GIVEN:
            raise UserError(f"{self._place(line)}: {words[0]!r} is no event: {_list(GIVEN)}")
        try:
            GIVEN[words[0]](world, words[1:])
        except (ValueError, IndexError, KeyError, UserError) as error:
            unreadable = f"{self._place(line)}: {line.text!r} cannot be read ({error})"
            raise UserError(unreadable) from None

    def _expect(self, world: World, line: Line) -> None:
        found = decision_text(world, world.decided.pop(0)) if world.decided else "nothing"
        if found != line.text:
            raise ScenarioFailed(f"{self._place(line)}: expected {line.text!r}, got {found!r}")

    def _expect_nothing_more(self, world: World, line: Line | None) -> None:
        if world.decided:
            found = decision_text(world, world.decided[0])
            place = self._place(line) if line else f"{self.name}, at its end"
            raise ScenarioFailed(f"{place}: nobody expected {found!r}")

    def _look(self, world: World, line: Line) -> None:
        words = line.text.split()
        if words[0] not in FACTS:
            raise UserError(f"{self._place(line)}: {words[0]!r} is no fact: {_list(FACTS)}")
        found = f"{words[0]} {FACTS[words[0]](world, words[1:])}"
        if found != line.text:
            raise ScenarioFailed(f"{self._place(line)}: {line.text!r} is not so: {found!r}")

    def _place(self, line: Line) -> str:
        return f"{self.name} line {line.number}"


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file."""
    return Scenario(path.name, path.read_text())


def _lines(name: str, text: str) -> list[Line]:
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        said = "" if raw.startswith("#") else raw.partition(" # ")[0].strip()
        if not said:
            continue
        mark, _, rest = said.partition(" ")
        if mark not in MARKS or not rest.strip():
            raise UserError(f"{name} line {number}: begin with '> ', '< ' or '= ' and say what")
        lines.append(Line(number, mark, " ".join(rest.split())))
    return lines


def _list(words: Iterable[str]) -> str:
    return "known are " + ", ".join(sorted(words))
