"""What every broker must do: inherit `BrokerSuite` and say how to make one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from tradewind.ports.broker import DELIVERIES_MAX, Broker, Delivery, Message, Queue, QueueFull

HIGH, LOW = Queue("suite.high"), Queue("suite.low")
SHORT = Queue("suite.short", length_max=3)
SUITE_QUEUES = (HIGH, LOW, SHORT)
WAIT_S = 10.0
NO_WAIT_S = 0.0
SLIPS_MAX = 5


class BrokerSuite:
    """Subclass it as `Test...` beside the adapter; each test begins with empty queues."""

    def new_broker(self) -> Broker:
        """One with `SUITE_QUEUES`, all empty."""
        raise NotImplementedError

    def other_worker(self, broker: Broker) -> Broker:
        """The same broker as another process would open it; the same object where there is none."""
        return broker

    def run(self, work: Callable[[Broker, Broker], Awaitable[None]]) -> None:
        """Run work with a broker and what another worker has of it."""

        async def whole() -> None:
            async with AsyncExitStack() as undo:
                broker = self.new_broker()
                undo.push_async_callback(broker.close)
                for queue in SUITE_QUEUES:
                    await emptied(broker, queue.name)
                other = self.other_worker(broker)
                undo.push_async_callback(other.close)
                await work(broker, other)

        asyncio.run(whole())

    def test_messages_come_whole_in_order_and_once(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            sent = [message(number) for number in range(20)]
            await broker.publish(sent)
            got = []
            for worker in (broker, other) * 10:
                delivery = await taken(worker)
                got.append(delivery.message)
                assert delivery.attempt == 1
                await worker.done(delivery)
            assert got == sent
            assert await broker.take([HIGH.name], wait_s=NO_WAIT_S) is None

        self.run(work)

    def test_what_is_taken_is_nobody_elses_until_it_is_given_back(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            await broker.publish([message(1)])
            first = await taken(broker)
            assert await other.take([HIGH.name], wait_s=NO_WAIT_S) is None
            await broker.give_back(first)
            second = await taken(other)
            assert (second.message, second.attempt) == (message(1), 2)
            await other.done(second)

        self.run(work)

    def test_what_a_closed_worker_had_taken_comes_to_another(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            await broker.publish([message(1)])
            await taken(other)
            await other.close()
            again = await taken(broker)
            assert (again.message, again.attempt) == (message(1), 2)
            await broker.done(again)

        self.run(work)

    def test_the_first_queue_named_goes_first(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            await broker.publish([message(1, LOW), message(2, HIGH)])
            order = []
            for _ in range(2):
                delivery = await other.take([HIGH.name, LOW.name], wait_s=WAIT_S)
                assert delivery is not None
                order.append(delivery.message.message_id)
                await other.done(delivery)
            assert order == ["m2", "m1"]

        self.run(work)

    def test_a_message_given_back_too_often_is_dead_with_its_reason(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            await broker.publish([message(1)])
            for attempt in range(1, DELIVERIES_MAX + 2):
                delivery = await taken(broker)
                assert delivery.attempt == attempt
                await broker.give_back(delivery)
            assert await other.take([HIGH.name], wait_s=NO_WAIT_S) is None
            await until_dead(other, 1)
            (letter,) = await other.dead(HIGH.name, limit=10)
            assert (letter.message, letter.reason) == (message(1), "delivery_limit")

        self.run(work)

    def test_dead_letters_are_shown_put_back_by_id_and_dropped(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            await broker.publish([message(number) for number in range(3)])
            for number in range(3):
                await broker.bury(await taken(broker), f"reason {number}")
            for _ in range(2):
                letters = await other.dead(HIGH.name, limit=10)
                assert [one.reason for one in letters] == ["reason 0", "reason 1", "reason 2"]
            assert await other.redrive(HIGH.name, ["m1", "not there"]) == 1
            again = await taken(broker)
            assert (again.message, again.attempt) == (message(1), 1)
            await broker.done(again)
            assert await other.drop(HIGH.name, ["m0"]) == 1
            assert await until_dead(broker, 1) == 0
            assert await other.redrive(HIGH.name) == 1
            assert (await taken(broker)).message == message(2)
            assert await other.drop(HIGH.name) == 0

        self.run(work)

    def test_a_full_queue_takes_no_more_and_says_so(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            for number in range(SHORT.length_max):
                await broker.publish([message(number, SHORT)])
            with pytest.raises(QueueFull, match=r"suite\.short .* is full \(3 messages\)"):
                await overfill(broker)
            delivery = await other.take([SHORT.name], wait_s=WAIT_S)
            assert delivery is not None
            assert delivery.message == message(0, SHORT)

        self.run(work)

    def test_waiting_ends_as_soon_as_a_message_comes(self) -> None:
        async def work(broker: Broker, other: Broker) -> None:
            waiting = asyncio.create_task(other.take([HIGH.name], wait_s=WAIT_S))
            await asyncio.sleep(0)
            await broker.publish([message(1)])
            delivery = await waiting
            assert delivery is not None
            await other.done(delivery)
            with pytest.raises(KeyError):
                await broker.publish([message(1, Queue("no such queue"))])

        self.run(work)


def message(number: int, queue: Queue = HIGH) -> Message:
    """A message whose id and body tell its number."""
    return Message(message_id=f"m{number}", queue=queue.name, body=b"\x00body %d" % number)


async def taken(broker: Broker) -> Delivery:
    """A message of the queue HIGH."""
    delivery = await broker.take([HIGH.name], wait_s=WAIT_S)
    assert delivery is not None, "nothing came"
    return delivery


async def overfill(broker: Broker) -> None:
    """Publish until refused: a node may learn late of the last place, so some slip in behind it."""
    for number in range(SLIPS_MAX):
        await broker.publish([message(number, SHORT)])


async def until_dead(broker: Broker, count: int) -> int:
    """Wait until so many messages of HIGH are dead; how many wait there."""
    async with asyncio.timeout(WAIT_S):
        while True:
            state = next(one for one in await broker.states() if one.queue == HIGH.name)
            if state.dead == count:
                return state.waiting
            await asyncio.sleep(0.05)


async def emptied(broker: Broker, queue: str) -> None:
    """Take everything out of a queue and out of its dead letters."""
    while (delivery := await broker.take([queue], wait_s=NO_WAIT_S)) is not None:
        await broker.done(delivery)
    await broker.drop(queue)
