"""The doctor's look at RabbitMQ: reachable, who waits in its queues, and what is dead."""

from __future__ import annotations

import asyncio

from tradewind.model.errors import TradewindError
from tradewind.ops.doctor import Finding
from tradewind.ports.broker import QueueState

NAME = "rabbitmq"


def rabbitmq_findings(url: str) -> list[Finding]:
    """Return what is to be said of the RabbitMQ that a URL names; nothing where there is none."""
    if not url:
        return []
    # Here and not above: who has no RabbitMQ has not its client either.
    try:
        from tradewind.adapters.rabbitmq.broker import RabbitBroker
    except ModuleNotFoundError:
        return [Finding(NAME, "fault", "RABBITMQ_URL is set: install tradewind[rabbitmq] for it")]

    async def ask() -> list[QueueState]:
        broker = RabbitBroker(url, name="tradewind doctor")
        try:
            return await broker.states()
        finally:
            await broker.close()

    try:
        return [queue_finding(asyncio.run(ask()))]
    except TradewindError as error:
        return [Finding(NAME, "fault", str(error))]


def queue_finding(states: list[QueueState]) -> Finding:
    """Say how many messages wait, and that dead ones want somebody to look.

    >>> queue_finding([QueueState(queue="jobs", waiting=2, dead=0)]).sentence
    'answers, 2 messages wait, none is dead'
    >>> queue_finding([QueueState(queue="jobs", waiting=0, dead=1)]).state
    'warning'
    """
    waiting, dead = sum(one.waiting for one in states), sum(one.dead for one in states)
    if dead:
        names = ", ".join(one.queue for one in states if one.dead)
        return Finding(NAME, "warning", f"{dead} dead: look with `tradewind queue show` at {names}")
    return Finding(NAME, "ok", f"answers, {waiting} messages wait, none is dead")
