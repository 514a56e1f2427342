"""Levels of risk: at which value of a measure an account is warned, reduced, flattened, blocked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from itertools import pairwise

import msgspec

from tradewind.model.errors import UserError

MEASURES = {
    "gross_exposure": "value of all positions by size, in account currency",
    "leverage": "gross exposure over equity",
    "concentration": "the largest position over equity",
    "daily_loss": "loss since midnight UTC, in account currency",
    "drawdown": "fall of the result from its peak, as a share of the equity at the peak",
    "value_at_risk": "historical simulation, one period, 99 %, in account currency",
    "parametric_value_at_risk": "variance-covariance, one period, 99 %, in account currency",
    "expected_shortfall": "mean of the worst 1 % of simulated periods, in account currency",
    "stress_loss": "loss of the worst stress scenario, in account currency",
}
"""What can have levels, and in which unit."""


class Level(IntEnum):
    """What is done, each more than the one before."""

    NONE = 0
    WARN = 1
    """Told in the journal, the log and the metrics."""
    BLOCK = 2
    """The account is halted: no new orders, working ones are canceled, until a person resumes."""
    REDUCE_ONLY = 3
    """Working orders are canceled, and orders may only make positions smaller."""
    FLATTEN = 4
    """Reduce only, and every position is closed at the market; then the account is halted."""


NAMES = {"warn": Level.WARN, "block": Level.BLOCK, "reduce_only": Level.REDUCE_ONLY,
         "flatten": Level.FLATTEN}  # fmt: skip


class Threshold(msgspec.Struct, frozen=True):
    """From this value of a measure on a level holds."""

    measure: str
    level: Level
    value: Decimal


def parse_levels(text: str) -> tuple[Threshold, ...]:
    """The thresholds that a JSON text names; none for an empty text.

    >>> parse_levels('{"drawdown": {"warn": "0.05", "flatten": 0.2}}')[1].level
    <Level.FLATTEN: 4>
    >>> parse_levels('{"mood": {"warn": 1}}')
    Traceback (most recent call last):
    tradewind.model.errors.UserError: risk levels: there is no measure 'mood': use ...
    """
    if not text.strip():
        return ()
    try:
        given = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise UserError(f"risk levels: {error}: write JSON as in docs/guides/risk.md") from None
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise UserError("risk levels: write an object of measures, each with its levels")
    return thresholds_of(given)


def thresholds_of(given: Mapping[str, Mapping[str, object]]) -> tuple[Threshold, ...]:
    """The thresholds of measures with their levels; `UserError` where they cannot be.

    >>> thresholds_of({"leverage": {"warn": "1"}})[0].value
    Decimal('1')
    """
    found: list[Threshold] = []
    for measure, levels in given.items():
        if measure not in MEASURES:
            raise UserError(
                f"risk levels: there is no measure {measure!r}: use {', '.join(MEASURES)}"
            )
        found += _of_measure(measure, levels)
    return tuple(found)


def levels_of(thresholds: tuple[Threshold, ...]) -> dict[str, dict[str, str]]:
    """The levels as people write them: what `thresholds_of` took.

    >>> levels_of(thresholds_of({"leverage": {"warn": "1"}}))
    {'leverage': {'warn': '1'}}
    """
    found: dict[str, dict[str, str]] = {}
    for one in thresholds:
        found.setdefault(one.measure, {})[one.level.name.lower()] = str(one.value)
    return found


def _of_measure(measure: str, levels: Mapping[str, object]) -> list[Threshold]:
    found = []
    for name, value in levels.items():
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise UserError(f"risk levels: {measure} has no level {name!r}: use {known}")
        found.append(Threshold(measure, NAMES[name], _number(f"{measure}.{name}", value)))
    found.sort(key=lambda one: one.level)
    for softer, harder in pairwise(found):
        if softer.value > harder.value:
            raise UserError(
                f"risk levels: {measure} would {harder.level.name.lower()} at {harder.value}, "
                f"before it would {softer.level.name.lower()} at {softer.value}: turn them round"
            )
    return found


def _number(name: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0:
        raise UserError(f"risk levels: {name}: {value!r} is no limit: use a number above 0")
    return number


def level_of(
    measures: dict[str, Decimal | None], thresholds: tuple[Threshold, ...]
) -> tuple[Threshold, Decimal] | None:
    """The hardest level that a measure reached, with its value; None where none did.

    >>> levels = parse_levels('{"leverage": {"warn": 1, "block": 2}}')
    >>> level_of({"leverage": Decimal("1.5")}, levels)[0].level
    <Level.WARN: 1>
    """
    reached = [
        (threshold, value)
        for threshold in thresholds
        if (value := measures.get(threshold.measure)) is not None and value >= threshold.value
    ]
    return max(reached, key=lambda one: one[0].level, default=None)
