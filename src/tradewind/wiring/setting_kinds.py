"""Kinds of setting values: how text becomes a value, how a value is shown, what it must be.

A parser raises `ValueError` with the end of a sentence: "is not a number", "is above 65535".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value: `noun` is what the documentation calls it.

    >>> integer(least=1, most=9).parse("7")
    7
    >>> integer(least=1, most=9).parse("ten")
    Traceback (most recent call last):
        ...
    ValueError: is not a whole number
    """

    noun: str
    parse: Callable[[str], T]
    show: Callable[[T], str] = str


def integer(*, least: int, most: int) -> Kind[int]:
    """A whole number from `least` to `most`."""

    def parse(text: str) -> int:
        if re.fullmatch(r"[+-]?[0-9]+", text) is None:
            raise ValueError("is not a whole number")
        return int(_within(int(text), least, most))

    return Kind(f"whole number, {least} to {most}", parse)


def decimal(*, least: str, most: str) -> Kind[Decimal]:
    """An exact number from `least` to `most`, both as text.

    >>> decimal(least="0", most="1").parse("0.02")
    Decimal('0.02')
    """
    low, high = Decimal(least), Decimal(most)

    def parse(text: str) -> Decimal:
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError("is not a number") from None
        if not value.is_finite():
            raise ValueError("is not a number")
        return Decimal(_within(value, low, high))

    return Kind(f"number, {least} to {most}", parse, lambda value: f"{value:f}")


def choice(*words: str) -> Kind[str]:
    """One of a few words, upper or lower case.

    >>> choice("debug", "info").parse("INFO")
    'info'
    """

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text.lower()

    return Kind(" or ".join(f"`{word}`" for word in words), parse)


def switch() -> Kind[bool]:
    """On or off, said as `true` or `false`.

    >>> switch().parse("True")
    True
    """

    def parse(word: str) -> bool:
        if word.lower() not in ("true", "false"):
            raise ValueError("is not true or false")
        return word.lower() == "true"

    return Kind("`true` or `false`", parse, lambda value: "true" if value else "false")


def folder() -> Kind[Path]:
    """A folder; `~` is the person's own."""

    def parse(text: str) -> Path:
        if not text:
            raise ValueError("names no folder")
        return Path(text).expanduser().absolute()

    return Kind("folder", parse)


def text() -> Kind[str]:
    """Any text."""
    return Kind("text", str)


def names(pattern: str, example: str) -> Kind[tuple[str, ...]]:
    """Words with commas between them, each once and each like the example.

    >>> names("[a-z_]+", "ma_crossover").parse("a, b")
    ('a', 'b')
    """

    def parse(words: str) -> tuple[str, ...]:
        found = tuple(word.strip() for word in words.split(",") if word.strip())
        wrong = next((word for word in found if re.fullmatch(pattern, word) is None), None)
        if wrong is not None:
            raise ValueError(f"has {wrong!r}, which does not look like {example}")
        return _distinct(found)

    return Kind("names with commas between them", parse, ",".join)


def _distinct(words: Sequence[str]) -> tuple[str, ...]:
    for number, word in enumerate(words):
        if word in words[:number]:
            raise ValueError(f"has {word!r} twice")
    return tuple(words)


def _within(value: int | Decimal, least: int | Decimal, most: int | Decimal) -> int | Decimal:
    if value < least:
        raise ValueError(f"is below {least}")
    if value > most:
        raise ValueError(f"is above {most}")
    return value
