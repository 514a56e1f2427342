"""A judge of venues: knows every order and what was displayed, and checks each report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tradewind.model import messages as m
from tradewind.model.orders import Liquidity, OrderFlag, TimeInForce

TERMINAL = {"OrderFilled", "OrderCanceled", "OrderExpired", "OrderRejected"}


@dataclass
class Known:
    """What we know of one order from its submission and the reports."""

    side: int
    quantity: int
    limit: int
    stop: int
    time_in_force: int
    flags: int
    place: int = 0  # in the order of arrival; 0 before the venue accepted it
    filled: int = 0
    end: str = ""

    @property
    def rests(self) -> bool:
        """Whether it is a plain limit order that may stand in the book."""
        is_plain = self.stop == 0 and not self.is_immediate
        return is_plain and self.limit > 0 and self.place > 0 and not self.end

    @property
    def is_immediate(self) -> bool:
        return self.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)


class Judge:
    """Takes orders as they are sent and reports as they come, and asserts the rules."""

    def __init__(self) -> None:
        self.orders: dict[str, Known] = {}
        self.shown: dict[tuple[int, int], int] = {}
        self.taken: Counter[tuple[int, int]] = Counter()
        self.time_ns = 0
        self.places = 0

    def sent(self, order_id: str, side: int, quantity: int, terms: dict[str, int]) -> None:
        self.orders[order_id] = Known(
            side,
            quantity,
            terms.get("limit", 0),
            terms.get("stop", 0),
            terms.get("time_in_force", TimeInForce.GTC),
            terms.get("flags", 0),
        )

    def show(self, side: int, price: int, size: int) -> None:
        """A level (side of the book, price) is displayed with a size."""
        if self.shown.get((side, price)) != size:
            self.shown[side, price] = size
            self.taken[side, price] = 0

    def hide_others(self, side: int, price: int) -> None:
        """Only one level of a side is displayed: the best."""
        for level in [level for level in self.shown if level[0] == side and level[1] != price]:
            del self.shown[level]
            del self.taken[level]

    def judge(self, reports: list[Any]) -> None:
        """Check the reports of one call, in their order."""
        for report in reports:
            assert report.time_ns >= self.time_ns, "reports run backwards"
            self.time_ns = report.time_ns
            order = self.orders[report.order_id]
            if isinstance(report, m.OrderAccepted):
                self.places += 1
                order.place = self.places
            elif isinstance(report, m.OrderFilled):
                self.judge_fill(order, report)
            elif isinstance(report, m.OrderAmended):
                self.judge_amendment(order, report)
            elif type(report).__name__ in TERMINAL:
                assert not order.end, "an order ended twice"
                order.end = type(report).__name__
                is_whole = order.time_in_force == TimeInForce.FOK
                assert not (is_whole and order.filled), "a FOK order filled in part"

    def judge_fill(self, order: Known, fill: m.OrderFilled) -> None:
        assert not order.end, "an order filled behind its end"
        assert fill.quantity > 0
        if order.limit:
            assert (order.limit - fill.price) * order.side >= 0, "a fill beyond the limit"
        order.filled += fill.quantity
        assert order.filled <= order.quantity, "more was filled than ordered"
        if order.filled == order.quantity:
            order.end = "OrderFilled"
        if fill.liquidity == Liquidity.MAKER:
            self.judge_priority(order)
        else:
            assert not order.flags & OrderFlag.POST_ONLY, "a POST_ONLY order took"
            self.taken[-order.side, fill.price] += fill.quantity

    def judge_priority(self, filled: Known) -> None:
        """No resting order of ours that came earlier at this or a better price is passed over."""
        for order in self.orders.values():
            if not order.rests or order.side != filled.side or order is filled:
                continue
            better = (order.limit - filled.limit) * filled.side
            assert better < 0 or order.place > filled.place, "an earlier order was passed over"

    def judge_amendment(self, order: Known, report: m.OrderAmended) -> None:
        if report.limit_price != order.limit or report.quantity > order.quantity:
            self.places += 1
            order.place = self.places
        order.limit = report.limit_price
        order.quantity = report.quantity

    def judge_taken(self) -> None:
        """No displayed size was taken twice."""
        for level, quantity in self.taken.items():
            assert quantity <= self.shown.get(level, 0), f"more was taken at {level} than shown"
