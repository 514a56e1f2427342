"""The bus's way within one process: what is put in comes out, and what goes wrong is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tradewind.adapters.zeromq.bus_way import through_a_socket
from tradewind.model.columns import Columns
from tradewind.testing.bus_suite import trades


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_reached():
            await asyncio.sleep(0.002)


def test_rows_come_out_as_they_were_put_in_and_as_others() -> None:
    async def play() -> None:
        taken: list[Columns] = []
        with through_a_socket(taken.append) as put:
            wanted = [trades(number) for number in (5, 9, 7)]
            for rows in wanted:
                put(rows)
            assert not taken, "they come with the next turn of the event loop"
            await until(lambda: len(taken) == 3)
        for rows, found in zip(wanted, taken, strict=True):
            assert found is not rows
            assert found["price"].tolist() == rows["price"].tolist()

    asyncio.run(play())


def test_who_does_not_read_loses_rows_and_takes_those_behind() -> None:
    async def play() -> None:
        taken: list[Columns] = []
        with through_a_socket(taken.append) as put:
            for number in range(2_000):
                put(trades(number + 1))
            await until(lambda: len(taken) > 20)
            await asyncio.sleep(0.05)
            assert len(taken) < 2_000
            put(trades(3_000))
            await until(lambda: taken[-1]["price"][0] == 3_000)

    asyncio.run(play())


def test_a_fault_in_who_takes_them_is_raised_by_the_next_put() -> None:
    def refuse(_: Columns) -> None:
        raise ZeroDivisionError

    async def play() -> None:
        with through_a_socket(refuse) as put:
            put(trades(1))
            await asyncio.sleep(0.05)
            with pytest.raises(ZeroDivisionError):
                put(trades(2))

    asyncio.run(play())
