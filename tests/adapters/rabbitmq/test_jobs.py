"""Jobs whose tickets go through a real RabbitMQ."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.job_cases import JobCases
from tests.servers.rabbit_server import RabbitCluster
from tradewind.adapters.rabbitmq.broker import RabbitBroker
from tradewind.ports.broker import QUEUES, Broker
from tradewind.testing.broker_suite import emptied


class TestJobsOverRabbitmq(JobCases):
    @pytest.fixture(autouse=True)
    def _node(self, rabbit: RabbitCluster) -> None:
        self._rabbit = rabbit
        asyncio.run(self._empty())

    def new_broker(self) -> Broker:
        return RabbitBroker(self._rabbit.url)

    async def _empty(self) -> None:
        broker = self.new_broker()
        for queue in QUEUES:
            await emptied(broker, queue.name)
        await broker.close()
