"""Times as text: RFC 3339 to the nanosecond, and what clients send for it."""

from __future__ import annotations

import re
from datetime import date

from tradewind.venue.equities.calendar import (
    DAY_NS,
    EPOCH_ORDINAL,
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    utc_time,
)

SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?([Zz]|[+-]\d\d:?\d\d)?)?"
)


def rfc3339(time_ns: int) -> str:
    """UTC text without needless zeros.

    >>> rfc3339(1767623400 * 10**9), rfc3339(1767623400 * 10**9 + 1_500_000)
    ('2026-01-05T14:30:00Z', '2026-01-05T14:30:00.0015Z')
    """
    text = utc_time(time_ns).isoformat(timespec="seconds")
    rest = time_ns % SECOND_NS
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{text}{fraction}Z"


def parse_time(text: str) -> int:
    """UTC nanoseconds of RFC 3339 text or of a day; `ValueError` where it is neither.

    >>> parse_time("2026-01-05T09:30:00-05:00") == parse_time("2026-01-05T14:30:00Z")
    True
    >>> parse_time("2026-01-05") == parse_time("2026-01-05T00:00:00+00:00")
    True
    """
    match = SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time: use 2026-01-05T14:30:00Z or 2026-01-05")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if int(hour or 0) > 24 or int(minute or 0) > 59 or int(second or 0) > 60:
        raise ValueError(f"{text!r} is not a time of day")
    days = date(int(year), int(month), int(day)).toordinal() - EPOCH_ORDINAL
    time_ns = days * DAY_NS + int(hour or 0) * HOUR_NS + int(minute or 0) * MINUTE_NS
    time_ns += int(second or 0) * SECOND_NS + int((fraction or "").ljust(9, "0"))
    return time_ns - zone_ns(zone)


def zone_ns(zone: str | None) -> int:
    """How far a zone's clock is ahead of UTC.

    >>> zone_ns("-05:00") // 3_600_000_000_000, zone_ns("Z")
    (-5, 0)
    """
    if zone is None or zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * HOUR_NS + int(digits[2:]) * MINUTE_NS)


def day_of(time_ns: int) -> date:
    """The UTC day of a time."""
    return utc_time(time_ns).date()


def day_ns(day: date) -> int:
    """UTC midnight of a day."""
    return (day.toordinal() - EPOCH_ORDINAL) * DAY_NS
