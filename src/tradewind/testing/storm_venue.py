"""The venue of the storm: behind a bad network, and with a log of its own that judges."""

from __future__ import annotations

import asyncio
import random
from typing import Literal

import msgspec

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderType
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.trading import Connection, Deliver, Permissions, Refused
from tradewind.testing.virtual_time import VirtualClock

COIN = Instrument("COIN/USD.STORM", tick="0.01", lot="1")
POSITION_MAX = 20
MIDDLE = 10_000
CASH = 10**15


class Faults(msgspec.Struct, frozen=True):
    """Chances of each fault, for each message or write."""

    request_lost: float = 0.05
    request_late: float = 0.04
    reply_lost: float = 0.08
    report_lost: float = 0.03
    report_late: float = 0.3
    report_doubled: float = 0.1
    query_fails: float = 0.2
    asking_fails: float = 0.03
    slow_disk: float = 0.1
    crash_per_s: float = 0.15


CALM = Faults(**dict.fromkeys(Faults.__struct_fields__, 0.0))
"""A venue without faults."""


class StormVenue:
    """A venue behind a bad network. It never forgets, and accepts an order id only once."""

    venue = "STORM"
    silence_s = 2.0
    has_cancel_all = False
    sends_at_once: Literal[True] = True
    has_positions = True
    connection = Connection(is_up=True, count=1, clock_offset_ns=0)

    def __init__(self, chance: random.Random, faults: Faults) -> None:
        self.faults = faults
        self.broken: list[str] = []
        self.position = 0
        self.fill_count = 0
        self.working: dict[str, m.SubmitOrder] = {}
        self.filled: dict[str, int] = {}
        self.reports: dict[str, list[m.Report]] = {}
        self.executions: list[VenueFill] = []
        self.money = CASH
        self._chance = chance
        self._deliver: Deliver | None = None

    async def start(self, deliver: Deliver) -> None:
        """Whoever started last hears the reports."""
        self._deliver = deliver

    async def submit(self, command: m.SubmitOrder) -> None:
        """Take an order, or lose it, or lose the answer, or take it late without one."""
        await self._pass("request")
        if self._chance.random() < self.faults.request_late:
            late_s = self._chance.random() * self.silence_s
            asyncio.get_running_loop().call_later(late_s, self._take, command)
            raise OutsideError("the request is held up", fault="theirs", retry=False)
        self._take(command)
        await self._pass("reply")

    def _take(self, command: m.SubmitOrder) -> None:
        if command.order_id in self.reports:
            self.broken.append("I2: an order reached the venue twice")
        self.reports[command.order_id] = []
        self.working[command.order_id] = command
        self.filled[command.order_id] = 0
        self._check_limits()
        self._tell(m.OrderAccepted(0, command.order_id, "v" + command.order_id))
        if command.type == OrderType.MARKET:
            self.fill(command.order_id, command.quantity)

    async def cancel(self, command: m.CancelOrder) -> None:
        """Cancel what works."""
        await self._pass("request")
        if command.order_id not in self.working:
            raise Refused("Unknown order sent.")
        del self.working[command.order_id]
        self._tell(m.OrderCanceled(0, command.order_id, "", self.filled[command.order_id]))
        await self._pass("reply")

    async def amend(self, command: m.AmendOrder) -> None:
        """Refuse: this venue has no amendments."""
        raise Refused("Amendments are not supported.")

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """Tell all of an order, or fail to."""
        await self._answer(self.faults.query_fails)
        reports = self.reports.get(command.order_id)
        return None if reports is None else list(reports)

    async def cancel_all(self, instrument: str) -> None:
        """Refuse: this venue has no such call."""
        raise Refused(f"Orders of {instrument} are canceled one by one.")

    async def open_orders(self) -> list[VenueOrder]:
        """What works, by the venue's own count."""
        await self._answer(self.faults.asking_fails)
        return [
            VenueOrder(
                name, "v" + name, COIN.id, one.side, one.type, one.quantity, self.filled[name],
                one.limit_price,
            )
            for name, one in self.working.items()
        ]  # fmt: skip

    async def balances(self) -> list[VenueBalance]:
        """Money that fills and fees have moved."""
        await self._answer(self.faults.asking_fails)
        return [VenueBalance("USD", self.money, self.money)]

    async def positions(self) -> list[VenuePosition]:
        """The one position."""
        await self._answer(self.faults.asking_fails)
        return [VenuePosition(COIN.id, self.position)] if self.position else []

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """All executions."""
        await self._answer(self.faults.asking_fails)
        return [one for one in self.executions if one.venue_time_ns >= since_ns]

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """None: money moves with executions alone."""
        return []

    async def closed_instruments(self) -> dict[str, str]:
        """None: it is always open."""
        return {}

    async def permissions(self) -> Permissions:
        """Trade alone."""
        return Permissions(account="storm", can_trade=True, can_withdraw=False)

    async def close(self) -> None:
        """Tell nobody any more."""
        self._deliver = None

    def fill(self, identifier: str, quantity: int) -> None:
        """Execute part of a working order."""
        command = self.working[identifier]
        self.filled[identifier] += quantity
        self.fill_count += 1
        self.position += command.side * quantity
        price = command.limit_price or MIDDLE
        fill_id = f"f{self.fill_count}"
        self._tell(m.OrderFilled(0, identifier, fill_id, price, quantity, 10, "USD", 2))
        self._post(command, fill_id, price, quantity)
        if self.filled[identifier] == command.quantity:
            del self.working[identifier]

    def fill_some(self) -> None:
        """Execute a part of some working order, as a market would."""
        if self.working:
            identifier = self._chance.choice(list(self.working))
            left = self.working[identifier].quantity - self.filled[identifier]
            self.fill(identifier, self._chance.randint(1, left))

    def _check_limits(self) -> None:
        """I4: the limit holds by the venue's own count of positions and working orders."""
        left = [(one.side, one.quantity - self.filled[name]) for name, one in self.working.items()]
        bought = self.position + sum(quantity for side, quantity in left if side > 0)
        sold = self.position - sum(quantity for side, quantity in left if side < 0)
        if bought > POSITION_MAX or sold < -POSITION_MAX:
            self.broken.append("I4: a limit was passed")

    async def _answer(self, chance: float) -> None:
        """Take a while to answer a question, or fail to."""
        await asyncio.sleep(self._chance.random() * 0.1)
        if self._chance.random() < chance:
            raise OutsideError("503", fault="theirs", retry=True)

    def _post(self, command: m.SubmitOrder, fill_id: str, price: int, quantity: int) -> None:
        name, signed = command.order_id, quantity * command.side
        now_ns = VirtualClock().now_ns()
        self.money -= price * signed * COIN.money_factor // COIN.money_divisor + 10
        numbers = (command.side, price, quantity, 10)
        self.executions.append(
            VenueFill(fill_id, name, "v" + name, COIN.id, *numbers, "USD", 2, now_ns)
        )

    async def _pass(self, way: str) -> None:
        await asyncio.sleep(self._chance.random() * 0.05)
        chance = self.faults.request_lost if way == "request" else self.faults.reply_lost
        if self._chance.random() < chance:
            raise OutsideError(f"the {way} was lost", fault="theirs", retry=False)

    def _tell(self, report: m.Report) -> None:
        self.reports[report.order_id].append(report)
        if self._chance.random() < self.faults.report_lost:
            return
        times = 2 if self._chance.random() < self.faults.report_doubled else 1
        for _ in range(times):
            late = self._chance.random() < self.faults.report_late
            delay_s = self._chance.random() * 3.0 if late else 0.0
            asyncio.get_running_loop().call_later(delay_s, self._arrive, report)

    def _arrive(self, report: m.Report) -> None:
        if self._deliver is not None:
            self._deliver(report)
