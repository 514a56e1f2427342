"""Alpaca's market data passes the suite of market data against the local venue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.alpaca.market_data import AlpacaMarketData
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.net.secret import Secret
from tradewind.ports.market_data import MarketData
from tradewind.testing.market_data_suite import MarketDataSuite


class Stage:
    """The local venue, with its crypto, which has trades, quotes and books."""

    faults = frozenset({"cut"})

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue

    def market_data(self, instrument_ids: list[str] | None = None) -> AlpacaMarketData:
        account = self.venue.account("demo")
        base, socket = f"http://{self.venue.address}", f"ws://{self.venue.address}"
        return AlpacaMarketData(
            instrument_ids or ["BTC/USD.ALPACA", "ETH/USD.ALPACA"],
            Keys(Secret(account["key"]), Secret(account["secret"])),
            Hosts(base, data_stream=socket, feed="sip"),
            clock=RealClock(),
            chance=no_chance,
        )

    def strike(self, fault: str) -> None:
        self.venue.operate("POST", "sockets/cut", {})

    def bad_rows(self, adapter: MarketData) -> int:
        assert isinstance(adapter, AlpacaMarketData)
        return adapter.bad_ticks


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--speed", "20", "--clock", FRIDAY_MORNING) as running:
        yield running


class TestAlpaca(MarketDataSuite):
    @pytest.fixture(autouse=True)
    def _use(self, venue: LocalVenue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.heal()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.venue)
