"""The broker in the gateway's database: queues of one installation without another server.

What is taken and neither done nor given back within `VISIBLE_NS` is handed out again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, case, delete, func, insert, select, update

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.engine import is_postgres, shown
from tradewind.adapters.sql.queue_tables import QUEUED
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

VISIBLE_NS = 30_000_000_000
"""Who took a message and says nothing for so long is dead."""
POLL_S = 0.2

Answer = TypeVar("Answer")


class SqlBroker:
    """The `Broker` of a database that `open_database` gave; several processes may share it."""

    def __init__(
        self,
        engine: Engine,
        *,
        queues: Sequence[Queue] = QUEUES,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._engine = engine
        self._queues = {queue.name: queue for queue in queues}
        self._now_ns = now_ns
        self._taken: dict[int, str] = {}

    async def publish(self, messages: Sequence[Message]) -> None:
        """Put messages into their queues, all of them or, where one is full, none."""

        def put(connection: Connection) -> None:
            for name in {one.queue for one in messages}:
                coming = [one for one in messages if one.queue == name]
                self._check_room(connection, self._queues[name], len(coming))
            rows = [_row(one) for one in messages]
            if rows:
                connection.execute(insert(QUEUED), rows)

        await self._write(put)

    async def take(self, queues: Sequence[str], *, wait_s: float) -> Delivery | None:
        """The oldest message of the first of the queues that has one; None after the wait."""
        ends_at = time.monotonic() + wait_s
        while True:
            if await asyncio.to_thread(self._has_any, queues):
                delivery = await self._write(lambda connection: self._claim(connection, queues))
                if delivery is not None:
                    return delivery
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                return None
            await asyncio.sleep(min(POLL_S, left_s))

    async def done(self, delivery: Delivery) -> None:
        """Take it out."""
        await self._write(
            lambda connection: connection.execute(delete(QUEUED).where(self._ours(delivery)))
        )

    async def give_back(self, delivery: Delivery) -> None:
        """Let somebody have it again, or let it die."""
        await self._write(lambda connection: _give_back(connection, self._ours(delivery)))

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it with the dead letters."""
        values = {"reason": reason[:200] or "unknown", "receipt": ""}
        await self._write(
            lambda connection: connection.execute(
                update(QUEUED).where(self._ours(delivery)).values(values)
            )
        )

    async def states(self) -> list[QueueState]:
        """Every queue."""
        is_dead = case((QUEUED.c.reason != "", 1), else_=0)
        question = select(QUEUED.c.queue, func.count(), func.sum(is_dead))
        question = question.group_by(QUEUED.c.queue)

        def ask(connection: Connection) -> list[QueueState]:
            found = {name: (rows, dead) for name, rows, dead in connection.execute(question)}
            counts = [(name, *found.get(name, (0, 0))) for name in self._queues]
            return [
                QueueState(queue=name, waiting=rows - dead, dead=dead)
                for name, rows, dead in counts
            ]

        return await self._read(ask)

    async def dead(self, queue: str, *, limit: int) -> list[DeadLetter]:
        """The oldest dead letters of a queue."""
        question = select(QUEUED).where(_is_dead(queue, ())).order_by(QUEUED.c.number).limit(limit)

        def ask(connection: Connection) -> list[DeadLetter]:
            return [
                DeadLetter(message=_message(row), reason=row["reason"], deliveries=row["attempt"])
                for row in connection.execute(question).mappings()
            ]

        return await self._read(ask)

    async def redrive(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Put dead letters back into their queue, at the place where they were."""
        values = {"reason": "", "attempt": 1, "taken_until_ns": 0, "receipt": ""}
        back = update(QUEUED).where(_is_dead(queue, message_ids)).values(values)
        return await self._write(lambda connection: connection.execute(back).rowcount)

    async def drop(self, queue: str, message_ids: Sequence[str] = ()) -> int:
        """Throw dead letters away."""
        gone = delete(QUEUED).where(_is_dead(queue, message_ids))
        return await self._write(lambda connection: connection.execute(gone).rowcount)

    async def close(self) -> None:
        """Hand out again what was taken and not done."""
        left, self._taken = self._taken, {}
        for receipt in left.values():
            await self._write(partial(_give_back, chosen=QUEUED.c.receipt == receipt))

    def _check_room(self, connection: Connection, queue: Queue, coming: int) -> None:
        is_waiting = (QUEUED.c.queue == queue.name) & (QUEUED.c.reason == "")
        there = connection.execute(select(func.count()).where(is_waiting)).scalar_one()
        if there + coming > queue.length_max:
            raise QueueFull(shown(self._engine), queue)

    def _has_any(self, queues: Sequence[str]) -> bool:
        # Asked before anything is locked: an idle worker shall hold up no writer.
        question = select(QUEUED.c.number).where(_is_free(queues, self._now_ns())).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(question).first() is not None

    def _claim(self, connection: Connection, queues: Sequence[str]) -> Delivery | None:
        now_ns = self._now_ns()
        for name in queues:
            oldest = select(QUEUED).where(_is_free([name], now_ns)).order_by(QUEUED.c.number)
            oldest = oldest.limit(1)
            if is_postgres(self._engine):
                oldest = oldest.with_for_update(skip_locked=True)
            row = connection.execute(oldest).mappings().first()
            if row is not None:
                return self._noted(connection, row, now_ns)
        return None

    def _noted(self, connection: Connection, row: Any, now_ns: int) -> Delivery | None:
        attempt = row["attempt"] + 1 if row["receipt"] else row["attempt"]  # Its taker died.
        receipt = secrets.token_hex(16)
        values: dict[str, Any] = {"attempt": attempt}
        if attempt > DELIVERIES_MAX + 1:
            values |= {"reason": "delivery_limit", "receipt": ""}
        else:
            values |= {"receipt": receipt, "taken_until_ns": now_ns + VISIBLE_NS}
        chosen = QUEUED.c.number == row["number"]
        connection.execute(update(QUEUED).where(chosen).values(values))
        if "reason" in values:
            return None
        self._taken[row["number"]] = receipt
        return Delivery(message=_message(row), attempt=attempt, receipt=row["number"])

    def _ours(self, delivery: Delivery) -> Any:
        receipt = self._taken.pop(delivery.receipt, "nobody's")
        return (QUEUED.c.number == delivery.receipt) & (QUEUED.c.receipt == receipt)

    async def _write(self, work: Callable[[Connection], Answer]) -> Answer:
        def act() -> Answer:
            with writing(self._engine) as connection:
                return work(connection)

        return await asyncio.to_thread(act)

    async def _read(self, work: Callable[[Connection], Answer]) -> Answer:
        def act() -> Answer:
            with reading(self._engine) as connection:
                return work(connection)

        return await asyncio.to_thread(act)


def _give_back(connection: Connection, chosen: Any) -> None:
    is_last = QUEUED.c.attempt > DELIVERIES_MAX
    dead = {"reason": "delivery_limit", "receipt": ""}
    free = {"attempt": QUEUED.c.attempt + 1, "taken_until_ns": 0, "receipt": ""}
    connection.execute(update(QUEUED).where(chosen & is_last).values(dead))
    connection.execute(update(QUEUED).where(chosen).values(free))


def _is_free(queues: Sequence[str], now_ns: int) -> Any:
    is_there = QUEUED.c.queue.in_(queues) & (QUEUED.c.reason == "")
    return is_there & (QUEUED.c.taken_until_ns <= now_ns)


def _is_dead(queue: str, message_ids: Sequence[str]) -> Any:
    is_dead = (QUEUED.c.queue == queue) & (QUEUED.c.reason != "")
    return is_dead & QUEUED.c.message_id.in_(message_ids) if message_ids else is_dead


def _message(row: Any) -> Message:
    return Message(message_id=row["message_id"], queue=row["queue"], body=row["body"])


def _row(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "queue": message.queue,
        "body": message.body,
        "attempt": 1,
        "taken_until_ns": 0,
        "receipt": "",
        "reason": "",
    }
