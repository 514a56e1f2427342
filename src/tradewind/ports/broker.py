"""Messages that must not be lost: queues of a broker, the outbox before it, dead letters behind it.

A message is delivered at least once. Whoever handles it notes its id in the transaction of the
effect (the inbox), so that a second delivery has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tradewind.model.errors import OutsideError

DELIVERIES_MAX = 5
"""A message that was given back more often goes to the dead letters."""
BODY_BYTES_MAX = 1024 * 1024


class Queue(msgspec.Struct, frozen=True):
    """A durable queue; beyond `length_max` messages it takes no more (`QueueFull`)."""

    name: str
    length_max: int = 100_000


JOBS_HIGH = Queue("tradewind.jobs.high")
JOBS_NORMAL = Queue("tradewind.jobs.normal")
JOBS_LOW = Queue("tradewind.jobs.low")
QUEUES = (JOBS_HIGH, JOBS_NORMAL, JOBS_LOW)
"""What the program declares."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes for a queue. Two messages of one id are one message that came twice."""

    message_id: str
    queue: str
    body: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message in our hands, for the `attempt`-th time; `receipt` is the broker's own."""

    message: Message
    attempt: int
    receipt: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that nobody could handle, and why."""

    message: Message
    reason: str
    deliveries: int


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages wait in a queue, how many of it are dead, who takes them."""

    queue: str
    waiting: int
    dead: int


class QueueFull(OutsideError):
    """The queue has as many messages as it may; nothing of this one was kept."""

    def __init__(self, place: str, queue: Queue) -> None:
        super().__init__(
            f"the queue {queue.name} of {place} is full ({queue.length_max} messages): what comes "
            "waits in the outbox; start more workers, or look why they stopped",
            fault="ours",
            retry=True,
        )


class Broker(Protocol):
    """Queues. After an `OutsideError` the next call tries anew, at another node where there are."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages over; when it returns they are durable.

        After an error it is not known which of them are. `QueueFull` where a queue takes no more.
        """

    async def take(self, queues: Sequence[str], *, wait_s: float) -> Delivery | None:
        """The oldest message of the first of the queues that has one; None after the wait.

        It is ours until `done`, `give_back` or `bury`, or until the connection is lost: then
        somebody gets it again.
        """

    async def done(self, delivery: Delivery) -> None:
        """The effect is durable: the message is not needed any more."""

    async def give_back(self, delivery: Delivery) -> None:
        """Let somebody try it again, at most `DELIVERIES_MAX` times; then it is dead."""

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put a message that will never be handled with the dead letters."""

    async def states(self) -> list[QueueState]:
        """Every queue, in the order of `QUEUES`."""

    async def dead(self, queue: str, *, limit: int) -> list[DeadLetter]:
        """The oldest dead letters of a queue; they stay where they are."""

    async def redrive(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Put dead letters (those of the ids, or all) back into their queue; how many."""

    async def drop(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Throw dead letters away (those of the ids, or all); how many."""

    async def close(self) -> None:
        """Let go; what was taken and not done is handed out again."""


class Outbox(Protocol):
    """Messages kept in the transaction of their cause until a broker has them."""

    def claim(self, *, now_ns: int, until_ns: int, limit: int) -> list[Message]:
        """Messages that are due and that no other relay has, oldest first."""

    def sent(self, message_ids: Sequence[str]) -> None:
        """The broker has them: take them out."""

    def release(self, message_ids: Sequence[str]) -> None:
        """The broker did not say that it has them: any relay may try again at once."""

    def waiting(self) -> int:
        """How many are kept, due or not."""
