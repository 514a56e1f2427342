"""Trading through an execution-engine passes the suite of trading, as the venue behind it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.test_paper_suite import COIN
from tests.adapters.test_paper_suite import Stage as PaperStage
from tradewind.adapters.memory.link import MemoryExchange, MemoryLine
from tradewind.ports.trading import Deliver, Trading
from tradewind.runtime.execution_link import ExecutionLink
from tradewind.runtime.far_trading import FarTrading
from tradewind.runtime.venue_sessions import VenueSessions
from tradewind.testing.trading_suite import TradingSuite


class JoinedTrading(FarTrading):
    """The core's end, with the execution-engine as a task beside it."""

    def __init__(self, paper: Trading, home: Path) -> None:
        self._exchange = MemoryExchange()
        line = MemoryLine(self._exchange, b"core")
        super().__init__(ExecutionLink(line, time.monotonic_ns), "SIM")
        self._paper, self._home = paper, home
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, deliver: Deliver) -> None:
        sessions = VenueSessions(
            self._exchange,
            lambda venue, instruments, id_prefix: self._paper,
            home=self._home,
            now_ns=time.monotonic_ns,
        )
        self._tasks = [asyncio.create_task(each.run()) for each in (sessions, self.link)]
        await self.link.open("SIM", [COIN], epoch=1, id_prefix="j0-")
        await super().start(deliver)
        while not self.connection.is_up:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Stage(PaperStage):
    def __init__(self, home: Path) -> None:
        self._home = home

    def trading(self) -> JoinedTrading:  # type: ignore[override]
        return JoinedTrading(super().trading(), self._home)


class TestFarTrading(TradingSuite):
    home: Path

    @pytest.fixture(autouse=True)
    def _in_home(self, tmp_path: Path) -> None:
        self.home = tmp_path

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.home)
