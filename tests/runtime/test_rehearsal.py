"""A rehearsal plays whole orders with an engine of its own, within bounds, and harms nobody."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tradewind.adapters.memory import journal as memory
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.zeromq.bus_way import through_a_socket
from tradewind.model.columns import Columns
from tradewind.ports.market_data import TakeRows
from tradewind.runtime import rehearsal
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.rehearsal import Rehearsal, Way, straight
from tradewind.wiring.rehearsal import PricesFrom, rehearsed


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_reached():
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("way", [straight, through_a_socket])
def test_each_quote_has_an_order_and_an_engine_is_let_go_after_its_share(
    monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setattr(rehearsal, "QUOTES_PER_ENGINE", 5)
    journals: list[MemoryJournal] = []

    def new_journal() -> MemoryJournal:
        journals.append(MemoryJournal("rehearsal"))
        return journals[-1]

    async def play() -> int:
        playing = Rehearsal(0.001, new_journal, SystemClock(), way=way)
        task = asyncio.create_task(playing.run())
        await until(lambda: len(journals) >= 4)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return playing.order_count

    # the last quote of each may still be on its way when its engine is let go
    assert asyncio.run(play()) >= (15 if way is straight else 12)
    assert all(journal.last_sequence for journal in journals[:3])


def test_a_rehearsal_that_wakes_late_leaves_the_processor_to_others() -> None:
    put_count = 0

    @contextmanager
    def counted(take: TakeRows) -> Iterator[TakeRows]:
        def put(columns: Columns) -> None:
            nonlocal put_count
            put_count += 1
            take(columns)

        yield put

    async def play() -> None:
        playing = Rehearsal(0.001, lambda: MemoryJournal("j0"), SystemClock(), way=counted)
        task = asyncio.create_task(playing.run())
        for _ in range(60):
            time.sleep(0.01)
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    assert 0 < put_count <= 15


def test_a_run_without_the_setting_rehearses_nothing() -> None:
    async def play() -> None:
        async with rehearsed(0, SystemClock()):
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(play())


@pytest.mark.parametrize("prices_from", ["venue", "bus"])
def test_a_rehearsal_that_fails_is_told_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, prices_from: PricesFrom
) -> None:
    caplog.set_level(logging.ERROR)

    def refuse(*_: object) -> None:
        raise ZeroDivisionError("no more")

    async def play() -> bool:
        async with rehearsed(1, SystemClock(), prices_from):
            await asyncio.sleep(0.02)
            monkeypatch.setattr(memory, "check_follows", refuse)
            await until(lambda: "rehearsal_ended" in caplog.text)
            return True

    assert asyncio.run(play())
