"""Outbox and inbox: with their cause or not at all, handed over at least once, of effect once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, func, insert, select

from tests.servers.postgres_server import running_postgres
from tradewind.adapters.memory.broker import MemoryBroker
from tradewind.adapters.sql import inbox
from tradewind.adapters.sql.database import open_database, reading, sqlite_url, writing
from tradewind.adapters.sql.outbox import SqlOutbox, keep
from tradewind.model.errors import OutsideError
from tradewind.ports.broker import Message, Queue, QueueFull
from tradewind.runtime.relay import Relay

QUEUE, OTHER = Queue("tests.queue", length_max=2), Queue("tests.other")
EFFECTS = Table("tests_effects", MetaData(), Column("number", Integer, primary_key=True))


class Undone(Exception):
    """Raised to undo a transaction."""


def undone(database: Engine, work: Callable[[Connection], None]) -> None:
    """Do work in a transaction that comes to nothing."""
    with suppress(Undone), writing(database) as connection:
        work(connection)
        raise Undone


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_database(sqlite_url(tmp_path / "security.db"))
    else:
        with running_postgres() as server:
            engine = open_database(server.new_database())
    EFFECTS.metadata.create_all(engine)
    yield engine
    engine.dispose()


def message(number: int, queue: Queue = QUEUE) -> Message:
    return Message(message_id=f"m{number}", queue=queue.name, body=bytes([number]))


def kept(database: Engine, messages: Sequence[Message], *, due_time_ns: int = 0) -> None:
    with writing(database) as connection:
        for one in messages:
            keep(connection, one, due_time_ns=due_time_ns)


def effects(database: Engine) -> int:
    with reading(database) as connection:
        return connection.execute(select(func.count()).select_from(EFFECTS)).scalar_one()


def test_a_message_is_kept_with_its_cause_or_not_at_all(database: Engine) -> None:
    outbox = SqlOutbox(database)

    def cause(connection: Connection) -> None:
        connection.execute(insert(EFFECTS).values(number=1))
        keep(connection, message(1))

    undone(database, cause)
    assert (outbox.waiting(), effects(database)) == (0, 0)
    kept(database, [message(1), message(1), message(2)])
    assert outbox.waiting() == 2


def test_one_relay_has_a_message_until_its_time_is_over(database: Engine) -> None:
    outbox = SqlOutbox(database)
    kept(database, [message(1)])
    kept(database, [message(2)], due_time_ns=100)
    assert outbox.claim(now_ns=99, until_ns=150, limit=9) == [message(1)]
    assert outbox.claim(now_ns=100, until_ns=150, limit=9) == [message(2)]
    assert outbox.claim(now_ns=149, until_ns=200, limit=9) == []
    assert outbox.claim(now_ns=150, until_ns=200, limit=1) == [message(1)]
    outbox.sent(["m1", "m2"])
    assert outbox.waiting() == 0


def test_a_message_that_comes_twice_has_one_effect(database: Engine) -> None:
    for attempt in range(3):
        with writing(database) as connection:
            is_first = inbox.is_first(connection, "tests", "m1", attempt)
            assert is_first == (attempt == 0)
            if is_first:
                connection.execute(insert(EFFECTS).values(number=1))
    assert effects(database) == 1

    def handled(connection: Connection) -> None:
        assert inbox.is_first(connection, "tests", "m2", 5)

    undone(database, handled)
    with writing(database) as connection:
        assert inbox.is_first(connection, "tests", "m2", 5), "the effect before was undone"
        assert inbox.is_first(connection, "others", "m1", 5)
        assert inbox.forget(connection, now_ns=inbox.KEPT_NS + 1) == 1
        assert inbox.is_first(connection, "tests", "m1", 6)


class Unreliable(MemoryBroker):
    """Loses the answer of a publish now and then."""

    def __init__(self, failures: int) -> None:
        super().__init__((QUEUE, OTHER))
        self.failures = failures

    async def publish(self, messages: Sequence[Message]) -> None:
        await super().publish(messages)
        if self.failures:
            self.failures -= 1
            raise OutsideError("no answer in time", fault="theirs", retry=True)


async def taken(broker: MemoryBroker, queue: Queue) -> list[str]:
    found = []
    while (one := await broker.take([queue.name], wait_s=0)) is not None:
        found.append(one.message.message_id)
        await broker.done(one)
    return found


def test_a_lost_answer_of_the_broker_doubles_a_message_and_loses_none(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    outbox, broker = SqlOutbox(database), Unreliable(1)
    kept(database, [message(1)])
    relay = Relay(outbox, broker, now_ns=lambda: 0)

    async def work() -> list[str]:
        with pytest.raises(OutsideError):
            await relay.step()
        assert (await relay.step(), outbox.waiting()) == (1, 0)
        return await taken(broker, QUEUE)

    assert asyncio.run(work()) == ["m1", "m1"]


def test_a_full_queue_holds_nobody_else_up_and_is_said(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    outbox, broker = SqlOutbox(database), MemoryBroker((QUEUE, OTHER))
    kept(database, [message(1), message(2), message(3), message(4, OTHER)])
    relay = Relay(outbox, broker, now_ns=lambda: 0)

    async def work() -> None:
        with pytest.raises(QueueFull):
            await relay.step()
        assert await taken(broker, OTHER) == ["m4"]
        assert await taken(broker, QUEUE) == ["m1", "m2"]
        with pytest.raises(QueueFull):
            await relay.step()  # All three again: at least once, never not at all.

    asyncio.run(work())
    assert outbox.waiting() == 3


def test_a_running_relay_goes_on_when_the_broker_is_back(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    outbox, broker = SqlOutbox(database), Unreliable(2)

    async def work() -> None:
        relay = Relay(outbox, broker, now_ns=lambda: 0)
        kept(database, [message(1, OTHER)])
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(60):
                while not relay.complaint:
                    await asyncio.sleep(0.01)
                while outbox.waiting():
                    await asyncio.sleep(0.01)
                while relay.complaint:
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()

    asyncio.run(work())
