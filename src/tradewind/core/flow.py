"""The flow of a scope: what it traded, sent and was refused of late, and the rules on that.

Only a scope with such a limit has one, so that nobody else pays for it. Windows of days and minutes
are whole ones of UTC; executions are counted over a sliding window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from tradewind.model.limits import Limits

FLOW_RULES = ("repeated_executions", "order_to_trade", "reject_rate", "self_trade")
"""Names of the rules in the order they are run, behind those of `core.risk`."""

DAY_NS = 24 * 3600 * 10**9
MINUTE_NS = 60 * 10**9

Breach = tuple[str, str, str]


def flow_of(limits: Limits, before: Flow | None) -> Flow | None:
    """The flow that limits need, with what was counted before; None where they need none."""
    needed = (limits.fills, limits.messages_per_fill, limits.rejects_per_minute)
    if limits.self_trade and all(one is None for one in needed):
        return None
    flow = before or Flow()
    flow.limits = limits
    return flow


class Flow:
    """Counters of one scope; `stopped` tells why it trades no more, until a person resumes it."""

    __slots__ = ("day", "day_fills", "day_messages", "fills", "limits", "minute", "rejects",
                 "stopped")  # fmt: skip

    def __init__(self) -> None:
        self.limits = Limits()
        self.fills: deque[int] = deque()
        self.stopped = ""
        self.day = self.day_messages = self.day_fills = 0
        self.minute = self.rejects = 0

    def count_message(self, time_ns: int) -> None:
        """Count an order, an amendment or a cancel."""
        self._begin_day(time_ns)
        self.day_messages += 1

    def count_fill(self, time_ns: int) -> None:
        """Count an execution; one too many within the window stops the scope."""
        self._begin_day(time_ns)
        self.day_fills += 1
        most, window_ns = self.limits.fills, self.limits.fills_ns
        if most is None or window_ns is None:
            return
        while self.fills and time_ns - self.fills[0] >= window_ns:
            self.fills.popleft()
        self.fills.append(time_ns)
        if len(self.fills) > most:
            self.stopped = str(len(self.fills))
            self.fills.popleft()

    def count_reject(self, time_ns: int) -> None:
        """Count an order that the venue refused."""
        self._begin_minute(time_ns)
        self.rejects += 1

    def resume(self) -> None:
        """A person lets it trade again."""
        self.stopped = ""
        self.fills.clear()

    def breach(self, order: Any, working: Iterable[Any], time_ns: int) -> Breach | None:
        """The first rule that an order breaks; its own message is counted already.

        `working` are the open orders of the scope.
        """
        limits = self.limits
        if self.stopped and limits.fills is not None:
            return ("repeated_executions", self.stopped, str(limits.fills))
        self._begin_day(time_ns)
        if limits.messages_per_fill is not None:
            allowed = limits.messages_per_fill * max(1, self.day_fills)
            if self.day_messages > allowed:
                return ("order_to_trade", str(self.day_messages), str(allowed))
        self._begin_minute(time_ns)
        most = limits.rejects_per_minute
        if most is not None and self.rejects > most:
            return ("reject_rate", str(self.rejects), str(most))
        if not limits.self_trade:
            for other in working:
                if _would_meet(order, other):
                    return ("self_trade", other.order_id, "no order of one's own to meet")
        return None

    def snapshot(self) -> list[object]:
        """All counters; the limits stand with the scope's."""
        counts = [self.day, self.day_messages, self.day_fills, self.minute, self.rejects]
        return [list(self.fills), self.stopped, *counts]

    def restore(self, stored: list[Any]) -> None:
        """Take back what `snapshot` gave."""
        self.fills = deque(stored[0])
        self.stopped = stored[1]
        self.day, self.day_messages, self.day_fills, self.minute, self.rejects = stored[2:]

    def _begin_day(self, time_ns: int) -> None:
        day = time_ns // DAY_NS
        if day != self.day:
            self.day, self.day_messages, self.day_fills = day, 0, 0

    def _begin_minute(self, time_ns: int) -> None:
        minute = time_ns // MINUTE_NS
        if minute != self.minute:
            self.minute, self.rejects = minute, 0


def _would_meet(order: Any, other: Any) -> bool:
    """Whether two orders of one instrument could be filled against each other.

    Without a limit price an order meets any; one that waits for its stop counts as if it worked.
    """
    if other.instrument != order.instrument or other.side == order.side:
        return False
    if other.order_id == order.order_id:
        return False
    if not order.limit_price or not other.limit_price:
        return True
    return bool((order.limit_price - other.limit_price) * order.side >= 0)
