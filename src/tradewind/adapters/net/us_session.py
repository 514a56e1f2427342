"""The regular session of US equities, by day: what a daily bar lasts from and to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tradewind.adapters.net.rfc3339 import EPOCH
from tradewind.model.errors import BadData
from tradewind.model.sessions import sessions_of

ZONE = "America/New_York"
CALENDAR = "XNYS"
OPEN = time(9, 30)
CLOSE = time(16)
"""Of days without a session: a venue that has rows of one is taken at its word."""
DAYS_KEPT_MAX = 20_000


def session_of(time_ns: int) -> tuple[int, int]:
    """Open and close, in UTC nanoseconds, of the session on the New York day of a time.

    >>> opened, closed = session_of(1_641_186_000_000_000_000)  # 2022-01-03 00:00 in New York
    >>> (opened - 1_641_186_000_000_000_000) / 3.6e12, (closed - opened) / 3.6e12
    (9.5, 6.5)
    """
    moment = EPOCH + timedelta(microseconds=time_ns // 1_000)
    return session_on(moment.astimezone(ZoneInfo(ZONE)).date())


@lru_cache(DAYS_KEPT_MAX)
def session_on(day: date) -> tuple[int, int]:
    """The same, by the day; half days end early.

    >>> opened, closed = session_on(date(2024, 11, 29))
    >>> (closed - opened) / 3.6e12
    3.5
    """
    sessions = sessions_of(CALENDAR)
    assert sessions is not None, "New York closes"
    try:
        return sessions.of_day(_ns(day, OPEN))
    except BadData:
        return _ns(day, OPEN), _ns(day, CLOSE)


def local_ns(text: str, zone: str) -> int:
    """UTC nanoseconds of a wall clock's `2017-12-18 14:56:00` in a zone.

    >>> local_ns("1970-01-02 00:00:00", "UTC") // 10**9
    86400
    """
    naive = datetime.fromisoformat(text)
    utc = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return (utc - EPOCH) // timedelta(microseconds=1) * 1_000


def _ns(day: date, at: time) -> int:
    moment = datetime.combine(day, at, ZoneInfo(ZONE)).astimezone(UTC)
    return (moment - EPOCH) // timedelta(seconds=1) * 1_000_000_000
