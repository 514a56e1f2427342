"""Messages under way while nodes fail: written with their cause, relayed, of effect once."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, func, insert, select

from tradewind.adapters.rabbitmq.broker import RabbitBroker
from tradewind.adapters.sql import inbox
from tradewind.adapters.sql.database import open_database, reading, sqlite_url, writing
from tradewind.adapters.sql.outbox import SqlOutbox, keep
from tradewind.adapters.sql.queue_tables import OUTBOX
from tradewind.model.errors import OutsideError
from tradewind.ports.broker import Broker, Message, Queue
from tradewind.runtime.relay import Relay

QUEUE = Queue("traffic")
WORKERS = 2
PAUSE_S = 0.02
PATIENCE_S = 120.0
TABLES = MetaData()
CAUSES = Table("causes", TABLES, Column("message_id", String(64), primary_key=True))
# No unique key here: a second effect would show.
EFFECTS = Table(
    "effects",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("message_id", String(64), nullable=False),
)


class Traffic:
    """On a thread with its own event loop, until it is told to stop."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._database: Engine = open_database(sqlite_url(folder / "traffic.db"))
        TABLES.create_all(self._database)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name="traffic", daemon=True
        )
        self.times_s: list[float] = []
        """Of the effects, on the monotonic clock."""

    def start(self) -> None:
        self._thread.start()

    def wait_for(self, more: int) -> None:
        """Wait until so many more effects are there."""
        wanted, ends_at = len(self.times_s) + more, time.monotonic() + PATIENCE_S
        while len(self.times_s) < wanted:
            assert time.monotonic() < ends_at, "nothing has an effect any more"
            assert self._thread.is_alive(), "the traffic ended"
            time.sleep(0.02)

    def stop(self) -> None:
        """Send no more, and end when all of what was sent has been handled."""
        self._is_ending.set()
        self._thread.join(2 * PATIENCE_S)
        assert not self._thread.is_alive(), "it does not end"
        self._database.dispose()

    def outage_s(self, since_s: float) -> float:
        """The longest time without an effect behind a time of the monotonic clock."""
        return max(
            after - before
            for before, after in pairwise(
                [since_s, *(one for one in self.times_s if one > since_s)]
            )
        )

    def confirmed(self) -> int:
        """How many messages the broker has said it has: they left the outbox."""
        with reading(self._database) as connection:
            kept = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (CAUSES, OUTBOX)
            ]
        return kept[0] - kept[1]

    def figures(self) -> tuple[int, int, int]:
        """How many causes were acknowledged, how many have no effect, how many two."""
        with reading(self._database) as connection:
            causes = {row[0] for row in connection.execute(select(CAUSES))}
            effects = [row[0] for row in connection.execute(select(EFFECTS.c.message_id))]
        return len(causes), len(causes - set(effects)), len(effects) - len(set(effects))

    async def _run(self) -> None:
        relay = Relay(SqlOutbox(self._database), self._broker())
        tasks = [asyncio.create_task(relay.run())]
        tasks += [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        await self._send()
        ends_at = time.monotonic() + PATIENCE_S
        while self._unhandled() and time.monotonic() < ends_at:
            await asyncio.sleep(0.1)
        pending = set(tasks)
        while pending:  # The client may take a cancel for a lost connection.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)

    async def _send(self) -> None:
        for number in itertools.count():
            if self._is_ending.is_set():
                return
            message = Message(message_id=f"m{number}", queue=QUEUE.name, body=b"x" * 200)
            await asyncio.to_thread(self._cause, message)
            await asyncio.sleep(PAUSE_S)

    async def _work(self) -> None:
        broker = self._broker()
        try:
            while True:
                with suppress(OutsideError):
                    await self._handle_one(broker)
        finally:
            await broker.close()

    async def _handle_one(self, broker: Broker) -> None:
        delivery = await broker.take([QUEUE.name], wait_s=1)
        if delivery is not None:
            await asyncio.to_thread(self._effect, delivery.message)
            await broker.done(delivery)

    def _cause(self, message: Message) -> None:
        with writing(self._database) as connection:
            connection.execute(insert(CAUSES).values(message_id=message.message_id))
            keep(connection, message)

    def _effect(self, message: Message) -> None:
        with writing(self._database) as connection:
            if inbox.is_first(connection, "traffic", message.message_id, time.time_ns()):
                connection.execute(insert(EFFECTS).values(message_id=message.message_id))
                now_s = time.monotonic()
            else:
                return
        self.times_s.append(now_s)

    def _unhandled(self) -> int:
        with reading(self._database) as connection:
            causes, effects = (
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (CAUSES, EFFECTS)
            )
        return causes - effects

    def _broker(self) -> RabbitBroker:
        return RabbitBroker(self._url, queues=(QUEUE,), name="traffic")
