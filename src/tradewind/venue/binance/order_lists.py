"""Order lists: legs of which one begins when another is done, or ends when another begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tradewind.venue.binance.order_answers import canceled, result
from tradewind.venue.chaos import milliseconds
from tradewind.venue.events import Happened, OrderEvent
from tradewind.venue.orders import Order, Status

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue


@dataclass(slots=True, eq=False)
class OrderList:
    """A list: `working` comes first (OTO), `pair` are one-cancels-the-other legs."""

    id: int
    client_id: str
    account: str
    symbol: str
    contingency: str
    legs: list[Order]
    time_ns: int
    working: Order | None = None
    pending: list[Order] = field(default_factory=list)
    pair: list[Order] = field(default_factory=list)
    is_done: bool = False


class OrderLists:
    """The lists of a venue; it hears of every order's events."""

    def __init__(self, venue: BinanceVenue) -> None:
        self._venue = venue
        self.lists: dict[int, OrderList] = {}

    def next_id(self) -> int:
        """A new list's number."""
        return len(self.lists)

    def of(self, account: str) -> list[OrderList]:
        """An account's lists, the oldest first."""
        return [each for each in self.lists.values() if each.account == account]

    def begin(self, made: OrderList) -> str:
        """Take a list: its first legs are submitted; "" or why one was refused."""
        for leg in made.legs:
            leg.list_id = made.id
        exchange = self._venue.exchange
        self.lists[made.id] = made
        if made.working is not None:
            exchange.submit(made.working, made.time_ns)
            if made.working.status is Status.REJECTED:
                return self._refuse(made, made.working.reason)
            self._tell(made, "EXEC_STARTED", "EXECUTING")
            for leg in made.pending:
                exchange.wait(leg, made.time_ns)
            self._after_working(made)
            return ""
        self._link(made)
        for leg in made.pair:
            exchange.submit(leg, made.time_ns)
            if leg.status is Status.REJECTED:
                return self._refuse(made, leg.reason)
        self._tell(made, "EXEC_STARTED", "EXECUTING")
        return ""

    def cancel(self, number: int, now_ns: int, client_id: str) -> dict[str, Any]:
        """Cancel every open leg; the answer shows the list and its legs."""
        made = self.lists[number]
        open_legs = [leg for leg in made.legs if leg.is_open]
        made.is_done = True
        for leg in open_legs:
            if leg.is_open:
                self._venue.exchange.cancel(leg, now_ns, client_id)
        made.is_done = False
        self._end(made)
        rows = [canceled(leg, client_id) for leg in made.legs]
        return {**list_row(made), "orderReports": rows}

    def on_order(self, event: OrderEvent) -> None:
        """A leg moved: what follows comes when the step is through."""
        made = self.lists.get(event.order.list_id)
        if made is not None and not made.is_done and event.what is not Happened.NEW:
            self._venue.exchange.afterwards(lambda: self._follow(made, event.order))

    def _follow(self, made: OrderList, leg: Order) -> None:
        if made.is_done:
            return
        if leg is made.working:
            self._after_working(made)
        elif leg in made.pair and (leg.fills or not leg.is_open):
            self._decide(made, leg, leg.updated_ns)
        if not any(each.is_open for each in made.legs):
            self._end(made)

    def _after_working(self, made: OrderList) -> None:
        """The first leg is done: the others begin; or it ended otherwise: they end too."""
        working = made.working
        waiting = [leg for leg in made.pending if leg.status is Status.PENDING_NEW]
        if working is None or working.is_open or not waiting:
            return
        if working.status is not Status.FILLED:
            self._expire(waiting, working.updated_ns)
            return
        if made.pair:
            self._link(made)
        for leg in waiting:
            if leg.is_open:
                self._venue.exchange.release_leg(leg, working.updated_ns)

    def _link(self, made: OrderList) -> None:
        """Of a pair one pays, and the held leg ends the other before it begins to work."""
        held = [leg for leg in made.pair if leg.stop_price is not None or leg.trailing_share]
        for leg in held:
            leg.is_unpaid = len(held) < len(made.pair) or leg is not held[0]
            leg.before_work = self._decider(made, leg)

    def _decider(self, made: OrderList, leg: Order) -> Callable[[int], None]:
        return lambda time_ns: self._decide(made, leg, time_ns)

    def _decide(self, made: OrderList, leg: Order, time_ns: int) -> None:
        """Of a pair this leg is the one that is done: the other ends."""
        others = [each for each in made.pair if each is not leg]
        made.pair = []
        self._expire(others, time_ns)

    def _expire(self, legs: list[Order], time_ns: int) -> None:
        for leg in legs:
            if leg.is_open:
                self._venue.exchange.expire(leg, time_ns)

    def _refuse(self, made: OrderList, reason: str) -> str:
        made.is_done = True
        for leg in made.legs:
            if leg.is_open and leg.id in self._venue.exchange.open:
                self._venue.exchange.cancel(leg, made.time_ns)
        del self.lists[made.id]
        return reason

    def _end(self, made: OrderList) -> None:
        if not made.is_done:
            made.is_done = True
            self._tell(made, "ALL_DONE", "ALL_DONE")

    def _tell(self, made: OrderList, kind: str, status: str) -> None:
        """The payload: {"e":"listStatus","E":1564035303637,"s":"ETHBTC","g":2,"c":"OCO",
        "l":"EXEC_STARTED","L":"EXECUTING","r":"NONE","C":"F4QN4G8DlFATFlIUQ0cjdD","T":...,"O":[...]}
        """
        payload = {
            "e": "listStatus",
            "E": self._venue.chaos.clock.now_ms(),
            "s": made.symbol,
            "g": made.id,
            "c": made.contingency,
            "l": kind,
            "L": status,
            "r": "NONE",
            "C": made.client_id,
            "T": milliseconds(made.time_ns),
            "O": [{"s": leg.symbol, "i": leg.id, "c": leg.client_id} for leg in made.legs],
        }
        self._venue.tell(made.account, payload)


def list_row(made: OrderList) -> dict[str, Any]:
    """A list as answers and queries show it."""
    return {
        "orderListId": made.id,
        "contingencyType": made.contingency,
        "listStatusType": "ALL_DONE" if made.is_done else "EXEC_STARTED",
        "listOrderStatus": "ALL_DONE" if made.is_done else "EXECUTING",
        "listClientOrderId": made.client_id,
        "transactionTime": milliseconds(made.time_ns),
        "symbol": made.symbol,
        "orders": [
            {"symbol": leg.symbol, "orderId": leg.id, "clientOrderId": leg.client_id}
            for leg in made.legs
        ],
    }


def placed_row(made: OrderList) -> dict[str, Any]:
    """The answer to a new list."""
    return {**list_row(made), "orderReports": [result(leg) for leg in made.legs]}
