"""A subscriber takes rows in the call that finds them; its task is woken for what is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tradewind.adapters.zeromq import subscriber as subscriber_module
from tradewind.adapters.zeromq.file_pipes import PipeReading
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.columns import Columns
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BTC, trades

BATCHES = 20


@asynccontextmanager
async def bus(folder: Path, log: ReplayLog) -> AsyncIterator[tuple[ZeroMqPublisher, list[Columns]]]:
    """A publisher, and what a subscriber that reads has taken."""
    place, taken = f"ipc://{folder}/bus.ipc", []
    publisher = ZeroMqPublisher(place, log, session=1)
    await publisher.start([BTC])
    subscriber = ZeroMqSubscriber(place)
    tasks = [asyncio.create_task(publisher.run())]
    await subscriber.start()
    tasks.append(asyncio.create_task(subscriber.run(taken.append, lambda _: None)))
    await asyncio.sleep(0)
    try:
        yield publisher, taken
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await subscriber.close()
        await publisher.close()


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_reached():
            await asyncio.sleep(0.005)


def test_rows_that_come_in_order_wake_no_task(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_module, "LOOK_S", 60.0)
    waits = 0
    real = PipeReading.wait

    async def counted(self: PipeReading, timeout_s: float) -> None:
        nonlocal waits
        if timeout_s == 60.0:
            waits += 1
        await real(self, timeout_s)

    monkeypatch.setattr(PipeReading, "wait", counted)

    async def play() -> None:
        async with bus(short_folder, ReplayLog(MemorySegments())) as (publisher, taken):
            for number in range(BATCHES):
                publisher.publish(trades(number + 1))
                await until(lambda count=number + 1: len(taken) == count)  # type: ignore[misc]
            assert waits <= 2, "one is the first, one may have met the first rows"

    asyncio.run(play())


def test_a_gap_is_asked_about_at_once_though_nothing_else_wakes_the_task(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_module, "LOOK_S", 60.0)

    async def play() -> None:
        log = ReplayLog(MemorySegments())
        async with bus(short_folder, log) as (publisher, taken):
            publisher.publish(trades(1))
            await until(lambda: len(taken) == 1)
            log.keep(trades(2))  # published, and lost on its way
            publisher.publish(trades(3))
            await until(lambda: len(taken) == 3)
            wanted = [trades(number)["price"].tolist() for number in (1, 2, 3)]
            assert [columns["price"].tolist() for columns in taken] == wanted

    asyncio.run(play())
