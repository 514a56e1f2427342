"""A broker in memory: what it holds ends with the process, so whoever uses it offers it anew."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence

from tradewind.ports.broker import (
    DELIVERIES_MAX,
    QUEUES,
    DeadLetter,
    Delivery,
    Message,
    Queue,
    QueueFull,
    QueueState,
)

PLACE = "this process"


class MemoryBroker:
    """Queues of one event loop."""

    def __init__(self, queues: Sequence[Queue] = QUEUES) -> None:
        self._queues = {queue.name: queue for queue in queues}
        self._waiting: dict[str, deque[tuple[Message, int]]] = {
            queue.name: deque() for queue in queues
        }
        self._dead: dict[str, list[DeadLetter]] = {queue.name: [] for queue in queues}
        self._taken: dict[int, Delivery] = {}
        self._receipts = itertools.count(1)
        self._arrival = asyncio.Condition()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Put messages into their queues; `QueueFull` at the first that has no room."""
        for message in messages:
            waiting, queue = self._waiting[message.queue], self._queues[message.queue]
            if len(waiting) >= queue.length_max:
                raise QueueFull(PLACE, queue)
            waiting.append((message, 1))
        await self._tell()

    async def take(self, queues: Sequence[str], *, wait_s: float) -> Delivery | None:
        """The oldest message of the first of the queues that has one; None after the wait."""
        try:
            async with asyncio.timeout(wait_s), self._arrival:
                await self._arrival.wait_for(lambda: any(self._waiting[name] for name in queues))
                return self._next(queues)
        except TimeoutError:
            return None

    async def done(self, delivery: Delivery) -> None:
        """Forget it."""
        self._taken.pop(delivery.receipt, None)

    async def give_back(self, delivery: Delivery) -> None:
        """Put it before the others, or with the dead letters."""
        if self._taken.pop(delivery.receipt, None) is None:
            return
        message = delivery.message
        if delivery.attempt > DELIVERIES_MAX:
            self._let_die(delivery, "delivery_limit")
        else:
            self._waiting[message.queue].appendleft((message, delivery.attempt + 1))
            await self._tell()

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it with the dead letters."""
        if self._taken.pop(delivery.receipt, None) is not None:
            self._let_die(delivery, reason)

    async def states(self) -> list[QueueState]:
        """Every queue."""
        return [
            QueueState(queue=name, waiting=len(waiting), dead=len(self._dead[name]))
            for name, waiting in self._waiting.items()
        ]

    async def dead(self, queue: str, *, limit: int) -> list[DeadLetter]:
        """The oldest dead letters of a queue."""
        return self._dead[queue][:limit]

    async def redrive(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Put dead letters back into their queue."""
        chosen = self._chosen(queue, message_ids)
        await self.publish([letter.message for letter in chosen])
        return self._forget(queue, chosen)

    async def drop(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Throw dead letters away."""
        return self._forget(queue, self._chosen(queue, message_ids))

    async def close(self) -> None:
        """Hand out again what was not done."""
        for delivery in reversed(list(self._taken.values())):
            await self.give_back(delivery)

    def _next(self, queues: Sequence[str]) -> Delivery:
        name = next(name for name in queues if self._waiting[name])
        message, attempt = self._waiting[name].popleft()
        delivery = Delivery(message=message, attempt=attempt, receipt=next(self._receipts))
        self._taken[delivery.receipt] = delivery
        return delivery

    def _let_die(self, delivery: Delivery, reason: str) -> None:
        letter = DeadLetter(message=delivery.message, reason=reason, deliveries=delivery.attempt)
        self._dead[delivery.message.queue].append(letter)

    def _chosen(self, queue: str, message_ids: Sequence[str]) -> list[DeadLetter]:
        wanted = set(message_ids)
        letters = self._dead[queue]
        return [one for one in letters if not wanted or one.message.message_id in wanted]

    def _forget(self, queue: str, chosen: list[DeadLetter]) -> int:
        self._dead[queue] = [one for one in self._dead[queue] if one not in chosen]
        return len(chosen)

    async def _tell(self) -> None:
        async with self._arrival:
            self._arrival.notify_all()
