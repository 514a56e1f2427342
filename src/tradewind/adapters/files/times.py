"""Times in files: epochs, ISO texts and other formats, in a zone, as UTC nanoseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from tradewind.model.column_merge import time_text
from tradewind.model.columns import IntColumn
from tradewind.model.errors import BadData, UserError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNIT_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
UNIT_OF_DIGITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}
"""How many digits an epoch of 2001 to 2286 has in each unit."""

# No zone changes its offset but at a full quarter of an hour.
ZONE_STEP_NS = 15 * 60 * 10**9


def parse_times(texts: list[str], *, time_format: str = "", zone: str = "UTC") -> IntColumn:
    """UTC nanoseconds of texts: whole numbers of s, ms, us or ns since 1970, ISO, or a format.

    `time_format` is empty for ISO texts and for numbers whose unit their length tells, a unit, or
    a strptime pattern. Texts without an offset are in the zone. `BadData` names the first row.

    >>> parse_times(["2024-03-01 14:30:00", "2024-03-01T14:30:00.000000001"]).tolist()
    [1709303400000000000, 1709303400000000001]
    >>> parse_times(["1709303400000"]).tolist()
    [1709303400000000000]
    >>> parse_times(["01.03.2024"], time_format="%d.%m.%Y", zone="America/New_York").tolist()
    [1709269200000000000]
    """
    if time_format in UNIT_NS:
        return _epochs(texts, time_format)
    if time_format:
        return _formatted(texts, time_format, zone)
    if texts and texts[0].isdigit() and len(texts[0]) in UNIT_OF_DIGITS:
        return _epochs(texts, UNIT_OF_DIGITS[len(texts[0])])
    if any(_has_offset(text) for text in texts[:1]):
        return _with_offset(texts)
    return utc_from_local(_iso(texts), zone)


def utc_from_local(local_ns: IntColumn, zone: str) -> IntColumn:
    """UTC of times on a zone's wall clock; the first of two where clocks are put back.

    >>> noon = np.array([12 * 3_600_000_000_000])
    >>> int(utc_from_local(noon, "America/New_York")[0]) // 3_600_000_000_000
    17
    """
    if zone == "UTC":
        return local_ns
    found = zone_of(zone)
    steps, places = np.unique(local_ns // ZONE_STEP_NS, return_inverse=True)
    offsets = [_offset_ns(int(step) * ZONE_STEP_NS, found, zone) for step in steps]
    return local_ns - np.array(offsets, np.int64)[places]


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name; `UserError` where there is none of it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(
            f"there is no time zone {name!r}: write it like America/New_York (a machine without "
            "zones gets them by: pip install tzdata)"
        ) from None


def _offset_ns(local_ns: int, zone: ZoneInfo, name: str) -> int:
    naive = EPOCH.replace(tzinfo=None) + timedelta(microseconds=local_ns // 1000)
    aware = naive.replace(tzinfo=zone)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        text = time_text(local_ns).removesuffix(" UTC")
        raise BadData(f"{text} does not exist in {name}: clocks are put forward; check the zone")
    offset = aware.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1) * 1000


def _epochs(texts: list[str], unit: str) -> IntColumn:
    try:
        numbers = [int(text) for text in texts]
    except ValueError:
        row = next(row for row, text in enumerate(texts) if not text.lstrip("-").isdigit())
        raise _bad(row, texts[row], f"a whole number of {unit} since 1970") from None
    bound = (2**63 - 1) // UNIT_NS[unit]
    for row, number in enumerate(numbers):
        if abs(number) > bound:
            raise _bad(row, texts[row], f"a time in {unit}")
    return np.array(numbers, np.int64) * UNIT_NS[unit]


def _iso(texts: list[str]) -> IntColumn:
    for row, text in enumerate(texts):
        # numpy would also take "2024", "now" and "NaT".
        if len(text) < len("2024-03-01") or not text[0].isdigit():
            raise _bad(row, text, "a time like 2024-03-01 14:30:00")
    try:
        return np.array(texts, "datetime64[ns]").astype(np.int64)
    except ValueError:
        row = next(row for row, text in enumerate(texts) if not _is_iso(text))
        raise _bad(row, texts[row], "a time like 2024-03-01 14:30:00") from None


def _is_iso(text: str) -> bool:
    try:
        np.datetime64(text, "ns")
    except ValueError:
        return False
    return True


def _has_offset(text: str) -> bool:
    return text.endswith("Z") or "+" in text[10:] or "-" in text[10:]


def _with_offset(texts: list[str]) -> IntColumn:
    times = np.empty(len(texts), np.int64)
    for row, text in enumerate(texts):
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise _bad(row, text, "a time like 2024-03-01T14:30:00Z") from None
        if found.tzinfo is None:
            raise _bad(row, text, "a time with an offset, as the first row has")
        times[row] = _nanoseconds(found)
    return times


def _formatted(texts: list[str], time_format: str, zone: str) -> IntColumn:
    times = np.empty(len(texts), np.int64)
    for row, text in enumerate(texts):
        try:
            found = datetime.strptime(text, time_format)  # noqa: DTZ007  the zone follows
        except ValueError:
            raise _bad(row, text, f"a time like {time_format}") from None
        times[row] = _nanoseconds(found.replace(tzinfo=UTC))
    return utc_from_local(times, zone)


def _nanoseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1) * 1000


def _bad(row: int, text: str, wanted: str) -> BadData:
    if not text:
        return BadData(f"row {row} has no time: drop the row")
    return BadData(f"row {row}: {text!r} is not {wanted}: mend it, or name the --time-format")
