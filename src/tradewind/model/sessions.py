"""Trading sessions: when an instrument's calendar says that its market is open."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from tradewind.model import session_tables as tables
from tradewind.model.errors import BadData, UserError

ALWAYS = "24/7"
"""The calendar of what never closes: it has no sessions."""
MINUTE_NS = 60 * 10**9
DAY_NS = 24 * 60 * MINUTE_NS
_EPOCH = date(1970, 1, 1)


class Rules(NamedTuple):
    """When a calendar's sessions begin and end, in minutes of local time.

    A beginning below 0 is on the evening before. `early` and `late` bound the hours before and
    after the session in which an order may trade if it says so; behind a short session they end
    `late_short` minutes after midnight.
    """

    zone: str
    opens: int
    closes: int
    table: str = ""
    early: int | None = None
    late: int | None = None
    late_short: int | None = None


_NEW_YORK = Rules("America/New_York", 9 * 60 + 30, 16 * 60, "XNYS", 4 * 60, 20 * 60, 17 * 60)
RULES = {
    "XNYS": _NEW_YORK,
    "XNAS": _NEW_YORK,
    "CMES": Rules("America/Chicago", -7 * 60, 17 * 60, "CMES"),
    "24/5": Rules("America/New_York", -7 * 60, 17 * 60),
}
"""Stocks of New York, CME's Globex, and foreign exchange: Sunday to Friday, 17:00 in New York."""


def is_by_day(calendar: str) -> bool:
    """Whether a calendar's sessions lie inside a day, so that a day's bar is one session's.

    >>> is_by_day("XNYS"), is_by_day("24/5"), is_by_day("24/7")
    (True, False, False)
    """
    return calendar in RULES and RULES[calendar].opens >= 0


class Sessions:
    """The sessions of a calendar, oldest first, in UTC nanoseconds; a close is still inside.

    What happens at the very close is of the session: the last trade, and what is decided on the
    bar that ends with it. Before the first and behind the last known session all is closed.

    >>> xnys = sessions_of("XNYS")
    >>> christmas_eve = 1735050600 * 10**9  # 2024-12-24 14:30 UTC
    >>> xnys.is_open(christmas_eve), xnys.is_open(christmas_eve + 4 * 60 * MINUTE_NS)
    (True, False)
    """

    __slots__ = ("closes", "days", "extended_closes", "extended_opens", "name", "opens")

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = name
        self.days: list[int] = []
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.extended_opens: list[int] = []
        self.extended_closes: list[int] = []
        short = dict(_pairs(tables.SHORT_DAYS.get(rules.table, "")))
        off = {_ordinal(word) for word in tables.DAYS_OFF.get(rules.table, "").split()}
        offsets = dict(_pairs(tables.CLOCKS[rules.zone]))
        offset = offsets[min(offsets)]
        for day in range(_ordinal(tables.FIRST), _ordinal(tables.LAST) + 1):
            offset = offsets.get(day, offset)
            if (day + 3) % 7 < 5 and day not in off:  # day 0 was a Thursday
                self._add(day, rules, short.get(day, rules.closes), offset)

    def _add(self, day: int, rules: Rules, closes: int, offset: int) -> None:
        """Clocks change on Sunday mornings: the evening before a Monday has its offset already."""
        late = rules.late
        if closes != rules.closes and rules.late_short is not None:
            late = rules.late_short
        early = rules.opens if rules.early is None else rules.early
        midnight_ns = day * DAY_NS - offset * MINUTE_NS
        self.days.append(day)
        self.opens.append(midnight_ns + rules.opens * MINUTE_NS)
        self.closes.append(midnight_ns + closes * MINUTE_NS)
        self.extended_opens.append(midnight_ns + early * MINUTE_NS)
        self.extended_closes.append(midnight_ns + (late or closes) * MINUTE_NS)

    def is_open(self, time_ns: int) -> bool:
        """Whether a time is inside a session, both ends included."""
        return _is_inside(self.opens, self.closes, time_ns)

    def is_open_extended(self, time_ns: int) -> bool:
        """Whether a time is inside a session or the hours around it."""
        return _is_inside(self.extended_opens, self.extended_closes, time_ns)

    def around(self, time_ns: int) -> tuple[int, int]:
        """Opening and close of the session that a time is inside of."""
        index = bisect_left(self.closes, time_ns)
        assert self.opens[index] <= time_ns, "there is no session at this time"
        return self.opens[index], self.closes[index]

    def close_behind(self, time_ns: int) -> int | None:
        """The first close later than a time; None where no session is known behind it."""
        return _first_behind(self.closes, time_ns)

    def extended_close_behind(self, time_ns: int) -> int | None:
        """The first end of the hours after a session that is later than a time."""
        return _first_behind(self.extended_closes, time_ns)

    def open_at_or_behind(self, time_ns: int) -> int | None:
        """The first opening at a time or later; None where none is known."""
        index = bisect_left(self.opens, time_ns)
        return self.opens[index] if index < len(self.opens) else None

    def of_day(self, time_ns: int) -> tuple[int, int]:
        """Opening and close of the session of the day (UTC) that a time is of.

        Raises `BadData` where there was none.
        """
        day = time_ns // DAY_NS
        index = bisect_left(self.days, day)
        if index == len(self.days) or self.days[index] != day:
            raise BadData(
                f"{_EPOCH + timedelta(days=day)} has no session of {self.name}: leave its bar out, "
                'or give the instrument calendar="24/7"'
            )
        return self.opens[index], self.closes[index]


@cache
def sessions_of(calendar: str) -> Sessions | None:
    """The sessions of a calendar by its name; None for `24/7`, which has none.

    >>> sessions_of("24/7") is None, sessions_of("XNYS") is sessions_of("XNYS")
    (True, True)
    """
    if calendar == ALWAYS:
        return None
    if calendar not in RULES:
        raise UserError(
            f"calendar {calendar!r} is not known: use {', '.join([ALWAYS, *sorted(RULES)])}"
        )
    return Sessions(calendar, RULES[calendar])


def _is_inside(opens: Sequence[int], closes: Sequence[int], time_ns: int) -> bool:
    index = bisect_left(closes, time_ns)
    return index < len(opens) and opens[index] <= time_ns


def _first_behind(times: Sequence[int], time_ns: int) -> int | None:
    index = bisect_right(times, time_ns)
    return times[index] if index < len(times) else None


def _pairs(text: str) -> list[tuple[int, int]]:
    """Day and number of each word: `20241129+780`.

    >>> _pairs("19700102+780")
    [(1, 780)]
    """
    return [(_ordinal(word[:8]), int(word[8:])) for word in text.split()]


def _ordinal(word: str) -> int:
    """Days from 1970-01-01 to a day written YYYYMMDD.

    >>> _ordinal("19700103")
    2
    """
    return (date.fromisoformat(word) - _EPOCH).days
