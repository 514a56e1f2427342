"""Times as RFC 3339 writes them, to and from UTC nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from tradewind.model.errors import BadData

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?"
    r"(?:([Zz])|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)


def time_ns_of(text: str) -> int:
    """UTC nanoseconds of a time with a zone; what is finer than one is cut off.

    >>> time_ns_of("2021-02-22T15:51:44.208123456Z")
    1614009104208123456
    >>> time_ns_of("2021-02-22T10:51:44-05:00") == time_ns_of("2021-02-22T15:51:44Z")
    True
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadData(f"{text[:40]!r} is no time: it is written like 2021-02-22T15:51:44.208Z")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - EPOCH_DAY
    except ValueError:
        raise BadData(f"{text[:40]!r} is no day of the calendar") from None
    if hour > 23 or minute > 59 or second > 60:
        raise BadData(f"{text[:40]!r} is no time of a day")
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    if match[9]:
        offset_s = (int(match[10]) * 60 + int(match[11])) * 60
        seconds -= offset_s if match[9] == "+" else -offset_s
    return seconds * SECOND_NS + int((match[7] or "").ljust(9, "0"))


def time_text_of(time_ns: int) -> str:
    """UTC nanoseconds as a time; only as many digits behind the second as it needs.

    >>> time_text_of(1614009104208123456), time_text_of(1614009104000000000)
    ('2021-02-22T15:51:44.208123456Z', '2021-02-22T15:51:44Z')
    """
    seconds, rest = divmod(time_ns, SECOND_NS)
    text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest:09d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def day_ns_of(text: str) -> int:
    """The beginning of a day, in UTC.

    >>> day_ns_of("1970-01-02") == DAY_NS
    True
    """
    try:
        return (date.fromisoformat(text).toordinal() - EPOCH_DAY) * DAY_NS
    except ValueError:
        raise BadData(f"{text[:40]!r} is no day: it is written like 2021-02-22") from None
