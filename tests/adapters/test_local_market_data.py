"""The generated market of the process itself passes the suite of market data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import time_ns

from tradewind.adapters.local.market_data import LocalMarketData
from tradewind.ports.market_data import MarketData
from tradewind.testing.market_data_suite import MarketDataSuite


class FastClock:
    """A hundred times as fast as the machine's."""

    def __init__(self) -> None:
        self.begun_ns = time_ns()

    def now_ns(self) -> int:
        return self.begun_ns + (time_ns() - self.begun_ns) * 100


class Stage:
    faults: frozenset[str] = frozenset()

    def market_data(self, instrument_ids: list[str] | None = None) -> MarketData:
        return LocalMarketData(instrument_ids or ["BTC/USDT.SIM"], seed=7, clock=FastClock())

    def strike(self, fault: str) -> None:
        raise NotImplementedError

    def bad_rows(self, adapter: MarketData) -> int:
        return 0


class TestLocalMarketData(MarketDataSuite):
    kinds = frozenset({"trades", "quotes", "depth"})

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage()
