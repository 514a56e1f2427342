"""Invariant I7 between processes: over the bus a strategy decides as in one process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from pathlib import Path

import pytest

from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data
from tradewind.adapters.binance.capture import read_capture
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.columns import Columns
from tradewind.ports.bus import Missed, TakeMissed
from tradewind.ports.market_data import TakeRows
from tradewind.runtime.backtest_result import BacktestResult
from tradewind.runtime.bus_market_data import BusMarketData
from tradewind.runtime.replay import replay
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.simulated_run import RunTerms
from tradewind.runtime.spool import Spool
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.market_maker import MarketMaker

pytestmark = needs_real_data
DEADLINE_S = 120.0
BTC = "BTC/USDT.BINANCE"


def publish_capture(folder: Path, path: Path, instrument_id: str) -> None:
    """The other process: publish every batch of a capture as fast as it can, and stay."""
    asyncio.run(publishing(folder, path, instrument_id))


async def publishing(folder: Path, path: Path, instrument_id: str) -> None:
    instrument = KNOWN[instrument_id]
    log = ReplayLog(Spool(folder / "spool"))
    publisher = ZeroMqPublisher(f"ipc://{folder}/bus.ipc", log, session=time.time_ns())
    await publisher.start([instrument])
    running = asyncio.create_task(publisher.run())
    while not (folder / "reader").exists():
        await asyncio.sleep(0.02)
    for batch in read_capture(path, instrument):
        publisher.publish(batch)
    (folder / "all").write_text(str(publisher.sequence))
    await running


async def received(folder: Path, instrument_id: str) -> list[Columns]:
    """All batches, as the engine would be given them."""
    batches: list[Columns] = []
    subscriber = ZeroMqSubscriber(f"ipc://{folder}/bus.ipc")
    market_data = BusMarketData(subscriber, [instrument_id], instrument_id.rpartition(".")[2])
    async with asyncio.timeout(DEADLINE_S):
        await market_data.start()
        reading = asyncio.create_task(market_data.run(batches.append))
        (folder / "reader").touch()
        while not (folder / "all").exists() or len(batches) < int((folder / "all").read_text()):
            assert not reading.done()
            await asyncio.sleep(0.02)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert market_data.missed_count == 0
    await market_data.close()
    return batches


def decided(batches: list[Columns]) -> BacktestResult:
    return replay(MarketMaker(), batches, SimulatedVenue(), RunTerms())


@pytest.mark.parametrize(
    ("name", "instrument_id"),
    [
        (SPOT, BTC),
        pytest.param(USDM, "ETH/USDT.BINANCE-USDM", marks=pytest.mark.long),
    ],
)
def test_a_capture_over_the_bus_gives_the_decisions_of_one_process(
    name: str, instrument_id: str, short_folder: Path
) -> None:
    publisher = multiprocessing.get_context("spawn").Process(
        target=publish_capture, args=(short_folder, capture(name), instrument_id)
    )
    publisher.start()
    try:
        over_the_bus = asyncio.run(received(short_folder, instrument_id))
    finally:
        publisher.terminate()
        publisher.join()
    direct = decided(list(read_capture(capture(name), KNOWN[instrument_id])))
    split = decided(over_the_bus)
    assert split.order_count == direct.order_count > 100
    assert (split.journal_hash, split.state_hash) == (direct.journal_hash, direct.state_hash)
    assert split.end_equity == direct.end_equity


class OneStream:
    """A subscriber that was given everything beforehand."""

    complaint = ""

    def __init__(self, items: list[Columns | Missed]) -> None:
        self.instruments = [KNOWN[BTC]]
        self._items = items

    async def start(self) -> None:
        """There already."""

    async def run(self, take: TakeRows, missed: TakeMissed) -> None:
        for item in self._items:
            if isinstance(item, Missed):
                missed(item)
            else:
                take(item)

    async def close(self) -> None:
        """Nothing to let go of."""


def test_a_hole_in_the_stream_clears_the_books_it_may_have_touched() -> None:
    columns = next(each for each in read_capture(capture(SPOT), KNOWN[BTC]) if each.kind == "depth")
    taken: list[Columns] = []
    market_data = BusMarketData(OneStream([columns, Missed(1, 2, 5, "gone")]), [BTC], "BINANCE")
    asyncio.run(market_data.run(taken.append))
    assert [len(each) for each in taken] == [len(columns), 1]
    assert taken[1]["flags"].tolist() == [5]
    assert taken[1].time_ns[0] == columns.time_ns[-1]
    assert market_data.missed_count == 4
