"""A venue that loses, delays, repeats and reorders, with an account of its own of what is true."""

from __future__ import annotations

from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import trade_of
from tradewind.model.orders import Liquidity, OrderType, Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SAP = Instrument("SAP.SIM", tick="0.01", lot="1", currency="EUR")
INSTRUMENTS = (GOOG, SAP)
STRATEGIES = ("cross", "maker")
LIMIT = 6
"""Largest position of the account in one instrument."""

Step = tuple[int, int, int, int]
"""What happens, and three numbers that say to which order and how much."""


class TrueOrder:
    """An order as the venue has it."""

    def __init__(self, command: m.SubmitOrder) -> None:
        self.order_id = command.order_id
        self.instrument = command.instrument
        self.side = int(command.side)
        self.quantity = command.quantity
        self.filled = 0
        self.is_open = True


class HostileVenue:
    """Takes commands in any order, may lose them, and holds reports back as long as it likes."""

    def __init__(self) -> None:
        self.orders: dict[str, TrueOrder] = {}
        self.coming: list[Any] = []
        self.reports: list[Any] = []
        self.refused: set[str] = set()
        self.fills: list[m.OrderFilled] = []

    def receive(self, place: int) -> None:
        """One command on its way arrives."""
        place %= len(self.coming)
        command = self.coming.pop(place)
        kind = type(command)
        if kind is m.QueryOrder:
            self._too_late(command, place)
        if kind is m.SubmitOrder:
            self._submit(command)
        elif kind is m.QueryOrder:
            self._query(command)
        elif command.order_id not in self.orders:
            self._refuse(command)
        elif kind is m.CancelOrder:
            self._cancel(command)
        else:
            self._amend(command)

    def _too_late(self, query: m.QueryOrder, place: int) -> None:
        """Amendments that a query knows of take no effect behind its answer.

        One that left behind the query keeps its own answer, though a lost query is asked again
        behind it.
        """
        self.coming = [
            command
            for number, command in enumerate(self.coming)
            if number >= place
            or type(command) is not m.AmendOrder
            or command.order_id != query.order_id
            or command.number > query.amends
        ]

    def lose(self, place: int) -> None:
        """One command on its way is lost; the order is UNKNOWN until it is asked for."""
        command = self.coming.pop(place % len(self.coming))
        if type(command) is m.QueryOrder:
            self.coming.append(command)
            return
        if type(command) is m.SubmitOrder:
            self.refused.add(command.order_id)
        self.reports.append(m.OrderUnknown(0, command.order_id, "lost"))

    def fill(self, place: int, quantity: int, price: int) -> None:
        """A part of an open order is executed."""
        found = [order for order in self.orders.values() if order.is_open]
        if not found:
            return
        order = found[place % len(found)]
        done = min(quantity, order.quantity - order.filled)
        order.filled += done
        order.is_open = order.filled < order.quantity
        name = f"f{len(self.fills)}"
        fill = m.OrderFilled(0, order.order_id, name, price, done, 7, "USD", Liquidity.TAKER)
        self.fills.append(fill)
        self.reports.append(fill)

    def end(self, place: int) -> None:
        """An open order ends by itself."""
        found = [order for order in self.orders.values() if order.is_open]
        if found:
            order = found[place % len(found)]
            order.is_open = False
            self.reports.append(m.OrderExpired(0, order.order_id, "over", order.filled))

    def deliver(self, place: int) -> Any:
        """A report: any, but answers to amendments and queries in turn."""
        report = self.reports[place % len(self.reports)]
        kinds = _BEFORE.get(type(report), ())
        for other in self.reports:
            if type(other) in kinds and other.order_id == report.order_id:
                report = other
                break
        self.reports.remove(report)
        return report

    def worst(self, instrument: str, side: int) -> int:
        """The position that all that may still happen on a side can lead to."""
        sides = {order.order_id: order.side for order in self.orders.values()}
        position = sum(
            fill.quantity * sides[fill.order_id]
            for fill in self.fills
            if self.orders[fill.order_id].instrument == instrument
        )
        return position + side * sum(self._may_fill(instrument, side))

    def _may_fill(self, instrument: str, side: int) -> list[int]:
        open_ = []
        for order in self.orders.values():
            if order.is_open and order.instrument == instrument and order.side == side:
                coming = [c for c in self.coming if type(c) is m.AmendOrder]
                wanted = [c.quantity for c in coming if c.order_id == order.order_id]
                open_.append(max([order.quantity, *wanted]) - order.filled)
        open_ += [
            command.quantity
            for command in self.coming
            if type(command) is m.SubmitOrder
            and command.instrument == instrument
            and command.side == side
        ]
        return open_

    def _submit(self, command: m.SubmitOrder) -> None:
        if command.order_id in self.refused:
            return
        self.orders[command.order_id] = TrueOrder(command)
        self.reports.append(m.OrderAccepted(0, command.order_id, "v"))

    def _query(self, command: m.QueryOrder) -> None:
        order = self.orders.get(command.order_id)
        if order is None:
            self.refused.add(command.order_id)
            self.coming = [c for c in self.coming if c.order_id != command.order_id]
            self.reports.append(m.OrderRejected(0, command.order_id, "never_reached_venue"))
        elif order.is_open or order.filled == order.quantity:
            self.reports.append(
                m.OrderRestated(0, order.order_id, "v", order.quantity, 0, command.amends)
            )
        else:
            self.reports.append(m.OrderCanceled(0, order.order_id, "", order.filled))

    def _cancel(self, command: m.CancelOrder) -> None:
        order = self.orders[command.order_id]
        if order.is_open:
            order.is_open = False
            self.reports.append(m.OrderCanceled(0, order.order_id, "", order.filled))
        else:
            self.reports.append(m.CancelRejected(0, order.order_id, "too late"))

    def _amend(self, command: m.AmendOrder) -> None:
        order = self.orders[command.order_id]
        if not order.is_open or command.quantity <= order.filled:
            self.reports.append(m.AmendRejected(0, order.order_id, "too late", command.number))
            return
        order.quantity = command.quantity
        self.reports.append(m.OrderAmended(0, order.order_id, command.quantity, 0, command.number))

    def _refuse(self, command: Any) -> None:
        reason = "no such order"
        if type(command) is m.CancelOrder:
            self.reports.append(m.CancelRejected(0, command.order_id, reason))
        else:
            self.reports.append(m.AmendRejected(0, command.order_id, reason, command.number))


