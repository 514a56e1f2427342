"""Rate budgets: what a venue lets us send in its windows, counted as the venue counts it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Literal

import msgspec

from tradewind.adapters.net.outcome import NeverSent
from tradewind.ports.platform import Clock

SECOND_NS = 1_000_000_000
WAITING_MAX = 1_000
"""Calls that wait for room at once; one more is refused."""
BACKGROUND_SHARE = 0.8
"""What downloads and polling may use of a window; the rest is kept for orders and cancels."""
SPENT_MAX = 100_000
"""Entries of a rolling window."""

Counting = Literal["calendar", "rolling"]


class Urgency(Enum):
    """How much stands in a call's way: a background call leaves room for orders and cancels.

    A cancel is tried even where the circuit breaker is open.
    """

    BACKGROUND = "background"
    ORDER = "order"
    CANCEL = "cancel"


class Window(msgspec.Struct, frozen=True):
    """At most `limit` of a kind (`weight`, `orders`, ...) within `length_s` seconds.

    Calendar windows begin at multiples of their length since 1970; rolling ones end now.
    """

    kind: str
    length_s: int
    limit: int
    counting: Counting = "calendar"


class WindowState(msgspec.Struct, frozen=True):
    """A window as it stands: for health pages, and to be kept across restarts."""

    kind: str
    length_s: int
    limit: int
    used: int
    begun_ns: int


class RateBudget:
    """Windows that every call draws on, and the time before which the venue wants to hear nothing.

    `wait_s` and `spend` are plain arithmetic; `take` waits. What the venue says it has counted
    (`note_used`) and how long it wants to be left alone (`block`) stand above our own count.

    >>> budget = RateBudget([Window("weight", 60, 100)])
    >>> budget.spend({"weight": 90}, 0)
    >>> budget.wait_s({"weight": 10}, 0, Urgency.ORDER)
    0.0
    >>> budget.wait_s({"weight": 11}, 20 * SECOND_NS, Urgency.ORDER)
    40.0
    """

    __slots__ = ("_blocked_until_ns", "_counts", "_waiting")

    def __init__(self, windows: Sequence[Window]) -> None:
        self._counts = {(each.kind, each.length_s): _counter(each) for each in windows}
        self._blocked_until_ns = 0
        self._waiting = 0

    def wait_s(self, costs: Mapping[str, int], now_ns: int, urgency: Urgency) -> float:
        """Seconds until a call of these costs fits; `NeverSent` where it can never fit."""
        wait_ns = max(0, self._blocked_until_ns - now_ns)
        for counter in self._counts.values():
            cost = costs.get(counter.window.kind, 0)
            if cost:
                wait_ns = max(wait_ns, counter.wait_ns(cost, now_ns, urgency))
        return wait_ns / SECOND_NS

    def spend(self, costs: Mapping[str, int], now_ns: int) -> None:
        """Count a call that is being sent."""
        for counter in self._counts.values():
            cost = costs.get(counter.window.kind, 0)
            if cost:
                counter.spend(cost, now_ns)

    async def take(
        self, costs: Mapping[str, int], clock: Clock, *, urgency: Urgency, wait_max_s: float
    ) -> None:
        """Wait for room and count the call; `NeverSent` where there is none within the time."""
        waited_s = 0.0
        while wait_s := self.wait_s(costs, clock.now_ns(), urgency):
            if waited_s + wait_s > wait_max_s or self._waiting >= WAITING_MAX:
                raise NeverSent(f"the rate budget is free again in {wait_s:.1f} s", fault="ours")
            self._waiting += 1
            try:
                await asyncio.sleep(wait_s)
            finally:
                self._waiting -= 1
            waited_s += wait_s
        self.spend(costs, clock.now_ns())

    def note_used(self, kind: str, length_s: int, used: int, now_ns: int) -> None:
        """The venue says how much of a window it has counted; unknown windows are passed over."""
        counter = self._counts.get((kind, length_s))
        if counter is not None:
            counter.note(used, now_ns)

    def block(self, seconds: float, now_ns: int) -> None:
        """The venue wants to hear nothing for so long."""
        self._blocked_until_ns = max(self._blocked_until_ns, now_ns + int(seconds * SECOND_NS))

    def set_limit(self, kind: str, length_s: int, limit: int) -> None:
        """The venue says what a window allows (Binance: exchangeInfo); a new window is added."""
        key = (kind, length_s)
        if key in self._counts:
            self._counts[key].limit = limit
        else:
            self._counts[key] = _counter(Window(kind, length_s, limit))

    def blocked_s(self, now_ns: int) -> float:
        """How much longer the venue wants to hear nothing."""
        return max(0, self._blocked_until_ns - now_ns) / SECOND_NS

    def states(self, now_ns: int) -> list[WindowState]:
        """All windows as they stand."""
        return [counter.state(now_ns) for counter in self._counts.values()]

    def restore(self, states: Sequence[WindowState]) -> None:
        """Go on from the counts of an earlier process; windows that are no more are passed over."""
        for state in states:
            counter = self._counts.get((state.kind, state.length_s))
            if counter is not None:
                counter.note(state.used, state.begun_ns)


class _CalendarCounter:
    """A window that begins anew at multiples of its length."""

    __slots__ = ("_period", "_used", "limit", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.limit = window.limit
        self._period = 0
        self._used = 0

    def wait_ns(self, cost: int, now_ns: int, urgency: Urgency) -> int:
        self._turn(now_ns)
        if self._used + cost <= _room(self.limit, cost, urgency):
            return 0
        return (self._period + 1) * self.window.length_s * SECOND_NS - now_ns

    def spend(self, cost: int, now_ns: int) -> None:
        self._turn(now_ns)
        self._used += cost

    def note(self, used: int, now_ns: int) -> None:
        self._turn(now_ns)
        self._used = max(self._used, used)

    def state(self, now_ns: int) -> WindowState:
        self._turn(now_ns)
        begun_ns = self._period * self.window.length_s * SECOND_NS
        return WindowState(self.window.kind, self.window.length_s, self.limit, self._used, begun_ns)

    def _turn(self, now_ns: int) -> None:
        period = now_ns // (self.window.length_s * SECOND_NS)
        if period > self._period or period < self._period - 1:
            # a clock set far back must not lock the window for ever; one period back is jitter
            self._period = period
            self._used = 0


class _RollingCounter:
    """A window that always ends now."""

    __slots__ = ("_spent", "_used", "limit", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.limit = window.limit
        self._spent: deque[tuple[int, int]] = deque()
        self._used = 0

    def wait_ns(self, cost: int, now_ns: int, urgency: Urgency) -> int:
        self._drop(now_ns)
        excess = self._used + cost - _room(self.limit, cost, urgency)
        for spent_ns, spent in self._spent:
            if excess <= 0:
                break
            excess -= spent
            if excess <= 0:
                return max(1, spent_ns + self.window.length_s * SECOND_NS - now_ns)
        return 0

    def spend(self, cost: int, now_ns: int) -> None:
        self._drop(now_ns)
        self._spent.append((now_ns, cost))
        self._used += cost
        if len(self._spent) > SPENT_MAX:
            first, second = self._spent.popleft(), self._spent.popleft()
            self._spent.appendleft((second[0], first[1] + second[1]))

    def note(self, used: int, now_ns: int) -> None:
        self._drop(now_ns)
        if used > self._used:
            self.spend(used - self._used, now_ns)

    def state(self, now_ns: int) -> WindowState:
        self._drop(now_ns)
        begun_ns = self._spent[0][0] if self._spent else now_ns
        return WindowState(self.window.kind, self.window.length_s, self.limit, self._used, begun_ns)

    def _drop(self, now_ns: int) -> None:
        length_ns = self.window.length_s * SECOND_NS
        while self._spent and not -length_ns < now_ns - self._spent[0][0] < length_ns:
            self._used -= self._spent.popleft()[1]


_Counter = _CalendarCounter | _RollingCounter


def _counter(window: Window) -> _Counter:
    return _RollingCounter(window) if window.counting == "rolling" else _CalendarCounter(window)


def _room(limit: int, cost: int, urgency: Urgency) -> int:
    """What a call may fill a window to; `NeverSent` where it would not even fit an empty one."""
    if cost > limit:
        raise NeverSent(f"a call that costs {cost} never fits a limit of {limit}", fault="ours")
    if urgency is Urgency.BACKGROUND:
        return max(cost, int(limit * BACKGROUND_SHARE))
    return limit
