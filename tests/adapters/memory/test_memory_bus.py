"""The bus inside one process passes the suite of the port."""

from __future__ import annotations

from tradewind.adapters.memory.bus import MemoryPublisher, MemorySubscriber
from tradewind.ports.bus import Publisher, Subscriber
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BusSuite


class TestMemoryBus(BusSuite):
    def new_publisher(self) -> Publisher:
        log = ReplayLog(MemorySegments(), kept_batches_max=self.KEPT_BATCHES)
        return MemoryPublisher(log, queue_batches_max=16)

    def new_subscriber(self, publisher: Publisher) -> Subscriber:
        assert isinstance(publisher, MemoryPublisher)
        return MemorySubscriber(publisher)
