"""The bus for long: every row of another process comes, once and in order, and memory stays."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.columns import Columns
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.spool import Spool
from tradewind.testing.bus_suite import BTC

ROWS = 1_000
"""Rows of a batch."""
PATIENCE_S = 120.0
GROWTH_BYTES_MAX = 32 << 20
"""What either process may hold at the end beyond what it held after a quarter."""
PAGE_BYTES = 4096
SHARE_MIN = 0.9
"""Of the rate that was asked of the publisher."""


def batch(number: int) -> Columns:
    """A batch that no other one of the run is equal to."""
    times = np.arange(number * ROWS, (number + 1) * ROWS)
    ones = np.ones(ROWS, np.int64)
    prices = times % 999_983 + 1
    return Columns("trades", BTC, {"time_ns": times, "price": prices, "size": ones, "side": ones})


def resident_bytes() -> int:
    """What this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def play_publisher(folder: Path, batches: int, rate: int) -> None:
    """The other process: publishes, and writes down how it went."""
    asyncio.run(publish(folder, batches, rate))


async def publish(folder: Path, batches: int, rate: int) -> None:
    log = ReplayLog(Spool(folder / "spool"))
    publisher = ZeroMqPublisher(f"ipc://{folder}/bus.ipc", log, session=time.time_ns())
    await publisher.start([BTC])
    running = asyncio.create_task(publisher.run())
    while not (folder / "reader").exists():
        await asyncio.sleep(0.01)
    begun_s, early = time.perf_counter(), 0
    for number in range(batches):
        publisher.publish(batch(number))
        if number == batches // 4:
            early = resident_bytes()
        ahead_s = (number + 1) * ROWS / rate - (time.perf_counter() - begun_s)
        await asyncio.sleep(max(0.0, ahead_s))
    took_s = time.perf_counter() - begun_s
    found = {
        "rate": batches * ROWS / took_s,
        "growth": resident_bytes() - early,
        "replayed": publisher.replayed_count,
        "complaint": publisher.complaint,
        "spooled": sum(path.stat().st_size for path in (folder / "spool").iterdir()),
    }
    (folder / "found.new").write_text(json.dumps(found))
    (folder / "found.new").rename(folder / "found")
    await running


class Heard:
    """What came: batches in order, and the rows that were not as they were sent."""

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self.count = self.wrong = self.missed = self.early = 0

    def take(self, columns: Columns) -> None:
        first = self.count * ROWS
        times = columns.time_ns
        self.wrong += not (
            len(columns) == ROWS
            and times[0] == first
            and times[-1] == first + ROWS - 1
            and int(times.sum()) == ROWS * first + ROWS * (ROWS - 1) // 2
            and columns["price"][7] == (first + 7) % 999_983 + 1
        )
        self.count += 1
        if self.count == self.batches // 4:
            self.early = resident_bytes()

    async def listen(self, folder: Path, publisher: BaseProcess, until_s: float) -> int:
        """Hear all of it; the batches that were asked for again."""
        subscriber = ZeroMqSubscriber(f"ipc://{folder}/bus.ipc")
        await subscriber.start()
        reading = asyncio.create_task(
            subscriber.run(self.take, lambda _: setattr(self, "missed", self.missed + 1))
        )
        (folder / "reader").touch()
        while self.count < self.batches:
            said = f"{self.count} of {self.batches} came in time, {self.wrong} wrong"
            assert time.monotonic() < until_s, f"{said}, {self.missed} times some were missed"
            assert publisher.is_alive(), "the publisher ended"
            await asyncio.sleep(0.05)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await subscriber.close()
        return subscriber.replayed_count


@pytest.mark.long
@pytest.mark.timeout(4_200)
@pytest.mark.parametrize(
    ("seconds", "rate"), [(60, 1_000_000), (3_600, 250_000)], ids=["minute", "hour"]
)
def test_no_row_is_lost_doubled_or_changed(short_folder: Path, seconds: int, rate: int) -> None:
    batches = seconds * rate // ROWS
    publisher = multiprocessing.get_context("spawn").Process(
        target=play_publisher, args=(short_folder, batches, rate)
    )
    publisher.start()
    heard = Heard(batches)
    try:
        until_s = time.monotonic() + seconds / SHARE_MIN + PATIENCE_S
        replayed = asyncio.run(heard.listen(short_folder, publisher, until_s))
        while not (short_folder / "found").exists():
            assert time.monotonic() < until_s, "the publisher says nothing"
            time.sleep(0.05)
        found = json.loads((short_folder / "found").read_text())
    finally:
        publisher.terminate()
        publisher.join()
    growth = resident_bytes() - heard.early
    sys.stdout.write(f"{seconds} s: {found | {'own_growth': growth, 'own_replayed': replayed}}\n")
    assert (heard.count, heard.wrong, heard.missed, found["complaint"]) == (batches, 0, 0, "")
    assert found["rate"] > SHARE_MIN * rate
    assert max(growth, found["growth"]) < GROWTH_BYTES_MAX
    assert found["spooled"] <= 300 << 20
