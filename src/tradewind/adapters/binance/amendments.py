"""Amendments sent to Binance: which one a report answers, and which may still take effect.

The venue's reports name no request of ours, so they are told apart by their terms.
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf

import msgspec

from tradewind.model import messages as m

ORDERS_MAX = 10_000
"""Orders whose amendments are remembered; one more forgets the oldest."""


class Sent(msgspec.Struct):
    """One amendment on its way, or answered."""

    number: int
    quantity: int
    limit_price: int
    gone_s: float = inf
    is_answered: bool = False
    is_heard: bool = False


class Amendments:
    """Of each order, the amendments that this process sent; times are seconds of the loop.

    >>> amendments = Amendments(started_s=0.0)
    >>> amendments.sent(m.AmendOrder(0, "j0-a-1", "BINANCE", "X", 5, 100, 1))
    >>> amendments.lost("j0-a-1", 1, now_s=10.0)
    >>> amendments.may_come("j0-a-1", asked=1, silence_s=3.0, now_s=12.0)
    True
    >>> amendments.heard(m.OrderAmended(0, "j0-a-1", 5, 100), time=7)
    OrderAmended(time_ns=0, order_id='j0-a-1', quantity=5, limit_price=100, number=1, stop_price=0)
    >>> amendments.may_come("j0-a-1", asked=1, silence_s=3.0, now_s=12.0)
    False
    """

    __slots__ = ("_heard", "_sent", "_started_s")

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._sent: OrderedDict[str, list[Sent]] = OrderedDict()
        self._heard: dict[str, int] = {}

    def sent(self, command: m.AmendOrder) -> None:
        """One leaves: `answered` or `lost` follows."""
        one = Sent(command.number, command.quantity, command.limit_price)
        self._sent.setdefault(command.order_id, []).append(one)
        if len(self._sent) > ORDERS_MAX:
            forgotten, _ = self._sent.popitem(last=False)
            self._heard.pop(forgotten, None)

    def answered(self, order_id: str, number: int) -> None:
        """Its answer came: it took effect or never will."""
        for one in self._sent.get(order_id, ()):
            if one.number == number:
                one.is_answered = True

    def lost(self, order_id: str, number: int, *, now_s: float) -> None:
        """It left before now, if at all; where no answer came it may take effect later."""
        for one in self._sent.get(order_id, ()):
            if one.number == number:
                one.gone_s = now_s

    def heard(self, report: m.OrderAmended, *, time: int) -> m.OrderAmended | None:
        """The stream's report of new terms with the number of what it answers; None for nothing.

        One that was told before has the venue's time of before. One that nobody here sent is
        somebody else's change and has number 0; while ours are on their way it says nothing,
        for it could be taken for one of them.
        """
        name = report.order_id
        if time == self._heard.get(name):
            return None
        amendments = self._sent.get(name, [])
        terms = report.quantity, report.limit_price
        for one in amendments:
            if not one.is_heard and (one.quantity, one.limit_price) == terms:
                one.is_heard = one.is_answered = True
                self._heard[name] = time
                return msgspec.structs.replace(report, number=one.number)
        return report if all(one.is_answered for one in amendments) else None

    def may_come(self, order_id: str, *, asked: int, silence_s: float, now_s: float) -> bool:
        """Whether one of the first `asked` amendments may still take effect.

        Those of an earlier process left before this one started.
        """
        known = self._sent.get(order_id, [])
        if asked > len(known) and now_s < self._started_s + silence_s:
            return True
        return any(
            not one.is_answered and now_s < one.gone_s + silence_s
            for one in known
            if one.number <= asked
        )
