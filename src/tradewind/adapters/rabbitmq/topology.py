"""The queues as RabbitMQ is told of them: quorum queues, bounded, each with one for the dead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aio_pika.abc import AbstractChannel

from tradewind.ports.broker import DELIVERIES_MAX, Queue

DEAD_SUFFIX = ".dead"
DEAD_LENGTH_MAX = 100_000
LOOKS_MAX = 1_000_000
"""Looking at a dead letter counts as a delivery; newer servers would throw it away after 20."""


async def declare(channel: AbstractChannel, queues: Sequence[Queue]) -> None:
    """Make what is not there yet; the server refuses where a queue has other properties."""
    for queue in queues:
        await channel.declare_queue(dead_name(queue.name), durable=True, arguments=dead_arguments())
        await channel.declare_queue(queue.name, durable=True, arguments=arguments_of(queue))


def dead_name(queue: str) -> str:
    """Where the dead letters of a queue are.

    >>> dead_name("tradewind.jobs.high")
    'tradewind.jobs.high.dead'
    """
    return queue + DEAD_SUFFIX


def arguments_of(queue: Queue) -> dict[str, Any]:
    """A queue's properties; a change of them needs a queue of another name."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERIES_MAX,
        "x-max-length": queue.length_max,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_name(queue.name),
        # A letter leaves the queue only when the other one has it.
        "x-dead-letter-strategy": "at-least-once",
    }


def dead_arguments() -> dict[str, Any]:
    """The properties of a queue of dead letters."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": LOOKS_MAX,
        "x-max-length": DEAD_LENGTH_MAX,
        "x-overflow": "reject-publish",
    }
