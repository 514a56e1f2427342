"""What the tests of Binance trading share: orders, payloads, and a started adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tests.adapters.binance.scripted_venue import ScriptedVenue, scripted
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.binance.hosts import MarketKind
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.adapters.binance.rest import Keys
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

BTC = KNOWN["BTC/USDT.BINANCE"]
ETH_USDM = KNOWN["ETH/USDT.BINANCE-USDM"]
KEYS = Keys(Secret("canary-key"), Secret("canary-secret"))
ORDERS = "POST /api/v3/order"
FILL = {
    "price": "59999.99000000",
    "qty": "0.00100000",
    "commission": "0.00000100",
    "commissionAsset": "BTC",
    "tradeId": 56,
}
REPORT: dict[str, Any] = {
    "e": "executionReport",
    "E": 1499405658658,
    "s": "BTCUSDT",
    "c": "j0-cross-1",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "0.00300000",
    "p": "60000.00000000",
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 28,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": 1499405658657,
    "t": -1,
    "m": False,
}
TRADE = {
    **REPORT,
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "l": "0.00100000",
    "z": "0.00100000",
    "L": "59999.99000000",
    "n": "0.00000100",
    "N": "BTC",
    "t": 56,
}
ACCEPTED = m.OrderAccepted(0, "j0-cross-1", "28")
FILLED = m.OrderFilled(0, "j0-cross-1", "56", 5_999_999, 100_000, 100, "BTC", 2)


def submit(order_id: str = "j0-cross-1", **changes: Any) -> m.SubmitOrder:
    order = m.SubmitOrder(
        0,
        order_id,
        "main",
        "BINANCE",
        BTC.id,
        Side.BUY,
        300_000,
        OrderType.LIMIT,
        6_000_000,
        0,
        TimeInForce.GTC,
        OrderFlag.NONE,
        0,
        Leg.NET,
    )
    return msgspec.structs.replace(order, **changes)


class Reports(list[m.Report]):
    """What was delivered; `until` waits for so many."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    def take(self, report: m.Report) -> None:
        self.append(report)
        self.changed.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self) < count:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def trading(
    kind: MarketKind = "spot", keys: Keys = KEYS, **given: Any
) -> AsyncIterator[tuple[ScriptedVenue, BinanceTrading, Reports]]:
    async with scripted() as (venue, hosts):
        if kind == "usdm":
            venue.say("POST /fapi/v1/listenKey", (200, {"listenKey": "abc"}))
        reports = Reports()
        one = BinanceTrading(
            kind,
            hosts,
            keys,
            [BTC if kind == "spot" else ETH_USDM],
            clock=RealClock(),
            chance=no_chance,
            **given,
        )
        try:
            await one.start(reports.take)
            yield venue, one, reports
        finally:
            await one.close()


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())
