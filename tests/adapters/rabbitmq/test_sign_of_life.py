"""Whose fault a late sign of life is."""

from __future__ import annotations

import asyncio
import time

import pytest

from tradewind.adapters.rabbitmq.sign_of_life import in_time

TIME_S = 0.3


def test_who_stood_still_hears_what_came_meanwhile() -> None:
    async def answer() -> str:
        await asyncio.sleep(0.05)
        for _ in range(10):  # what was read goes through several hands
            await asyncio.sleep(0)
        return "here"

    async def work() -> str:
        asyncio.get_running_loop().call_later(0.01, time.sleep, TIME_S + 0.1)
        return await in_time(answer(), TIME_S)

    assert asyncio.run(work()) == "here"


def test_nobody_is_waited_for_longer() -> None:
    async def work() -> None:
        await in_time(asyncio.sleep(60), TIME_S)

    began_s = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert TIME_S <= time.monotonic() - began_s < 30


def test_what_fails_fails_as_itself() -> None:
    async def fail() -> None:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        asyncio.run(in_time(fail(), TIME_S))
