"""Trading at Binance passes the suite of trading against the local venue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.binance.hosts import MarketKind, local_hosts
from tradewind.adapters.binance.rest import RECV_WINDOW_MS, Keys
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.testing.trading_stage import PREFIX, Scene
from tradewind.testing.trading_suite import TradingSuite

FAULTS = {
    "reply_lost": "reply-lost",
    "reply_dropped": "reply-dropped",
    "request_lost": "request-lost",
    "duplicate": "duplicate-report",
    "late": "late-report",
    "reordered": "reordered-report",
    "lost": "lost-report",
    "fill_after_cancel": "fill-after-cancel",
    "rate_limit": "rate-limit",
    "skew": "clock-skew",
}
SKEW_MS = 2 * RECV_WINDOW_MS
"""The venue's own 2 s are our receive window to the millisecond: that may go either way."""
BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)
BTC_USDM = Instrument("BTC/USDT.BINANCE-USDM", tick="0.10", lot="0.001", kind="perpetual")


class Stage:
    """The local venue with its first account."""

    faults = frozenset({*FAULTS, "cut", "refusals", "balances", "amendments"})
    kind: MarketKind = "spot"
    instrument = BTC
    passive_price = 5_000_000
    quantity = 100_000

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue

    def trading(self) -> BinanceTrading:
        account = self.venue.about["accounts"][0]
        return BinanceTrading(
            self.kind,
            local_hosts(self.venue.address),
            Keys(Secret(account["key"]), Secret(account["secret"])),
            [self.instrument],
            clock=RealClock(),
            chance=no_chance,
            id_prefix=PREFIX,
        )

    def strike(self, fault: str) -> None:
        if fault == "cut":
            self.venue.operate("POST", "sockets/cut", {})
        elif fault == "skew":
            self.venue.fault(FAULTS[fault], count=1, value=SKEW_MS)
        else:
            self.venue.fault(FAULTS[fault], count=1)

    def orders_at_venue(self, order_id: str) -> int | None:
        return sum(
            1
            for row in self.venue.log()
            if row.get("what") == "new" and order_id in str(row.get("client_id", row))
        )


class FuturesStage(Stage):
    """The local futures venue."""

    kind = "usdm"
    instrument = BTC_USDM
    passive_price = 500_000
    quantity = 2


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--still") as running:
        yield running


@pytest.fixture(scope="module")
def futures_venue() -> Iterator[LocalVenue]:
    with local_venue("binance-usdm", "--still") as running:
        yield running


class TestBinanceSpot(TradingSuite):
    @pytest.fixture(autouse=True)
    def _use(self, venue: LocalVenue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.heal()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.venue)


class TestBinanceFutures(TradingSuite):
    @pytest.fixture(autouse=True)
    def _use(self, futures_venue: LocalVenue) -> Iterator[None]:
        self.venue = futures_venue
        yield
        futures_venue.heal()

    @contextmanager
    def stage(self) -> Iterator[FuturesStage]:
        yield FuturesStage(self.venue)

    def test_terms_that_come_again_answer_each_amendment(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            low, high = order.limit_price, order.limit_price + 10
            for number, price in enumerate((high, low, high, low), 1):
                command = m.AmendOrder(
                    0, order.order_id, order.venue, order.instrument, order.quantity, price, number
                )
                await scene.adapter.amend(command)

            def answered() -> list[tuple[int, int]]:
                told = [one for one in scene.told.reports if isinstance(one, m.OrderAmended)]
                return [(one.number, one.limit_price) for one in told]

            await scene.told.until(lambda: len(answered()) >= 4)
            await asyncio.sleep(0.3)  # a fifth would be one too many
            answers = answered()
            assert answers == [(1, high), (2, low), (3, high), (4, low)]

        self.play(case)
