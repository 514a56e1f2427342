"""The broker in memory passes the port's suite."""

from __future__ import annotations

from tradewind.adapters.memory.broker import MemoryBroker
from tradewind.ports.broker import Broker
from tradewind.testing.broker_suite import SUITE_QUEUES, BrokerSuite


class TestMemoryBroker(BrokerSuite):
    def new_broker(self) -> Broker:
        return MemoryBroker(SUITE_QUEUES)
