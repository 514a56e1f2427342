"""Massive's market data passes the suite of market data against the local venue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.massive.market_data import MassiveMarketData
from tradewind.adapters.massive.rest import Hosts
from tradewind.adapters.net.secret import Secret
from tradewind.ports.market_data import MarketData
from tradewind.testing.market_data_suite import MarketDataSuite, Received


class Stage:
    """The local venue with its crypto, which trades at any hour; Massive has no books."""

    faults: frozenset[str] = frozenset({"cut"})

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue

    def market_data(self, instrument_ids: list[str] | None = None) -> MassiveMarketData:
        return MassiveMarketData(
            instrument_ids or ["BTC/USD.MASSIVE", "ETH/USD.MASSIVE"],
            Secret(self.venue.account("demo")["key"]),
            Hosts(f"http://{self.venue.address}", f"ws://{self.venue.address}"),
            clock=RealClock(),
            chance=no_chance,
            requests_per_minute=6_000,
        )

    def strike(self, fault: str) -> None:
        self.venue.operate("POST", "sockets/cut", {})

    def bad_rows(self, adapter: MarketData) -> int:
        assert isinstance(adapter, MassiveMarketData)
        return adapter.bad_ticks


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("massive", "--speed", "20") as running:
        yield running


class TestMassive(MarketDataSuite):
    kinds = frozenset({"trades", "quotes"})

    @pytest.fixture(autouse=True)
    def _use(self, venue: LocalVenue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.heal()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.venue)

    @pytest.mark.parametrize("fault", ["cut"])
    def test_m05_behind_a_cut_rows_come_again_and_books_are_made_anew(self, fault: str) -> None:
        """There are no books here: that rows come again is what is left of it."""

        async def played(stage: Stage) -> None:
            adapter, received = stage.market_data(), Received()
            await adapter.start()
            task = asyncio.create_task(adapter.run(received.take))
            try:
                await received.until(lambda: received.rows("quotes") >= 5)
                stage.strike(fault)
                await received.until(lambda: adapter.states[0].connections > 1)
                await received.more("trades", 1)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        with self.stage() as stage:
            asyncio.run(played(stage))
