"""New York's calendar: sessions, holidays, short days, daylight saving time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tradewind.venue.equities.calendar import (
    SECOND_NS,
    current_session,
    is_open,
    new_york_ns,
    new_york_time,
    next_close_ns,
    next_session,
    sessions_between,
)
from tradewind.venue.equities.times import parse_time, rfc3339

# Weekdays without a session and days that close at 13:00, as the package exchange_calendars 4
# lists them for XNYS.
CLOSED = """
2024: 01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25
2025: 01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25
2026: 01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25
2027: 01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24
"""
SHORT = """
2024: 07-03 11-29 12-24
2025: 07-03 11-28 12-24
2026: 11-27 12-24
2027: 11-26
"""


def days_of(table: str) -> set[str]:
    """The days of a table."""
    lines = [line.partition(": ") for line in table.split("\n") if line]
    return {f"{year}-{day}" for year, _, days in lines for day in days.split()}


def test_the_exchange_is_closed_on_its_holidays_and_on_no_other_weekday() -> None:
    sessions = {str(each.day) for each in sessions_between(date(2024, 1, 1), date(2027, 12, 31))}
    weekdays = {
        str(day)
        for day in (date(2024, 1, 1) + timedelta(days=ahead) for ahead in range(4 * 365 + 1))
        if day.weekday() < 5
    }
    assert weekdays - sessions == days_of(CLOSED)
    assert sessions <= weekdays


def test_short_days_close_at_one() -> None:
    sessions = sessions_between(date(2024, 1, 1), date(2027, 12, 31))
    assert {str(each.day) for each in sessions if each.is_short} == days_of(SHORT)
    assert {new_york_time(each.close_ns).hour for each in sessions if each.is_short} == {13}


def test_new_york_s_clock_is_the_one_of_the_time_zone_database() -> None:
    zone = ZoneInfo("America/New_York")
    begin = parse_time("2026-01-01T00:30:00Z")
    for hour in range(0, 24 * 365, 5):
        time_ns = begin + hour * 3_600 * SECOND_NS
        theirs = datetime.fromtimestamp(time_ns // SECOND_NS, zone).replace(tzinfo=None)
        assert new_york_time(time_ns) == theirs


def test_the_hours_of_a_day_begin_and_end_at_their_second() -> None:
    [session] = sessions_between(date(2026, 11, 20), date(2026, 11, 20))
    assert not is_open(session.open_ns - 1)
    assert is_open(session.open_ns)
    assert is_open(session.close_ns - 1)
    assert not is_open(session.close_ns)
    assert current_session(session.pre_ns - 1) is None
    assert current_session(session.pre_ns) == current_session(session.post_ns - 1) == session
    assert current_session(session.post_ns) is None


def test_behind_friday_comes_monday() -> None:
    saturday = new_york_ns(date(2026, 11, 21), 12)
    assert next_session(saturday).day == date(2026, 11, 23)
    assert rfc3339(next_close_ns(saturday)) == "2026-11-23T21:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-01-05T14:30:00.123456789Z", "2026-01-05T14:30:00Z", "2026-01-05T14:30:00.5Z"]
)
def test_a_time_is_read_as_it_was_written(text: str) -> None:
    assert rfc3339(parse_time(text)) == text


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-01-05T25:00:00Z", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_time(text)
