"""The broker in RabbitMQ: published with confirms, acknowledged after the effect."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from typing import NamedTuple

from aio_pika import DeliveryMode
from aio_pika import Message as Letter
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError

from tradewind.adapters.rabbitmq.address import address_of
from tradewind.adapters.rabbitmq.connection import Connection
from tradewind.adapters.rabbitmq.dead_letters import (
    DELIVERIES,
    REASON,
    dead_letter,
    states_of,
    taken_dead,
)
from tradewind.adapters.rabbitmq.topology import dead_name
from tradewind.model.errors import OutsideError
from tradewind.ports.broker import (
    QUEUES,
    DeadLetter,
    Delivery,
    Message,
    Queue,
    QueueFull,
    QueueState,
)

POLL_S = 0.1
"""How often queues that were empty are asked again."""
IN_FLIGHT_MAX = 64
"""Messages whose confirms are waited for together."""
FULL = 0.75
"""A queue that was full takes messages again when four fifths of it are left."""


class _Taken(NamedTuple):
    connection: int
    letter: AbstractIncomingMessage


class RabbitBroker:
    """The `Broker` at an address; nothing is asked of it before the first call."""

    def __init__(
        self, url: str, *, queues: tuple[Queue, ...] = QUEUES, name: str = "tradewind"
    ) -> None:
        self._connection = Connection(address_of(url), queues, name)
        self._queues = {queue.name: queue for queue in queues}
        self._taken: dict[int, _Taken] = {}
        self._receipts = itertools.count(1)
        self.place = self._connection.place

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages over; when it returns a majority of the nodes has them on disk."""
        names = {one.queue: self._queues[one.queue].name for one in messages}
        for first in range(0, len(messages), IN_FLIGHT_MAX):
            part = messages[first : first + IN_FLIGHT_MAX]
            async with self._connection.channel() as channel:
                told = [_confirmed(channel, names[one.queue], one, {}) for one in part]
                outcomes = await asyncio.gather(*told, return_exceptions=True)
                for one, outcome in zip(part, outcomes, strict=True):
                    if isinstance(outcome, BaseException):
                        await self._raise_full(channel, one.queue, outcome)
                        raise outcome

    async def take(self, queues: Sequence[str], *, wait_s: float) -> Delivery | None:
        """The oldest message of the first of the queues that has one; None after the wait."""
        ends_at = time.monotonic() + wait_s
        while True:
            async with self._connection.channel() as channel:
                for name in queues:
                    queue = await channel.get_queue(name, ensure=False)
                    letter = await queue.get(fail=False)
                    if letter is not None:
                        return self._noted(name, letter)
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                return None
            await asyncio.sleep(min(POLL_S, left_s))

    async def done(self, delivery: Delivery) -> None:
        """Acknowledge it; where the connection is lost at that moment it is handed out again."""
        async with self._connection.channel():
            letter = self._ours(delivery)
            await letter.ack()

    async def give_back(self, delivery: Delivery) -> None:
        """Let the server hand it out again; it counts how often."""
        async with self._connection.channel():
            letter = self._ours(delivery)
            await letter.nack(requeue=True)

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it with the dead letters, with the reason, and only then acknowledge it."""
        message = delivery.message
        headers: dict[str, str | int] = {REASON: reason[:200], DELIVERIES: delivery.attempt}
        async with self._connection.channel() as channel:
            letter = self._ours(delivery)
            await _confirmed(channel, dead_name(message.queue), message, headers)
            await letter.ack()

    async def states(self) -> list[QueueState]:
        """Every queue, with how many messages wait in it and how many are dead."""
        async with self._connection.channel() as channel:
            return [await states_of(channel, name) for name in self._queues]

    async def dead(self, queue: str, *, limit: int) -> list[DeadLetter]:
        """The oldest dead letters of a queue; they go back as the channel ends."""
        async with self._connection.second_channel() as channel:
            return [
                dead_letter(queue, each) async for each in taken_dead(channel, queue, limit=limit)
            ]

    async def redrive(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Put dead letters back; each leaves the dead ones when its queue has it."""
        count = 0
        async with self._connection.second_channel() as channel:
            async for each in taken_dead(channel, queue, message_ids=message_ids):
                message = dead_letter(queue, each).message
                try:
                    await _confirmed(channel, queue, message, {})
                except DeliveryError as error:
                    await self._raise_full(channel, queue, error)
                    raise
                await each.ack()
                count += 1
        return count

    async def drop(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Throw dead letters away."""
        count = 0
        async with self._connection.second_channel() as channel:
            async for each in taken_dead(channel, queue, message_ids=message_ids):
                await each.ack()
                count += 1
        return count

    async def close(self) -> None:
        """Close the connection; the server hands out again what was not done."""
        self._taken.clear()
        await self._connection.close()

    async def _raise_full(self, channel: AbstractChannel, name: str, error: BaseException) -> None:
        """Raise `QueueFull` where a queue refused a message because it is full.

        It refuses as well while no node leads it; and a channel whose first message came then is
        refused until the dead node is back, so it is left with the error.
        """
        if isinstance(error, DeliveryError) and not isinstance(error, PublishError):
            state, queue = await states_of(channel, name), self._queues[name]
            if state.waiting >= FULL * queue.length_max:
                raise QueueFull(self.place, queue) from None

    def _noted(self, queue: str, letter: AbstractIncomingMessage) -> Delivery:
        number, receipt = self._connection.number, next(self._receipts)
        self._taken = {key: one for key, one in self._taken.items() if one.connection == number}
        self._taken[receipt] = _Taken(number, letter)
        again = int(str(letter.headers.get("x-delivery-count", 0)))
        message = Message(message_id=letter.message_id or "", queue=queue, body=letter.body)
        return Delivery(message=message, attempt=again + 1, receipt=receipt)

    def _ours(self, delivery: Delivery) -> AbstractIncomingMessage:
        taken = self._taken.pop(delivery.receipt, None)
        if taken is None or taken.connection != self._connection.number:
            raise OutsideError(
                f"{self.place} was lost since the message was taken: it is handed out again",
                fault="theirs",
                retry=False,
            )
        return taken.letter


async def _confirmed(
    channel: AbstractChannel, queue: str, message: Message, headers: dict[str, str | int]
) -> None:
    letter = Letter(
        message.body,
        message_id=message.message_id,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers=dict(headers),
    )
    await channel.default_exchange.publish(letter, queue, mandatory=True)
