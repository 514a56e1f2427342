"""Several nodes are tried beside each other, and one of them is kept."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from tradewind.adapters.rabbitmq.opening import Opening, first_of

HEAD_START_S = 0.01


def after(wait_s: float, name: str) -> Opening[str]:
    async def opened() -> str:
        await asyncio.sleep(wait_s)
        return name

    return opened


def failing(words: str) -> Opening[str]:
    async def opened() -> str:
        raise OSError(words)

    return opened


def stubborn(name: str) -> Opening[str]:
    """One that was opened just when it was told to give up."""

    async def opened() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return name
        raise AssertionError(name)

    return opened


def opened(*openings: Opening[str]) -> tuple[int, str, list[str]]:
    """Which one was first, what it gave, what was thrown away."""
    thrown: list[str] = []

    async def run() -> tuple[int, str]:
        found = await first_of(openings, thrown.append, head_start_s=HEAD_START_S)
        await asyncio.sleep(3 * HEAD_START_S)
        return found

    number, name = asyncio.run(run())
    return number, name, thrown


def test_a_node_that_stands_still_is_not_waited_for() -> None:
    assert opened(after(60, "frozen"), failing("refused"), after(0, "whole")) == (2, "whole", [])


def test_what_is_opened_too_late_is_thrown_away() -> None:
    assert opened(stubborn("late"), after(0, "first")) == (1, "first", ["late"])


def test_of_two_at_once_one_is_kept() -> None:
    number, name, thrown = opened(after(HEAD_START_S, "one"), after(0, "two"))
    assert {name, *thrown} <= {"one", "two"}
    assert number == ["one", "two"].index(name)


def test_where_none_answers_the_last_failure_is_told() -> None:
    with pytest.raises(OSError, match="second"):
        asyncio.run(first_of([failing("first"), failing("second")], partial(print)))
