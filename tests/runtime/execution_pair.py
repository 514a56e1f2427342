"""A core's link and an execution-engine in memory, moved on by hand, over a venue that notes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tests.runtime.test_last_check import sized
from tradewind.adapters.memory.link import MemoryExchange, MemoryLine
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.trading import Connection, Refused
from tradewind.runtime.execution_link import SETTLE_S, ExecutionLink
from tradewind.runtime.far_trading import FarTrading
from tradewind.runtime.last_check import LastCheck
from tradewind.runtime.venue_sessions import VenueSessions

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9


class NotingVenue:
    """Takes what comes; `gate` holds answers back. It knows the orders that it took."""

    sends_at_once: Literal[True] = True
    venue = "SIM"
    silence_s = 5.0
    has_cancel_all = True
    has_positions = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.canceled: list[str] = []
        self.connection = Connection(is_up=True, count=1)
        self.gate = asyncio.Event()
        self.gate.set()
        self.deliver: Any = None

    async def start(self, deliver: Any) -> None:
        self.deliver = deliver

    async def close(self) -> None:
        self.sent.append("closed")

    async def submit(self, command: m.SubmitOrder) -> None:
        self.sent.append(command.order_id)
        if not self.gate.is_set():
            await self.gate.wait()
        self.deliver(m.OrderAccepted(0, command.order_id, "v" + command.order_id))

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        if command.order_id not in self.sent:
            return None
        return [m.OrderAccepted(0, command.order_id, "v" + command.order_id)]

    async def cancel_all(self, instrument: str) -> None:
        self.canceled.append(instrument)


class Pair:
    """Both ends; `now_ns` is the clock of both."""

    def __init__(self, home: Path, epoch: int = 1) -> None:
        self.home = home
        self.now_ns = 100 * SECOND_NS
        self.exchange = MemoryExchange()
        self.venue = NotingVenue()
        self.delivered: list[m.Record] = []
        self.check = LastCheck(lambda: self.now_ns / 1e9)
        self.core(epoch)
        self.engine()

    def core(self, epoch: int) -> None:
        """A core that begins; one that was there is gone."""
        self.epoch = epoch
        self.line = MemoryLine(self.exchange, b"core %d" % epoch)
        self.link = ExecutionLink(self.line, lambda: self.now_ns)
        self.link.follow(self.check)
        self.trading = FarTrading(self.link, "SIM")
        self.link.deliver = self.delivered.append

    def engine(self) -> None:
        """An execution-engine that begins, likewise."""
        self.sessions = VenueSessions(
            self.exchange, self._make, home=self.home, now_ns=lambda: self.now_ns
        )

    def _make(self, venue: str, instruments: Sequence[Instrument], id_prefix: str) -> Any:
        return self.venue

    async def move(self, seconds: float = 0.0) -> None:
        """Let both ends look and hear, so much later."""
        self.now_ns += int(seconds * SECOND_NS)
        for _ in range(6):
            self.link.look()
            self.exchange.deliver(self.sessions.take)
            await asyncio.sleep(0)
            self.sessions.look()
            self.line.deliver(self.link.take)
            await asyncio.sleep(0)

    async def join(self) -> None:
        """Have the link stand."""
        opened = self.link.open("SIM", [GOOG], epoch=self.epoch, id_prefix="j0-")
        opening = asyncio.create_task(opened)
        for _ in range(3):
            await asyncio.sleep(0)
            await self.move(0.1)
        await asyncio.wait_for(opening, 1)
        await self.move(SETTLE_S)

    async def submit(self, name: str, quantity: int = 1) -> str:
        """Send an order; what became of the call."""
        calling = asyncio.create_task(self.trading.submit(sized(name, quantity)))
        await asyncio.sleep(0)
        await self.move()
        return await outcome(calling)

    async def query(self, name: str) -> str:
        """Ask for an order: how many reports, or what became of the call."""
        command = m.QueryOrder(0, name, "SIM", GOOG.id)
        calling = asyncio.create_task(self.trading.query(command))
        await asyncio.sleep(0)
        await self.move()
        return await outcome(calling)


async def outcome(calling: asyncio.Task[Any]) -> str:
    """What a call came to, as a word: `done`, `waits` or the error's sentence."""
    if not calling.done():
        return "waits"
    try:
        found = await calling
    except (Refused, OutsideError) as error:
        return str(error)
    return "done" if found is None else f"{len(found)} told"
