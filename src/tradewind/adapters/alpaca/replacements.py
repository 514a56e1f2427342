"""Replacements on their way: which amendment each of them is, and whether one may still come.

A replacement is a new order at the venue. Its client id is ours, `~` and the amendment's number,
so an order of the venue tells which amendments it is behind; its own answer tells of one.
"""

from __future__ import annotations

from math import inf

import msgspec

from tradewind.adapters.alpaca.orders import number_of
from tradewind.model import messages as m

ORDERS_MAX = 10_000
"""Orders whose amendments are remembered; one more forgets the oldest."""


class _Sent(msgspec.Struct):
    """One amendment: the venue's order that it replaces, and when it surely had left.

    `is_settled` says that it cannot take effect later, `is_told` that its answer was told.
    """

    command: m.AmendOrder
    venue_id: str
    gone_s: float = inf
    is_settled: bool = False
    is_told: bool = False


class Replacements:
    """Of each order, the amendments that this process sent; times are seconds of the loop.

    >>> replacements = Replacements(started_s=0.0)
    >>> replacements.sent("v1", m.AmendOrder(0, "j0-a-1", "ALPACA", "AAPL.ALPACA", 5, 100, 1))
    >>> replacements.lost("j0-a-1", 1, now_s=10.0)
    >>> replacements.may_come("j0-a-1", asked=1, silence_s=30.0, now_s=12.0)
    True
    >>> replacements.taken("v1").number
    1
    >>> replacements.may_come("j0-a-1", asked=1, silence_s=30.0, now_s=12.0)
    False
    """

    __slots__ = ("_sent", "_started_s")

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._sent: dict[str, list[_Sent]] = {}

    def sent(self, venue_id: str, command: m.AmendOrder) -> None:
        """One leaves; the stream may be faster than its reply."""
        self._sent.setdefault(command.order_id, []).append(_Sent(command, venue_id))
        while len(self._sent) > ORDERS_MAX:
            del self._sent[next(iter(self._sent))]

    def lost(self, order_id: str, number: int, *, now_s: float) -> None:
        """It left before now, if at all: from here on its silence is counted."""
        for one in self._sent.get(order_id, ()):
            if one.command.number == number:
                one.gone_s = min(one.gone_s, now_s)

    def refused(self, order_id: str, number: int) -> None:
        """The venue said no: it never takes effect."""
        for one in self._sent.get(order_id, ()):
            if one.command.number == number:
                one.is_settled = one.is_told = True

    def taken(self, venue_id: str) -> m.AmendOrder | None:
        """The amendment that replaced an order of the venue, told once; None: not known here."""
        for known in self._sent.values():
            for one in known:
                if one.venue_id == venue_id and not one.is_told:
                    one.is_settled = one.is_told = True
                    return one.command
        return None

    def seen(self, order_id: str, client_order_id: str) -> None:
        """The venue works the order under this id: earlier amendments cannot come any more."""
        for one in self._sent.get(order_id, ()):
            if one.command.number <= number_of(client_order_id):
                one.is_settled = True

    def count(self, order_id: str) -> int:
        """How many amendments of an order have left, as far as this process knows."""
        return max((one.command.number for one in self._sent.get(order_id, ())), default=0)

    def may_come(self, order_id: str, *, asked: int, silence_s: float, now_s: float) -> bool:
        """Whether one of the first `asked` amendments may still take effect.

        Those of an earlier process left before this one started.
        """
        known = self._sent.get(order_id, [])
        if asked > len(known) and now_s < self._started_s + silence_s:
            return True
        return any(
            not one.is_settled and now_s < one.gone_s + silence_s
            for one in known
            if one.command.number <= asked
        )
