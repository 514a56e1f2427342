"""The bus over ZeroMQ passes the suite of the port, over a file and over TCP with CURVE."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
from tradewind.adapters.zeromq.keys import BusKeys
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import Access, ZeroMqSubscriber
from tradewind.ports.bus import Publisher, Subscriber
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BusSuite


class TestZeroMqOverAFile(BusSuite):
    @pytest.fixture(autouse=True)
    def place(self, short_folder: Path) -> None:
        self.folder = short_folder

    def new_publisher(self) -> Publisher:
        log = ReplayLog(MemorySegments(), kept_batches_max=self.KEPT_BATCHES)
        return ZeroMqPublisher(f"ipc://{self.folder}/bus.ipc", log, session=time.time_ns())

    def new_subscriber(self, publisher: Publisher) -> Subscriber:
        assert isinstance(publisher, ZeroMqPublisher)
        return ZeroMqSubscriber(publisher.endpoint)


class TestZeroMqOverTcp(BusSuite):
    @pytest.fixture(autouse=True)
    def place(self, short_folder: Path) -> None:
        self.ours, self.theirs = BusKeys(short_folder / "a"), BusKeys(short_folder / "b")
        self.ours.make()
        self.ours.allow("reader", self.theirs.make().public)

    def new_publisher(self) -> Publisher:
        log = ReplayLog(MemorySegments(), kept_batches_max=self.KEPT_BATCHES)
        gatekeeper = Gatekeeper(self.ours, time.monotonic)
        return ZeroMqPublisher("tcp://127.0.0.1:*", log, session=1, gatekeeper=gatekeeper)

    def new_subscriber(self, publisher: Publisher) -> Subscriber:
        assert isinstance(publisher, ZeroMqPublisher)
        access = Access(self.theirs.pair(), self.ours.pair().public)
        return ZeroMqSubscriber(publisher.endpoint, access)
