"""Kept choices: what persons decided over the settings while the platform ran, in choices.json.

A strategy that was stopped must not trade again, and a limit that was lowered must not be high
again, because a process ended. `tradewind config` does not know these: they are of this home.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tradewind.model.errors import OutsideError, UserError
from tradewind.model.limits import Limits

CHOICES_NAME = "choices.json"


class StrategyChoice(msgspec.Struct, frozen=True):
    """Whether a strategy shall run, with which parameters over those of its plan, and who said."""

    is_running: bool
    parameters: dict[str, str]
    by: str


class Choices(msgspec.Struct, frozen=True):
    """Choices by strategy, and changes of limits by scope (null takes a limit away).

    Of the risk monitor's rules: changes of levels by measure, scenarios by name, terms by account,
    and the approved code by strategy.
    """

    strategies: dict[str, StrategyChoice] = {}
    limits: dict[str, dict[str, Any]] = {}
    levels: dict[str, dict[str, Any]] = {}
    scenarios: dict[str, dict[str, str] | None] = {}
    terms: dict[str, dict[str, Any] | None] = {}
    codes: dict[str, str] = {}


def load_choices(home: Path) -> Choices:
    """The choices of a home; none where nobody made any."""
    path = home / CHOICES_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Choices)
    except FileNotFoundError:
        return Choices()
    except (OSError, msgspec.DecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): mend it, or remove it") from None


@contextmanager
def over_settings(home: Path, chosen: object) -> Iterator[None]:
    """Around what settings and choices make together: a `UserError` names the choices' file too."""
    try:
        yield
    except UserError as error:
        if not chosen:
            raise
        raise UserError(
            f"{error}; a part of it was chosen while it ran: change the setting, or take the "
            f"choice out of {home / CHOICES_NAME}"
        ) from None


def save_choices(home: Path, choices: Choices) -> None:
    """Put the choices in the place of those before, whole or not at all."""
    path = home / CHOICES_NAME
    beside = path.with_suffix(".new")
    try:
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(choices)))
        beside.replace(path)
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be written: {error.strerror}", fault="ours", retry=False
        ) from None


def with_changes(limits: Limits, changes: dict[str, Any]) -> Limits:
    """Limits with some of them changed; `UserError` where there is no such limit.

    >>> wanted = with_changes(Limits(leverage="2"), {"leverage": None, "open_orders": 5})
    >>> wanted == Limits(open_orders=5)
    True
    """
    known = msgspec.structs.asdict(limits)
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise UserError(f"there is no limit {unknown[0]!r}: known are {', '.join(known)}")
    defaults = {field.name: field.default for field in msgspec.structs.fields(Limits)}
    given = {name: defaults[name] if value is None else value for name, value in changes.items()}
    try:
        return msgspec.convert(known | given, Limits)
    except msgspec.ValidationError as error:
        raise UserError(f"limits: {error}") from None
