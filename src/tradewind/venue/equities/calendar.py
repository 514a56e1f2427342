"""New York sessions of US equities, by the exchange's own holiday rules."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache

import msgspec

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

PRE_MARKET = (4, 0)
REGULAR_OPEN = (9, 30)
REGULAR_CLOSE = (16, 0)
EARLY_CLOSE = (13, 0)
AFTER_MARKET = (20, 0)
EARLY_AFTER_MARKET = (17, 0)
FIRST_YEAR = 2015
LAST_YEAR = 2040
"""Years whose sessions are known here."""

FIRST_JUNETEENTH = 2022
UNSCHEDULED = frozenset({date(2018, 12, 5), date(2025, 1, 9)})
"""Days of mourning, which no rule tells."""

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Session(msgspec.Struct, frozen=True):
    """One trading day; times in UTC nanoseconds.

    `open_ns`..`close_ns` is the regular session, `pre_ns`..`post_ns` the day with extended hours.
    """

    day: date
    pre_ns: int
    open_ns: int
    close_ns: int
    post_ns: int

    @property
    def is_short(self) -> bool:
        """True on days that close at 13:00."""
        return self.close_ns - self.open_ns < 6 * HOUR_NS


def session_of(day: date) -> Session | None:
    """The session of a day, or None where the exchange is closed.

    >>> session_of(date(2026, 11, 26)) is None  # Thanksgiving
    True
    >>> session_of(date(2026, 11, 27)).is_short
    True
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    if day.weekday() > 4 or day in holidays(day.year) or day in UNSCHEDULED:
        return None
    is_short = day in early_closes(day.year)
    return Session(
        day,
        new_york_ns(day, *PRE_MARKET),
        new_york_ns(day, *REGULAR_OPEN),
        new_york_ns(day, *(EARLY_CLOSE if is_short else REGULAR_CLOSE)),
        new_york_ns(day, *(EARLY_AFTER_MARKET if is_short else AFTER_MARKET)),
    )


def sessions_between(first: date, last: date) -> list[Session]:
    """The sessions from a day to another, both included.

    >>> [str(each.day) for each in sessions_between(date(2026, 11, 24), date(2026, 11, 30))]
    ['2026-11-24', '2026-11-25', '2026-11-27', '2026-11-30']
    """
    sessions, days = all_sessions()
    begin = bisect_right(days, first - timedelta(days=1))
    return list(sessions[begin : bisect_right(days, last)])


def latest_session(time_ns: int) -> Session:
    """The last session whose pre-market had begun by a time."""
    sessions, _ = all_sessions()
    return sessions[max(0, bisect_right(sessions, time_ns, key=lambda each: each.pre_ns) - 1)]


def current_session(time_ns: int) -> Session | None:
    """The session a time lies in, extended hours included, or None between sessions."""
    session = latest_session(time_ns)
    return session if session.pre_ns <= time_ns < session.post_ns else None


def next_session(time_ns: int) -> Session:
    """The first session that opens behind a time."""
    sessions, _ = all_sessions()
    found = bisect_right(sessions, time_ns, key=lambda each: each.open_ns)
    return sessions[min(found, len(sessions) - 1)]


def is_open(time_ns: int) -> bool:
    """True in a regular session.

    >>> is_open(new_york_ns(date(2026, 11, 20), 9, 30))
    True
    >>> is_open(new_york_ns(date(2026, 11, 21), 12))
    False
    """
    session = latest_session(time_ns)
    return session.open_ns <= time_ns < session.close_ns


def next_close_ns(time_ns: int) -> int:
    """When the running session closes, or the next one does."""
    session = latest_session(time_ns)
    return session.close_ns if time_ns < session.close_ns else next_session(time_ns).close_ns


@cache
def all_sessions() -> tuple[tuple[Session, ...], tuple[date, ...]]:
    """Every session that is known here, and their days."""
    day = date(FIRST_YEAR, 1, 1)
    found = []
    while day.year <= LAST_YEAR:
        session = session_of(day)
        if session is not None:
            found.append(session)
        day += timedelta(days=1)
    return tuple(found), tuple(each.day for each in found)


