"""A setting: its name, where it may be given, what it must be, what it is otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tradewind.wiring.setting_kinds import Kind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting: its name in the config file, in the environment, its kind and its default.

    `default` is text as a person would write it; `profiles` holds the environments in which
    another one stands. A secret is masked wherever it is shown.

    >>> from tradewind.wiring.catalog import PORT
    >>> PORT.name, PORT.variables, PORT.kind.parse(PORT.default)
    ('gateway.port', ('PORT',), 8000)
    """

    name: str
    variables: tuple[str, ...]
    kind: Kind[T]
    default: str
    meaning: str
    unit: str = ""
    profiles: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False
