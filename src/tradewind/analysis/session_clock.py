"""The time in which a market is open: how much of it, and how many bars, lie between two times."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from tradewind.model.columns import IntColumn
from tradewind.model.sessions import ALWAYS, RULES, sessions_of
from tradewind.model.timeframes import UNIT_NS

DAY_NS = UNIT_NS["d"]


class OpenHours(NamedTuple):
    """Sessions in order, apart from each other: their opens and closes in UTC nanoseconds."""

    opened: IntColumn
    closed: IntColumn


class SessionClock:
    """Counts open time; what lies before the first or behind the last session counts for nothing.

    >>> two = OpenHours(np.array([100, 300]), np.array([160, 350]))
    >>> clock = SessionClock(two)
    >>> clock.open_time(np.array([100, 130, 200, 310, 999])).tolist()
    [0, 30, 60, 70, 110]
    >>> clock.bars_between(np.array([100]), np.array([310]), 10).tolist()
    [6]
    """

    def __init__(self, hours: OpenHours) -> None:
        self._hours = hours

    def if_covered(self, first_ns: int, last_ns: int) -> SessionClock | None:
        """This clock, where its sessions are known for a stretch of time."""
        opened, closed = self._hours
        is_known = len(opened) > 0 and opened[0] <= first_ns and last_ns <= closed[-1]
        return self if is_known else None

    def open_time(self, times: IntColumn) -> IntColumn:
        """Open time from the first session to each time."""
        opened, closed = self._hours
        return _count_before(times, opened, closed - opened)

    def bars_between(self, first: IntColumn, then: IntColumn, step_ns: int) -> IntColumn:
        """How many bars are due between the bar of a time and that of a later one.

        Bars lie on the clock's own grid, so that the first hour of New York is 09:30 to 10:00; a
        bar is due where its stretch meets a session. A day belongs to the session that closes on
        it.
        """
        opened, closed = self._hours
        ended = (closed - 1) // step_ns
        begun = ended if step_ns >= DAY_NS else opened // step_ns
        begun, ended = _apart(begun, ended)
        length = ended - begun + 1
        due = _count_before(then // step_ns, begun, length)
        return np.maximum(due - _count_before(first // step_ns + 1, begun, length), 0)


def _count_before(points: IntColumn, begun: IntColumn, length: IntColumn) -> IntColumn:
    """How much of some stretches lies before each point."""
    whole = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    if len(begun) == 0:
        return np.zeros(len(points), np.int64)
    place = np.searchsorted(begun, points, side="right") - 1
    inside = np.clip(points - begun[place], 0, length[place])
    return np.where(place < 0, 0, whole[place] + inside)


def _apart(begun: IntColumn, ended: IntColumn) -> tuple[IntColumn, IntColumn]:
    """Stretches of whole steps, none of which is in two of them."""
    if len(begun) == 0:
        return begun, ended
    begun = np.concatenate([begun[:1], np.maximum(begun[1:], ended[:-1] + 1)])
    kept = begun <= ended
    return begun[kept], ended[kept]


def clock_of(calendar: str, first_ns: int, last_ns: int) -> SessionClock | None:
    """The clock of a calendar for a stretch of time; None around the clock or where unknown.

    >>> clock_of("24/7", 0, 1) is None, clock_of("XNYS", 0, 1) is None  # the tables begin in 1990
    (True, True)
    """
    if calendar == ALWAYS or calendar not in RULES:
        return None
    return _clocks(calendar).if_covered(first_ns, last_ns)


@cache
def _clocks(calendar: str) -> SessionClock:
    sessions = sessions_of(calendar)
    assert sessions is not None, "what never closes has no clock"
    return SessionClock(
        OpenHours(np.array(sessions.opens, np.int64), np.array(sessions.closes, np.int64))
    )
