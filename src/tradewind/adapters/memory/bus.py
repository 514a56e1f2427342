"""The bus inside one process: the publisher hands batches to queues, the newest are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import TakeMissed, pieces
from tradewind.ports.market_data import TakeRows
from tradewind.runtime.in_order import InOrder
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments

KEPT_BYTES_MAX = 64 << 20
QUEUE_BATCHES_MAX = 1_000
"""Batches that wait for one subscriber; what comes beyond them it reads from the log."""


class MemoryPublisher:
    """Publishes to the subscribers that were made for it; used on one event loop."""

    def __init__(
        self,
        log: ReplayLog | None = None,
        *,
        session: int = 1,
        queue_batches_max: int = QUEUE_BATCHES_MAX,
    ) -> None:
        self.instruments: list[Instrument] = []
        self.session = session
        self.log = log or ReplayLog(MemorySegments(), kept_bytes_max=KEPT_BYTES_MAX)
        self.started = asyncio.Event()
        self._queue_batches_max = queue_batches_max
        self._queues: list[asyncio.Queue[tuple[int, Columns]]] = []

    @property
    def sequence(self) -> int:
        """The number of the newest batch."""
        return self.log.sequence

    async def start(self, instruments: Sequence[Instrument]) -> None:
        """Be there."""
        self.instruments = list(instruments)
        self.started.set()

    def publish(self, columns: Columns) -> None:
        """Hand a batch to every queue that has room."""
        for piece in pieces(columns):
            sequence = self.log.keep(piece)
            for queue in self._queues:
                if not queue.full():
                    queue.put_nowait((sequence, piece))

    async def run(self) -> None:
        """Do nothing until cancelled: subscribers read the log themselves."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Let go of what is kept."""
        self.log.close()

    def new_queue(self) -> asyncio.Queue[tuple[int, Columns]]:
        """A queue that gets every batch from here on."""
        queue: asyncio.Queue[tuple[int, Columns]] = asyncio.Queue(self._queue_batches_max)
        self._queues.append(queue)
        return queue

    def forget(self, queue: asyncio.Queue[tuple[int, Columns]]) -> None:
        """Fill a queue no more."""
        self._queues.remove(queue)


class MemorySubscriber:
    """Reads what a publisher of the same process publishes."""

    def __init__(self, publisher: MemoryPublisher) -> None:
        self._publisher = publisher
        self._queue: asyncio.Queue[tuple[int, Columns]] | None = None
        self._begins = 0

    @property
    def instruments(self) -> list[Instrument]:
        """What the publisher delivers."""
        return self._publisher.instruments

    @property
    def complaint(self) -> str:
        """Nothing: the publisher cannot be out of reach."""
        return ""

    async def start(self) -> None:
        """Wait for the publisher's start and stand behind its newest batch."""
        await self._publisher.started.wait()
        self._queue, self._begins = self._publisher.new_queue(), self._publisher.sequence

    async def run(self, take: TakeRows, missed: TakeMissed) -> None:
        """Deliver until cancelled; raises what `take` raises."""
        if self._queue is None:
            await self.start()
        assert self._queue is not None
        order = InOrder(take, missed)
        order.begin(self._publisher.session, self._begins)
        while True:
            sequence, columns = await self._queue.get()
            order.take(self._publisher.session, sequence, columns)
            self._catch_up(order)

    async def close(self) -> None:
        """Get nothing more."""
        if self._queue is not None:
            self._publisher.forget(self._queue)
            self._queue = None

    def _catch_up(self, order: InOrder[Columns]) -> None:
        """Read what is missing, once the queue has been emptied of what has come."""
        assert self._queue is not None
        log, session = self._publisher.log, self._publisher.session
        if self._queue.empty():
            order.heard(session, log.sequence)
        missing = order.missing()
        if missing is None:
            return
        if missing[0] < log.first:
            order.give_up(log.first - 1, "the publisher has it no more")
        for place, columns in enumerate(log.read(*missing), max(missing[0], log.first)):
            order.take(session, place, columns)
