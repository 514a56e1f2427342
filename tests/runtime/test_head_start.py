"""A head start: what need not wait happens at once, the rest goes on in a task."""

import asyncio

import pytest

from tradewind.runtime.head_start import Rest, begin


async def rest_of(rest: Rest[int]) -> int:
    return await rest


def test_what_waits_goes_on_in_a_task_and_returns_its_result() -> None:
    notes: list[str] = []

    async def work(answer: "asyncio.Future[int]") -> int:
        notes.append("begun")
        first = await answer
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await asyncio.sleep(0.001)
        return first + 1

    async def scenario() -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        rest = begin(work(answer))
        assert notes == ["begun"]
        assert rest is not None
        task = asyncio.create_task(rest_of(rest))
        answer.set_result(41)
        return await task

    assert asyncio.run(scenario()) == 42


def test_a_future_that_others_await_as_well_wakes_both() -> None:
    async def wait(answer: "asyncio.Future[int]") -> int:
        return await answer

    async def scenario() -> list[int]:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        rest = begin(wait(answer))
        assert rest is not None
        other = asyncio.create_task(wait(answer))
        await asyncio.sleep(0)
        task = asyncio.create_task(rest_of(rest))
        await asyncio.sleep(0)
        answer.set_result(1)
        return [await task, await other]

    assert asyncio.run(scenario()) == [1, 1]


def test_a_cancel_reaches_the_coroutine_where_it_waits() -> None:
    notes: list[str] = []

    async def work() -> int:
        try:
            await asyncio.sleep(60)
        finally:
            notes.append("ended")
        return 0

    async def scenario() -> None:
        rest = begin(work())
        assert rest is not None
        task = asyncio.create_task(rest_of(rest))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert notes == ["ended"]


def test_an_error_before_the_first_wait_is_raised_at_once() -> None:
    async def work() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        begin(work())
