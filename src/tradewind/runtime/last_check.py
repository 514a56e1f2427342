"""The last check of an order, where it leaves: whatever let it through may have been wrong.

It asks nothing of the core. An order may leave while the journal was written a moment ago, which
only the process that holds the newest epoch can do; under an id that no order left with before; and
as far as its parent's quantity goes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.runtime.children import Children, Counted
from tradewind.runtime.loop import Turn

PROOF_S = 3.0
"""How old the last durable group may be: a living loop writes one each second, and another process
that took over lets none of ours in."""
IDS_KEPT = 100_000
"""Ids that are known to have left; beyond it the oldest is forgotten."""
NEVER_REACHED = "never_reached_venue"
BY = "last check"

LOG = logging.getLogger("tradewind.last_check")


class LastCheck:
    """Follows durable turns with `on_turn`, before they are sent; asked for each new order.

    `now_s` is a clock that only goes on, in seconds. `follow` is given the records that a second
    check, where orders leave in another process, needs for its count.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.follow: Callable[[list[m.Record]], None] | None = None
        self._now_s = now_s
        self._proven_s = now_s()
        self._children = Children()
        self._left: dict[str, None] = {}

    def begin(self, state: State) -> None:
        """Take over what a recovered state has sent."""
        self._children.begin(state)
        self._left = dict.fromkeys(list(state.orders)[-IDS_KEPT:])

    def on_turn(self, turn: Turn) -> None:
        """A group is durable: nobody has taken over."""
        self.prove()
        if self.follow is None:
            self.note(turn.records)
            return
        concerned = []
        for record in turn.records:
            if self._children.concerns(record):
                concerned.append(record)
            self._children.note(record)
        if concerned:
            self.follow(concerned)

    def prove(self) -> None:
        """Nobody has taken over by now."""
        self._proven_s = self._now_s()

    def note(self, records: Iterable[m.Record]) -> None:
        """Count durable records, in the journal's order."""
        for record in records:
            self._children.note(record)

    def told(self) -> tuple[list[str], Counted]:
        """Ids that left and the count of children, for a check in another process."""
        return list(self._left), self._children.counted()

    def take(self, left: Iterable[str], counted: Counted) -> None:
        """Go on with what the check of another process told, and with the ids known here."""
        self._left |= dict.fromkeys(left)
        while len(self._left) > IDS_KEPT:
            del self._left[next(iter(self._left))]
        self._children.take(counted)

    def leave(self, command: m.SubmitOrder) -> tuple[m.ControlEvent, ...]:
        """Note that an order leaves; where it may not, the events that tell so.

        An order that would pass its parent, or leave twice, is a fault of ours: all is halted. One
        that was held up so long that others may have taken over is given up.
        """
        order_id = command.order_id
        if order_id in self._left:
            why = f"order {order_id} would leave a second time"
            return (m.OrderUnknown(0, order_id, f"{BY}: {why}"), self._halt(why))
        excess = self._children.excess(order_id, command.quantity, command.instrument)
        if excess:
            why = f"child {order_id}: {excess}"
            return (m.OrderRejected(0, order_id, f"{BY}: {excess}"), self._halt(why))
        silent_s = self._now_s() - self._proven_s
        if silent_s > PROOF_S:
            LOG.error("given_up order_id=%s journal_silent_s=%.1f", order_id, silent_s)
            return (m.OrderRejected(0, order_id, NEVER_REACHED),)
        self._left[order_id] = None
        if len(self._left) > IDS_KEPT:
            del self._left[next(iter(self._left))]
        self._children.left(order_id, command.quantity, command.instrument)
        return ()

    def _halt(self, why: str) -> m.Halted:
        LOG.critical("refused reason=%r", why)
        return m.Halted(0, "all", f"{BY}: {why}"[:500], BY)
