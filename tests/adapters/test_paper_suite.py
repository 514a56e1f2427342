"""Paper trading passes the suite of trading, without the faults that only a network has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tradewind.adapters.local.trading import PaperTrading
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Leg
from tradewind.sim.venue import SimulatedVenue
from tradewind.testing.trading_suite import TradingSuite

COIN = Instrument("COIN/USD.SIM", tick="0.01", lot="1")
QUOTE = {"time_ns": 1_000, "bid": 10_000, "bid_size": 10_000, "ask": 10_001, "ask_size": 10_000}


class StandingClock:
    def now_ns(self) -> int:
        return 1_000


class Stage:
    """A simulated venue that stands at one quote."""

    faults = frozenset({"balances"})
    instrument = COIN
    passive_price = 9_000
    quantity = 10

    def trading(self) -> PaperTrading:
        venue = PaperTrading("SIM", SimulatedVenue(), clock=StandingClock(), session="1")
        venue.list_instruments([COIN])
        cash: dict[str, int] = {"USD": 10**12}
        positions: dict[tuple[str, Leg], int] = {}
        venue.open_account(cash, positions)
        arrays = {name: np.array([value], np.int64) for name, value in QUOTE.items()}
        venue.on_rows(Columns("quotes", COIN, arrays))
        return venue

    def strike(self, fault: str) -> None:
        raise NotImplementedError

    def orders_at_venue(self, order_id: str) -> int | None:
        return None


class TestPaperTrading(TradingSuite):
    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage()
