"""The time in which a market is open: how much of it, and how many bars, lie between two times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.model.columns import IntColumn
from tradewind.model.timeframes import UNIT_NS

DAY_NS = UNIT_NS["d"]
WEEK_NS = 7 * DAY_NS
EPOCH_WEEKDAY = 3
"""1970 began on a Thursday; Monday is 0."""


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

    @property
    def covered_ns(self) -> tuple[int, int]:
        """From when to when sessions are known; nothing where there are none."""
        opened, closed = self._hours
        return (int(opened[0]), int(closed[-1])) if len(opened) else (0, 0)

    def open_time(self, times: IntColumn) -> IntColumn:
        """Open time from the first session to each time."""
        opened, closed = self._hours
        return _count_before(times, opened, closed - opened)

    def bars_between(self, first: IntColumn, then: IntColumn, step_ns: int) -> IntColumn:
        """How many bars are due between the bar of a time and that of a later one.

        Bars lie on the clock's own grid, so that the first hour of New York is 09:30 to 10:00; a
        bar is due where its stretch meets a session. A day belongs to the session that opens on
        it.
        """
        opened, closed = self._hours
        begun = opened // step_ns
        ended = begun if step_ns >= DAY_NS else (closed - 1) // step_ns
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


def week_hours(first_ns: int, last_ns: int) -> OpenHours:
    """The hours of currencies around the clock on five days ("24/5"), for a stretch of time.

    From Sunday 22:00 to Friday 21:00 UTC: open by New York's 17:00 in summer and in winter, so
    that an hour that is open in one of them only is never missed.

    >>> hours = week_hours(0, WEEK_NS)
    >>> [(times[0] // UNIT_NS["h"] % 24).item() for times in hours]
    [22, 21]
    """
    sunday_ns = 6 * DAY_NS - EPOCH_WEEKDAY * DAY_NS + 22 * UNIT_NS["h"]
    weeks = np.arange(first_ns // WEEK_NS - 2, last_ns // WEEK_NS + 2, dtype=np.int64)
    opened = weeks * WEEK_NS + sunday_ns
    return OpenHours(opened, opened + 5 * DAY_NS - UNIT_NS["h"])


def clock_of(calendar: str, first_ns: int, last_ns: int) -> SessionClock | None:
    """The clock of a calendar for a stretch of time; None around the clock or where unknown."""
    if calendar == "24/5":
        return SessionClock(week_hours(first_ns, last_ns))
    return None