_ANSWERS = (m.OrderAmended, m.AmendRejected, m.OrderRestated)
_BEFORE: dict[type, tuple[type, ...]] = {
    m.OrderRejected: (m.OrderFilled,),
    **dict.fromkeys(_ANSWERS, _ANSWERS),
}
"""Reports that come before one of the same order."""


class Struggle:
    """The engine against the venue, one step of a program at a time."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.venue = HostileVenue()
        self.intents = 0
        self.heard: list[Any] = []
        for event in (
            m.RunStarted(1, "j0", 1, ""),
            *(m.InstrumentListed(1, one) for one in INSTRUMENTS),
            m.AccountOpened(1, "main", "USD"),
            m.CashDeposited(1, "main", "USD", 10**12),
            m.RateChanged(1, "EUR", "USD", 1_100_000_000),
            m.LimitsChanged(1, "account:main", Limits(position_quantity=str(LIMIT)), "test"),
            *(m.StrategyRegistered(1, name, "main", "", {}) for name in STRATEGIES),
            *(trade_of(one, 1, 10_000, 1, 0) for one in INSTRUMENTS),
        ):
            self.engine.step(event)

    @property
    def state(self) -> State:
        return self.engine.state

    def do(self, step: Step) -> None:
        """One step; what it cannot be done to is passed over."""
        kind, place, quantity, price = step
        if kind <= 2:
            self._intend(place, quantity, price)
        elif kind == 3:
            self._about_an_order(
                place, lambda order_id: m.CancelIntended(2, owner(order_id), order_id)
            )
        elif kind == 4 or kind > 18:
            self._about_an_order(
                place, lambda name: m.AmendIntended(2, owner(name), name, quantity, 0)
            )
        elif kind <= 7 and self.venue.coming:
            self.venue.receive(place)
        elif kind == 8 and self.venue.coming:
            self.venue.lose(place)
        elif kind <= 11:
            self.venue.fill(place, quantity, 9_900 + price)
        elif kind == 12:
            self.venue.end(place)
        elif kind <= 17 and self.venue.reports:
            self.hear(self.venue.deliver(place))
        elif kind == 18 and self.heard:
            self.give(self.heard[place % len(self.heard)])

    def hear(self, report: Any) -> None:
        """A report arrives for the first time."""
        if type(report) is m.OrderFilled:
            self.heard.append(report)
        self.give(report)

    def give(self, event: Any) -> None:
        """An event to the engine; its commands are on their way to the venue."""
        for decision in self.engine.step(event):
            if type(decision) is not m.OrderDenied:
                self.venue.coming.append(decision)

    def settle(self) -> None:
        """Let everything arrive that is on its way, until nothing is."""
        while self.venue.coming or self.venue.reports:
            if self.venue.coming:
                self.venue.receive(0)
            else:
                self.hear(self.venue.deliver(0))

    def _intend(self, place: int, quantity: int, price: int) -> None:
        self.intents += 1
        strategy = STRATEGIES[place % 2]
        self.give(
            m.OrderIntended(
                2,
                f"j0-{strategy}-{self.intents}",
                strategy,
                INSTRUMENTS[place // 2 % 2].id,
                Side.BUY if place // 4 % 2 else Side.SELL,
                quantity,
                OrderType.LIMIT if price else OrderType.MARKET,
                9_900 + price if price else 0,
            )
        )

    def _about_an_order(self, place: int, intent: Any) -> None:
        open_orders = list(self.state.open_orders)
        if open_orders:
            self.give(intent(open_orders[place % len(open_orders)]))


def owner(order_id: str) -> str:
    """The strategy of an order."""
    return order_id.split("-")[1]
