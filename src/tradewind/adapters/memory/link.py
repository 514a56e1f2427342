"""The link inside one process: what is sent waits in a queue until it is delivered."""

from __future__ import annotations

import asyncio
from collections import deque

from tradewind.ports.link import Frames, TakeFrames, TakeFrom

FRAMES_WAITING_MAX = 1_000


class MemoryExchange:
    """The core's end; lines are made for it, and used on its event loop."""

    def __init__(self, room: int = FRAMES_WAITING_MAX) -> None:
        self.room = room
        self.lines: dict[bytes, MemoryLine] = {}
        self.coming: deque[tuple[bytes, Frames]] = deque()
        self.woken = asyncio.Event()

    async def start(self) -> None:
        """Be there."""

    async def run(self, take: TakeFrom) -> None:
        """Hand on what comes, until cancelled."""
        while True:
            self.deliver(take)
            self.woken.clear()
            await self.woken.wait()

    def deliver(self, take: TakeFrom) -> None:
        """Hand on what has come."""
        while self.coming:
            take(*self.coming.popleft())

    def send(self, peer: bytes, frames: Frames) -> bool:
        """Put frames in a line's queue, as far as it has room."""
        line = self.lines.get(peer)
        if line is None or len(line.coming) >= self.room:
            return False
        line.coming.append(frames)
        line.woken.set()
        return True

    async def close(self) -> None:
        """Let go of what waits."""
        self.coming.clear()


class MemoryLine:
    """One end of others; `is_cut` loses what is sent either way."""

    def __init__(self, exchange: MemoryExchange, name: bytes) -> None:
        self.coming: deque[Frames] = deque()
        self.woken = asyncio.Event()
        self.is_cut = False
        self._exchange = exchange
        self._name = name
        exchange.lines[name] = self

    async def start(self) -> None:
        """Be there."""

    async def run(self, take: TakeFrames) -> None:
        """Hand on what comes, until cancelled."""
        while True:
            self.deliver(take)
            self.woken.clear()
            await self.woken.wait()

    def deliver(self, take: TakeFrames) -> None:
        """Hand on what has come."""
        while self.coming:
            frames = self.coming.popleft()
            if not self.is_cut:
                take(frames)

    def send(self, frames: Frames) -> bool:
        """Put frames in the exchange's queue."""
        if not self.is_cut:
            self._exchange.coming.append((self._name, frames))
            self._exchange.woken.set()
        return True

    async def close(self) -> None:
        """Be there no more."""
        self._exchange.lines.pop(self._name, None)
