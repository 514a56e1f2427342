"""The door of the execution-engine: the last look at an order before it leaves for its venue.

Control 13, where orders leave and in another process than the one that decided: by the newest core,
not late, not while somebody halts, not twice, and within its parent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Refused, Trading
from tradewind.runtime.children import Counted
from tradewind.runtime.last_check import NEVER_REACHED, LastCheck

AGE_S_MAX = 1.0
"""An order that was under way from the core for longer is given up: nobody waits for it."""
LEFT_KEPT_S = 60.0
HALTED = "a HALT file is there, and the core has not said that it knows"


class OrderDoor:
    """Lets orders out once; remembers when, so that "not found" is believed only when it is sure.

    `now_s` only goes on; `is_halted` tells whether a halt is there that the core does not know of,
    `may_send` whether this process has the role for certain.
    """

    def __init__(
        self,
        now_s: Callable[[], float],
        *,
        is_halted: Callable[[], bool],
        may_send: Callable[[], bool],
        report: Callable[[m.ControlEvent], None],
    ) -> None:
        self.left = self.stopped = 0
        self._now_s = now_s
        self._begun_s = now_s()
        self._is_halted = is_halted
        self._may_send = may_send
        self._report = report
        self._check = LastCheck(now_s)
        self._leaving: set[str] = set()
        self._left_s: dict[str, float] = {}

    def begin(self, left: Iterable[str], counted: Counted) -> None:
        """A core goes on: what it says has left, and its count of children."""
        self._check.take(left, counted)
        self._check.prove()

    def follow(self, records: Iterable[m.Record]) -> None:
        """Durable records of parents and children."""
        self._check.note(records)

    def hear(self) -> None:
        """The newest core lives."""
        self._check.prove()

    async def submit(self, trading: Trading, command: m.SubmitOrder, age_s: float) -> None:
        """Let an order out, or `Refused`."""
        order_id = command.order_id
        if age_s > AGE_S_MAX or not self._may_send():
            self.stopped += 1
            raise Refused(NEVER_REACHED)
        if self._is_halted():
            self.stopped += 1
            raise Refused(HALTED)
        told = self._check.leave(command)
        if told:
            self.stopped += 1
            for event in told:
                self._report(event)
            return
        self.left += 1
        self._leaving.add(order_id)
        try:
            await trading.submit(command)
        finally:
            self._leaving.discard(order_id)
            self._keep(order_id)

    async def query(self, trading: Trading, command: m.QueryOrder) -> list[m.Report] | None:
        """What the venue knows; that it knows nothing is said once nothing can be under way.

        An order of a process before this one may have left until that one ended.
        """
        asked_s = self._now_s()
        found = await trading.query(command)
        left_s = self._left_s.get(command.order_id, self._begun_s)
        if found is None and (
            command.order_id in self._leaving or asked_s <= left_s + trading.silence_s
        ):
            raise OutsideError("the order may still be under way", fault="ours", retry=True)
        return found

    def _keep(self, order_id: str) -> None:
        """Keep when it left at the latest; of what left long ago the start is late enough."""
        now_s = self._now_s()
        self._left_s.pop(order_id, None)
        self._left_s[order_id] = now_s
        while self._left_s[oldest := next(iter(self._left_s))] < now_s - LEFT_KEPT_S:
            del self._left_s[oldest]


async def cancel_everything(trading: Trading, instruments: Iterable[str], deadline_s: float) -> str:
    """Cancel all that works at a venue, by its own cancel-all where it has one; what failed, or "".

    For a halt that the core does not carry out.
    """
    failed = ""
    try:
        async with asyncio.timeout(deadline_s):
            if trading.has_cancel_all:
                for instrument in instruments:
                    await trading.cancel_all(instrument)
                return ""
            for order in await trading.open_orders():
                if order.order_id and order.instrument:
                    command = m.CancelOrder(0, order.order_id, trading.venue, order.instrument)
                    try:
                        await trading.cancel(command)
                    except Refused as error:
                        failed = str(error)
    except (OutsideError, Refused) as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {deadline_s:g} s"
    return failed
