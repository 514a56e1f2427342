"""Timeframes of bars, and the start of the bar that a minute belongs to."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import numpy as np

from tradewind.venue.equities.calendar import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    new_york_ns,
    new_york_offset_hours,
)
from tradewind.venue.equities.history import Ints
from tradewind.venue.equities.times import day_ns, day_of

LENGTHS = {"second": SECOND_NS, "minute": MINUTE_NS, "hour": HOUR_NS}
CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Timeframe(msgspec.Struct, frozen=True):
    """So many of a unit: seconds, minutes, hours, days, weeks, months, quarters or years.

    >>> Timeframe(5, "minute").is_intraday, Timeframe(1, "week").is_intraday
    (True, False)
    """

    count: int
    unit: str

    @property
    def is_intraday(self) -> bool:
        """True where bars are shorter than a day."""
        return self.unit in LENGTHS

    def starts(self, open_ns: Ints, *, is_round_the_clock: bool) -> Ints:
        """The start of the bar of each minute, in UTC nanoseconds.

        Days begin at midnight in New York, or of UTC for what trades round the clock.
        """
        if self.is_intraday:
            length_ns = self.count * LENGTHS[self.unit]
            return open_ns // length_ns * length_ns
        offset_ns = np.zeros(len(open_ns), np.int64)
        if not is_round_the_clock:
            offset_ns = new_york_offsets(open_ns)
        days, places = np.unique((open_ns - offset_ns) // DAY_NS, return_inverse=True)
        starts = [self._start_of(day_of(int(day) * DAY_NS), is_round_the_clock) for day in days]
        return np.array(starts, np.int64)[places]

    def _start_of(self, day: date, is_round_the_clock: bool) -> int:  # noqa: FBT001
        first = self.first_day(day)
        return day_ns(first) if is_round_the_clock else new_york_ns(first, 0)

    def first_day(self, day: date) -> date:
        """The first day of the bar that a day belongs to.

        >>> Timeframe(1, "week").first_day(date(2026, 11, 20))
        datetime.date(2026, 11, 16)
        >>> Timeframe(1, "quarter").first_day(date(2026, 11, 20))
        datetime.date(2026, 10, 1)
        """
        if self.unit == "day":
            return date.fromordinal(day.toordinal() // self.count * self.count)
        if self.unit == "week":
            return day - timedelta(days=day.weekday())
        months = MONTHS[self.unit] * self.count
        month = (day.year * 12 + day.month - 1) // months * months
        return date(month // 12, month % 12 + 1, 1)


def new_york_offsets(time_ns: Ints) -> Ints:
    """How far New York is behind UTC at each time, in nanoseconds."""
    hours, places = np.unique(time_ns // HOUR_NS, return_inverse=True)
    offsets = [new_york_offset_hours(int(hour) * HOUR_NS) * HOUR_NS for hour in hours]
    return np.array(offsets, np.int64)[places]
