"""Dead letters in RabbitMQ: taken from their queue to be looked at, and left there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from tradewind.adapters.rabbitmq.topology import dead_name
from tradewind.ports.broker import DeadLetter, Message, QueueState

REASON = "x-tradewind-reason"
DELIVERIES = "x-tradewind-deliveries"
LETTERS_MAX = 10_000
"""How many one command looks through."""


async def taken_dead(
    channel: AbstractChannel,
    queue: str,
    *,
    message_ids: Sequence[str] = (),
    limit: int = LETTERS_MAX,
) -> AsyncIterator[AbstractIncomingMessage]:
    """Dead letters (those of the ids, or all), oldest first, each once.

    What is not acknowledged goes back when the channel ends.
    """
    wanted = set(message_ids)
    there = await channel.get_queue(dead_name(queue), ensure=False)
    for _ in range(limit):
        letter = await there.get(fail=False)
        if letter is None:
            return
        if not wanted or letter.message_id in wanted:
            yield letter


def dead_letter(queue: str, letter: AbstractIncomingMessage) -> DeadLetter:
    """What a dead letter was and why it died: our own reason, or the server's."""
    deaths: Any = letter.headers.get("x-death") or [{}]
    reason = letter.headers.get(REASON) or deaths[0].get("reason", "unknown")
    deliveries = letter.headers.get(DELIVERIES) or letter.headers.get("x-delivery-count", 0)
    return DeadLetter(
        message=Message(message_id=letter.message_id or "", queue=queue, body=letter.body),
        reason=_text(reason),
        deliveries=int(_text(deliveries)),
    )


async def states_of(channel: AbstractChannel, queue: str) -> QueueState:
    """How many messages wait in a queue, and how many of it are dead."""
    counts = []
    for name in (queue, dead_name(queue)):
        there = await channel.declare_queue(name, passive=True)
        counts.append(there.declaration_result.message_count or 0)
    return QueueState(queue=queue, waiting=counts[0], dead=counts[1])


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
