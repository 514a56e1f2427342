"""Session tables: checked against exchange_calendars, and at the edges of days that are special."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tradewind.model import session_tables
from tradewind.model.errors import BadData, UserError
from tradewind.model.sessions import DAY_NS, RULES, Sessions, sessions_of

SECOND_NS = 10**9


def at(text: str) -> int:
    """UTC nanoseconds of an ISO time with its offset."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_NS


def known(name: str) -> Sessions:
    found = sessions_of(name)
    assert found is not None
    return found


@pytest.mark.filterwarnings("ignore")  # of pandas, which that package uses
@pytest.mark.parametrize("name", ["XNYS", "XNAS", "CMES"])
def test_every_session_of_forty_years_is_that_of_exchange_calendars(name: str) -> None:
    calendars = pytest.importorskip("exchange_calendars", reason="exchange_calendars is absent")
    first, last = (
        f"{word[:4]}-{word[4:6]}-{word[6:]}" for word in (session_tables.FIRST, session_tables.LAST)
    )
    schedule = calendars.get_calendar(name, start=first, end=last).schedule
    ours = known(name)
    assert ours.days == [int(day.timestamp() * SECOND_NS) // DAY_NS for day in schedule.index]
    assert ours.opens == [int(stamp.timestamp()) * SECOND_NS for stamp in schedule["open"]]
    assert ours.closes == [int(stamp.timestamp()) * SECOND_NS for stamp in schedule["close"]]


@pytest.mark.parametrize(
    ("text", "is_open", "is_open_extended"),
    [
        ("2024-03-08T09:30:00-05:00", True, True),  # the Friday before the clocks change
        ("2024-03-08T09:29:59-05:00", False, True),
        ("2024-03-11T09:30:00-04:00", True, True),  # and the Monday after
        ("2024-03-11T09:29:59-04:00", False, True),
        ("2024-11-04T16:00:00-05:00", True, True),  # back again
        ("2024-11-04T16:00:01-05:00", False, True),
        ("2024-11-04T20:00:00-05:00", False, True),
        ("2024-11-04T20:00:01-05:00", False, False),
        ("2024-11-29T13:00:00-05:00", True, True),  # a half day
        ("2024-11-29T13:00:01-05:00", False, True),
        ("2024-11-29T17:00:01-05:00", False, False),
        ("2024-11-28T12:00:00-05:00", False, False),  # Thanksgiving
        ("2024-11-30T12:00:00-05:00", False, False),  # a Saturday
        ("2024-11-29T03:59:59-05:00", False, False),
        ("2024-11-29T04:00:00-05:00", False, True),
    ],
)
def test_new_york_opens_and_closes(text: str, is_open: bool, is_open_extended: bool) -> None:
    for name in ("XNYS", "XNAS"):
        assert known(name).is_open(at(text)) is is_open
        assert known(name).is_open_extended(at(text)) is is_open_extended


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("2024-03-10T16:59:59-04:00", False),  # the Sunday on which the clocks change
        ("2024-03-10T17:00:00-04:00", True),
        ("2024-03-13T03:00:00-04:00", True),
        ("2024-03-15T17:00:00-04:00", True),
        ("2024-03-15T17:00:01-04:00", False),
        ("2024-03-16T12:00:00-04:00", False),
    ],
)
def test_foreign_exchange_trades_from_sunday_to_friday(text: str, is_open: bool) -> None:
    assert known("24/5").is_open(at(text)) is is_open
    assert known("24/5").is_open_extended(at(text)) is is_open


def test_the_close_behind_a_time_is_never_that_time() -> None:
    xnys = known("XNYS")
    close = at("2024-11-29T13:00:00-05:00")
    assert xnys.close_behind(close - 1) == close
    assert xnys.close_behind(close) == at("2024-12-02T16:00:00-05:00")
    assert xnys.extended_close_behind(close) == at("2024-11-29T17:00:00-05:00")
    assert xnys.open_at_or_behind(close) == at("2024-12-02T09:30:00-05:00")
    assert xnys.open_at_or_behind(at("2024-12-02T09:30:00-05:00")) == at(
        "2024-12-02T09:30:00-05:00"
    )


def test_what_the_tables_do_not_know_is_closed() -> None:
    for name in RULES:
        sessions = known(name)
        for text in ("1989-12-28T15:00:00+00:00", "2031-01-02T15:00:00+00:00"):
            assert not sessions.is_open(at(text))
        assert sessions.close_behind(at("2031-01-02T15:00:00+00:00")) is None
        assert sessions.open_at_or_behind(at("2031-01-02T15:00:00+00:00")) is None


def test_the_session_of_a_day() -> None:
    day = int(datetime(2024, 11, 29, tzinfo=UTC).timestamp()) * SECOND_NS
    opens, closes = at("2024-11-29T09:30:00-05:00"), at("2024-11-29T13:00:00-05:00")
    assert known("XNYS").of_day(day) == (opens, closes)
    with pytest.raises(BadData, match="2024-11-30 has no session of XNYS: leave its bar out"):
        known("XNYS").of_day(day + DAY_NS)


def test_a_calendar_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UserError, match="calendar 'XLON' is not known: use 24/7, 24/5, CMES"):
        sessions_of("XLON")
