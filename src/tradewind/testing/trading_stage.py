"""The stage of the trading suite: a venue that can be hurt, an adapter, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from tradewind.core.native_icebergs import iceberg_of
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Trading

DEADLINE_S = 90.0
PREFIX = "j0-suite-"

_NUMBERS = count(1)


class TradingStage(Protocol):
    """Where a case plays: a venue with a still market and an account that can trade there."""

    faults: frozenset[str]
    """Of `reply_lost`, `reply_dropped`, `request_lost`, `duplicate`, `late`, `reordered`, `lost`,
    `cut`, `fill_after_cancel`, `rate_limit`, `skew` (its clock is off): those that this venue
    can play. Beside them `refusals`, `balances` and `amendments` (answered by number): what it
    can do."""
    instrument: Instrument
    passive_price: int
    """A price in units at which a buy order rests."""
    quantity: int
    """A quantity in units that fills at once at the market."""

    def trading(self) -> Trading:
        """A new adapter of the account."""

    def strike(self, fault: str) -> None:
        """Let a fault strike once, next."""

    def orders_at_venue(self, order_id: str) -> int | None:
        """How many orders of an id reached the venue, by its own log; None where it has none."""


class Told:
    """The reports that were delivered."""

    def __init__(self) -> None:
        self.reports: list[m.Report] = []
        self.changed = asyncio.Event()

    def take(self, report: m.Report) -> None:
        """Keep a report."""
        self.reports.append(report)
        self.changed.set()

    def of(self, order_id: str) -> list[m.Report]:
        """The reports of an order."""
        return [report for report in self.reports if report.order_id == order_id]

    def filled(self, order_id: str) -> int:
        """How much of an order is filled, each execution counted once."""
        fills = [report for report in self.of(order_id) if isinstance(report, m.OrderFilled)]
        return sum({fill.fill_id: fill.quantity for fill in fills}.values())

    def has(self, order_id: str, kind: type) -> bool:
        """Whether a report of a kind was delivered."""
        return any(isinstance(report, kind) for report in self.of(order_id))

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is true of what was delivered."""
        async with asyncio.timeout(DEADLINE_S):
            while not reached():
                self.changed.clear()
                await self.changed.wait()


class Scene:
    """A started adapter with what it told."""

    def __init__(self, stage: TradingStage, adapter: Trading) -> None:
        self.stage = stage
        self.adapter = adapter
        self.told = Told()

    def order(self, **changes: Any) -> m.SubmitOrder:
        """A limit order to buy that rests, or with other terms."""
        stage = self.stage
        terms: dict[str, Any] = {
            "time_ns": 0,
            "order_id": f"{PREFIX}{next(_NUMBERS)}",
            "account": "main",
            "venue": self.adapter.venue,
            "instrument": stage.instrument.id,
            "side": Side.BUY,
            "quantity": stage.quantity,
            "type": OrderType.LIMIT,
            "limit_price": stage.passive_price,
            "stop_price": 0,
            "time_in_force": TimeInForce.GTC,
            "flags": OrderFlag.NONE,
            "expire_time_ns": 0,
            "leg": Leg.NET,
        }
        return m.SubmitOrder(**{**terms, **changes})

    def iceberg(self) -> m.SubmitIceberg:
        """A limit order to buy that rests and shows its half."""
        return iceberg_of(self.order(), max(1, self.stage.quantity // 2))

    def market_order(self) -> m.SubmitOrder:
        """An order that fills at once."""
        return self.order(type=OrderType.MARKET, limit_price=0)

    async def rest(self) -> m.SubmitOrder:
        """Place an order that rests, and wait until it is accepted."""
        order = self.order()
        await self.adapter.submit(order)
        await self.told.until(lambda: self.told.has(order.order_id, m.OrderAccepted))
        return order

    async def cancel(self, order: m.SubmitOrder) -> None:
        """Cancel an order and wait until that is told."""
        await self.adapter.cancel(m.CancelOrder(0, order.order_id, order.venue, order.instrument))
        await self.told.until(lambda: self.told.has(order.order_id, m.OrderCanceled))

    async def resolve(self, order: m.SubmitOrder) -> list[m.Report] | None:
        """Ask about an order until there is an answer, as long as it may still arrive."""
        command = m.QueryOrder(0, order.order_id, order.venue, order.instrument)
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self.adapter.silence_s + 1.0
        while True:
            try:
                found = await self.adapter.query(command)
            except OutsideError:
                found = None
            if found is not None or loop.time() > ends_s:
                return found
            await asyncio.sleep(0.1)
