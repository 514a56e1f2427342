"""Market data of Binance against the local venue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.binance.history import BinanceHistory
from tradewind.adapters.binance.hosts import MarketKind, local_hosts
from tradewind.adapters.binance.market_data import BinanceMarketData
from tradewind.adapters.net.session import Session
from tradewind.model.columns import Columns
from tradewind.ports.market_data import MarketData
from tradewind.testing.market_data_suite import MarketDataSuite, Received

NAMES = ["BTC/USDT.BINANCE", "ETH/USDT.BINANCE"]
FAULTS = {
    "cut": "drop-socket",
    "silent": "silent-socket",
    "gap": "sequence-gap",
    "precision": "wrong-precision",
    "duplicate": "duplicate-market",
}


class Stage:
    """The local venue, with an adapter that hears silence soon."""

    faults = frozenset(FAULTS)
    kind: MarketKind = "spot"
    names: ClassVar[list[str]] = NAMES

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue

    def market_data(self, instrument_ids: list[str] | None = None) -> BinanceMarketData:
        return BinanceMarketData(
            self.kind,
            local_hosts(self.venue.address),
            instrument_ids or self.names,
            clock=RealClock(),
            chance=no_chance,
            data_silence_s=3.0,
        )

    def strike(self, fault: str) -> None:
        if fault == "cut":
            self.venue.operate("POST", "sockets/cut", {})
            return
        self.venue.fault(FAULTS[fault], count=1)

    def bad_rows(self, adapter: MarketData) -> int:
        assert isinstance(adapter, BinanceMarketData)
        return sum(each.stream.bad_ticks for each in adapter.quality)


class FuturesStage(Stage):
    """The local futures venue."""

    kind = "usdm"
    names: ClassVar[list[str]] = ["BTC/USDT.BINANCE-USDM", "ETH/USDT.BINANCE-USDM"]


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--speed", "20") as running:
        yield running


@pytest.fixture(scope="module")
def futures_venue() -> Iterator[LocalVenue]:
    with local_venue("binance-usdm", "--speed", "20") as running:
        yield running


class TestBinanceSpot(MarketDataSuite):
    @pytest.fixture(autouse=True)
    def _use(self, venue: LocalVenue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.heal()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.venue)


class TestBinanceFutures(MarketDataSuite):
    @pytest.fixture(autouse=True)
    def _use(self, futures_venue: LocalVenue) -> Iterator[None]:
        self.venue = futures_venue
        yield
        futures_venue.heal()

    @contextmanager
    def stage(self) -> Iterator[FuturesStage]:
        yield FuturesStage(self.venue)


def test_what_a_cut_missed_is_fetched_so_that_no_print_is_lost(venue: LocalVenue) -> None:
    async def scenario() -> None:
        adapter, received = Stage(venue).market_data(NAMES[:1]), Received()
        await adapter.start()
        task = asyncio.create_task(adapter.run(received.take))
        try:
            await received.until(lambda: received.rows("trades") >= 20)
            for _ in range(3):
                venue.operate("POST", "sockets/cut", {})
                await received.more("trades", 20)
            (quality,) = adapter.quality
            await received.until(lambda: adapter.quality[0].rows_backfilled > 0)
            assert (quality.connections, quality.backfill_failures) == (4, 0)
            await _compare(adapter, received)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


async def _compare(adapter: BinanceMarketData, received: Received) -> None:
    """The prints delivered, by the venue's time, are those that the venue has."""
    (instrument,) = adapter.instruments
    ours = sorted(
        row
        for columns in received.of("trades")
        for row in zip(
            *(columns[name].tolist() for name in ("venue_time_ns", "price", "size")), strict=True
        )
    )
    session = Session()
    history = BinanceHistory(adapter.rest(session))
    theirs: dict[int, int] = {}
    async for page in history.trades(instrument, ours[0][0], ours[-1][0] + 1):
        for time_ns, size in zip(page["time_ns"].tolist(), page["size"].tolist(), strict=True):
            theirs[time_ns] = theirs.get(time_ns, 0) + size
    await session.close()
    told: dict[int, int] = {}
    for time_ns, _, size in ours:
        told[time_ns] = told.get(time_ns, 0) + size
    first, last = ours[0][0], ours[-1][0]
    inside = {time_ns: size for time_ns, size in told.items() if first < time_ns < last}
    assert inside == {time_ns: size for time_ns, size in theirs.items() if first < time_ns < last}


def test_bars_and_prints_of_a_stretch_are_downloaded_without_a_gap(venue: LocalVenue) -> None:
    async def scenario() -> None:
        adapter = Stage(venue).market_data(NAMES[:1])
        await adapter.start()
        (instrument,) = adapter.instruments
        session = Session()
        rest = adapter.rest(session)
        await rest.learn_time()
        now_ns = rest.venue_ms() * 1_000_000
        history = BinanceHistory(rest)
        pages: list[Columns] = []
        async for page in history.bars(instrument, "1s", now_ns - 3_600 * 10**9, now_ns):
            pages.append(page)
        await session.close()
        opened = [time_ns for page in pages for time_ns in page["open_time_ns"].tolist()]
        assert opened == sorted(set(opened))
        assert max(opened) + 10**9 <= now_ns

    asyncio.run(scenario())
