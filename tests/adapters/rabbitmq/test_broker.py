"""The broker in RabbitMQ: the port's suite on a real node, and what it says when it is refused."""

from __future__ import annotations

import asyncio
import time

import aio_pika
import pytest

from tests.servers.found import free_port
from tests.servers.rabbit_server import RabbitCluster
from tradewind.adapters.rabbitmq.address import address_of
from tradewind.adapters.rabbitmq.broker import RabbitBroker
from tradewind.adapters.rabbitmq.connection import Connection
from tradewind.adapters.rabbitmq.patience import CALL_S
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.ports.broker import Broker, Queue
from tradewind.testing.broker_suite import HIGH, SUITE_QUEUES, BrokerSuite, message


class TestRabbitBroker(BrokerSuite):
    @pytest.fixture(autouse=True)
    def _node(self, rabbit: RabbitCluster) -> None:
        self._rabbit = rabbit

    def new_broker(self) -> Broker:
        return RabbitBroker(self._rabbit.url, queues=SUITE_QUEUES)

    def other_worker(self, broker: Broker) -> Broker:
        return RabbitBroker(self._rabbit.url, queues=SUITE_QUEUES)


def test_a_message_for_a_queue_that_somebody_deleted_is_not_taken_for_stored(
    rabbit: RabbitCluster,
) -> None:
    async def work() -> None:
        broker = RabbitBroker(rabbit.url, queues=SUITE_QUEUES)
        connection = await aio_pika.connect(rabbit.url)
        try:
            await broker.publish([message(1)])
            await (await connection.channel()).queue_delete(HIGH.name)
            with pytest.raises(OutsideError):
                await broker.publish([message(2)])
            await broker.publish([message(3)])  # it has been made anew
            delivery = await broker.take([HIGH.name], wait_s=5.0)
            assert delivery is not None
            assert delivery.message == message(3)
            await broker.done(delivery)
        finally:
            await connection.close()
            await broker.close()

    asyncio.run(work())


def failure(url: str, queues: tuple[Queue, ...] = SUITE_QUEUES) -> TradewindError:
    """What the broker of an address says about it."""

    async def ask() -> None:
        broker = RabbitBroker(url, queues=queues)
        try:
            await broker.publish([message(1)])
        finally:
            await broker.close()

    with pytest.raises(TradewindError) as raised:
        asyncio.run(ask())
    assert "sesame" not in str(raised.value)
    return raised.value


def test_what_keeps_us_out_is_said_in_a_sentence(rabbit: RabbitCluster) -> None:
    node = rabbit.nodes[0]
    authority = rabbit.certificates.authority
    other_queue = (Queue(HIGH.name, length_max=7),)
    for url, queues, sentence in (
        (f"amqp://127.0.0.1:{free_port()}/", SUITE_QUEUES, "nothing listens there"),
        (f"amqp://guest:sesame@127.0.0.1:{node.port}/", SUITE_QUEUES, "refuses user or password"),
        (f"{rabbit.url}nowhere", SUITE_QUEUES, "no such virtual host"),
        (f"amqps://guest:guest@127.0.0.1:{node.tls_port}/", SUITE_QUEUES, "not trusted"),
        (
            f"amqps://guest:guest@127.0.0.1:{node.port}/?cafile={authority}",
            SUITE_QUEUES,
            "does not speak TLS",
        ),
        ("amqps://127.0.0.1/?cafile=/no/such/file", SUITE_QUEUES, "cannot be read"),
        ("http://127.0.0.1/", SUITE_QUEUES, "no address of RabbitMQ"),
        ("amqp://127.0.0.1:port/", SUITE_QUEUES, "no address of RabbitMQ"),
        (rabbit.url, SUITE_QUEUES + other_queue, "other properties"),
    ):
        said = failure(url, queues)
        assert sentence in str(said), (url, str(said))
        assert "\n" not in str(said)


def test_over_tls_the_certificate_is_checked_and_messages_pass(rabbit: RabbitCluster) -> None:
    place = f"127.0.0.1:{rabbit.nodes[0].tls_port}"
    url = f"amqps://guest:guest@{place}/?cafile={rabbit.certificates.authority}"

    async def work() -> None:
        broker = RabbitBroker(url, queues=SUITE_QUEUES)
        await broker.publish([message(1)])
        delivery = await broker.take([HIGH.name], wait_s=5)
        assert delivery is not None
        await broker.done(delivery)
        await broker.close()

    asyncio.run(work())


def test_what_was_taken_over_a_lost_connection_cannot_be_done_over_the_next(
    rabbit: RabbitCluster,
) -> None:
    async def work() -> None:
        broker = RabbitBroker(rabbit.url, queues=SUITE_QUEUES)
        await broker.publish([message(1)])
        first = await broker.take([HIGH.name], wait_s=5)
        assert first is not None
        await asyncio.to_thread(rabbit.nodes[0].control, "close_all_connections", "test")
        with pytest.raises(OutsideError):
            await broker.done(first)
        again = await broker.take([HIGH.name], wait_s=5)
        assert again is not None
        assert (again.message, again.attempt) == (first.message, 2)
        with pytest.raises(OutsideError, match="handed out again"):
            await broker.done(first)
        await broker.done(again)
        await broker.close()

    asyncio.run(work())


def test_no_call_waits_long_behind_a_node_that_stands_still(rabbit: RabbitCluster) -> None:
    """Without its signs of life it would be waited for as long as any slow call."""

    async def work() -> float:
        broker = RabbitBroker(rabbit.url, queues=SUITE_QUEUES)
        await broker.publish([message(1)])
        rabbit.nodes[0].freeze()
        try:
            began_s = time.monotonic()
            with pytest.raises(OutsideError, match="no answer in time"):
                await broker.take([HIGH.name], wait_s=0)
            took_s = time.monotonic() - began_s
        finally:
            rabbit.nodes[0].thaw()
        delivery = await broker.take([HIGH.name], wait_s=5)
        assert delivery is not None
        await broker.done(delivery)
        await broker.close()
        return took_s

    assert asyncio.run(work()) < CALL_S - 0.2


def test_a_node_that_stands_still_at_once_is_not_waited_for_longer(rabbit: RabbitCluster) -> None:
    """Its signs of life have a channel of their own, and even that one does not open."""

    async def get_frozen(connection: Connection) -> None:
        async with connection.channel() as channel:
            rabbit.nodes[0].freeze()
            await (await channel.get_queue(HIGH.name, ensure=False)).get(fail=False)

    async def work() -> float:
        connection = Connection(address_of(rabbit.url), SUITE_QUEUES, "test")
        async with connection.channel():
            pass  # The queues are declared: the next connection has only to open.
        await connection.close()
        began_s = time.monotonic()
        try:
            with pytest.raises(OutsideError, match="no answer in time"):
                await get_frozen(connection)
            took_s = time.monotonic() - began_s
        finally:
            rabbit.nodes[0].thaw()
        await connection.close()
        return took_s

    assert asyncio.run(work()) < CALL_S - 0.2