# --- New York's clock ------------------------------------------------------------------------


def new_york_ns(day: date, hour: int, minute: int = 0) -> int:
    """UTC nanoseconds of a New York wall-clock time (not within the hour of a change).

    >>> new_york_ns(date(2026, 1, 5), 9, 30) == 1767623400 * 10**9  # 14:30 UTC
    True
    """
    begins, ends = daylight_days(day.year)
    hours = 4 if begins <= day < ends else 5
    days = day.toordinal() - EPOCH_ORDINAL
    return days * DAY_NS + (hour + hours) * HOUR_NS + minute * MINUTE_NS


def new_york_time(time_ns: int) -> datetime:
    """New York's wall clock at a time, to the second and without a zone.

    >>> new_york_time(1767623400 * 10**9)
    datetime.datetime(2026, 1, 5, 9, 30)
    """
    return utc_time(time_ns - new_york_offset_hours(time_ns) * HOUR_NS)


def new_york_offset_hours(time_ns: int) -> int:
    """How many hours New York is behind UTC: 4 in summer, 5 in winter."""
    begins, ends = daylight_days(utc_time(time_ns).year)
    # Both changes are at 2 in the morning by the wall clock before them.
    summer_ns = (begins.toordinal() - EPOCH_ORDINAL) * DAY_NS + 7 * HOUR_NS
    winter_ns = (ends.toordinal() - EPOCH_ORDINAL) * DAY_NS + 6 * HOUR_NS
    return 4 if summer_ns <= time_ns < winter_ns else 5


def utc_time(time_ns: int) -> datetime:
    """The UTC wall clock at a time, without a zone."""
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).replace(tzinfo=None)


@cache
def daylight_days(year: int) -> tuple[date, date]:
    """The first day of daylight saving time, and the first day without (since 2007)."""
    return weekday_of(year, 3, 6, 2), weekday_of(year, 11, 6, 1)


# --- holidays --------------------------------------------------------------------------------


@cache
def holidays(year: int) -> dict[date, str]:
    """The days of a year on which the exchange is closed by rule, with their names."""
    days = {
        weekday_of(year, 1, 0, 3): "Martin Luther King, Jr. Day",
        weekday_of(year, 2, 0, 3): "Washington's Birthday",
        easter(year) - timedelta(days=2): "Good Friday",
        last_monday_of_may(year): "Memorial Day",
        observed(date(year, 7, 4)): "Independence Day",
        weekday_of(year, 9, 0, 1): "Labor Day",
        weekday_of(year, 11, 3, 4): "Thanksgiving",
        observed(date(year, 12, 25)): "Christmas",
    }
    if year >= FIRST_JUNETEENTH:
        days[observed(date(year, 6, 19))] = "Juneteenth"
    new_year = date(year, 1, 1)
    if new_year.weekday() != 5:  # on a Saturday it is not made up for
        days[observed(new_year)] = "New Year's Day"
    return days


@cache
def early_closes(year: int) -> frozenset[date]:
    """The days of a year that close at 13:00."""
    days = {weekday_of(year, 11, 3, 4) + timedelta(days=1)}
    for eve in (date(year, 7, 3), date(year, 12, 24)):
        if eve.weekday() < 4:
            days.add(eve)
    return frozenset(days)


def observed(holiday: date) -> date:
    """The weekday on which a fixed holiday is kept."""
    return holiday + timedelta(days={5: -1, 6: 1}.get(holiday.weekday(), 0))


def weekday_of(year: int, month: int, weekday: int, number: int) -> date:
    """The n-th weekday (Monday is 0) of a month.

    >>> weekday_of(2026, 11, 3, 4)
    datetime.date(2026, 11, 26)
    """
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def last_monday_of_may(year: int) -> date:
    """Memorial Day."""
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Gauss's rule in Butcher's form).

    >>> easter(2026)
    datetime.date(2026, 4, 5)
    """
    golden = year % 19
    century, rest = divmod(year, 100)
    skipped, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - correction + 15) % 30
    leap, leap_rest = divmod(rest, 4)
    weekday = (32 + 2 * century_rest + 2 * leap - epact - leap_rest) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
