"""Writes `model/session_tables.py`: days off, short days and clock changes of each calendar.

Run it where exchange_calendars is installed (`pip install -e .[dev]`), when that package knows of
new holidays:

    python scripts/session_tables.py > src/tradewind/model/session_tables.py
"""

from __future__ import annotations

import sys
import textwrap
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import exchange_calendars
import pandas

FIRST, LAST = date(1990, 1, 1), date(2030, 12, 31)
CALENDARS = ("XNYS", "CMES")
ZONES = ("America/New_York", "America/Chicago")
HEAD = '''"""Days off, short days and clock changes: written by `scripts/session_tables.py`.

From exchange_calendars (Apache-2.0) {version}. Days are YYYYMMDD, times minutes of local time.
"""

from __future__ import annotations

FIRST = "{first}"
LAST = "{last}"
"""The days that the tables cover."""
'''


def main() -> None:
    """Print the whole module."""
    version = exchange_calendars.__version__
    changes = {zone: clock_changes(zone) for zone in ZONES}
    off = {name: days_off(name) for name in CALENDARS}
    short = {name: short_days(name) for name in CALENDARS}
    parts = [
        HEAD.format(version=version, first=compact(FIRST), last=compact(LAST)),
        table("CLOCKS", changes, "Day and offset from UTC in minutes from then on, by zone."),
        table("DAYS_OFF", off, "Days from Monday to Friday without a session."),
        table("SHORT_DAYS", short, "Days that close early, and when."),
    ]
    sys.stdout.write("\n".join(parts))


def table(name: str, rows: dict[str, list[str]], meaning: str) -> str:
    """A dict of long texts as source."""
    lines = [f"{name} = {{"]
    for key, words in rows.items():
        lines.append(f'    "{key}": """')
        lines += textwrap.wrap(" ".join(words), 99)
        lines[-1] += '""",'
    return "\n".join([*lines, "}", f'"""{meaning}"""\n'])


def clock_changes(zone: str) -> list[str]:
    """Where the zone's offset differs at noon from that of the day before."""
    found, before = [], None
    for day in days(FIRST - timedelta(days=2), LAST):
        noon = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()
        assert noon is not None
        if noon != before:
            found.append(f"{compact(day)}{int(noon.total_seconds()) // 60:+d}")
        before = noon
    return found


def days_off(name: str) -> list[str]:
    """Weekdays on which there is no session."""
    known = {stamp.date() for stamp in schedule(name).index}
    weekdays = [day for day in days(FIRST, LAST) if day.weekday() < 5]
    assert all(day.weekday() < 5 for day in known), "a session at the weekend needs another table"
    return [compact(day) for day in weekdays if day not in known]


def short_days(name: str) -> list[str]:
    """Days with another close than the usual one, and its minute."""
    calendar = exchange_calendars.get_calendar(name)
    usual = calendar.close_times[-1][1]
    rows = schedule(name)["close"].dt.tz_convert(calendar.tz)
    return [
        f"{compact(day.date())}+{close.hour * 60 + close.minute}"
        for day, close in rows.items()
        if close.time() != usual
    ]


def schedule(name: str) -> pandas.DataFrame:
    """Opens and closes of all sessions."""
    return exchange_calendars.get_calendar(name, start=str(FIRST), end=str(LAST)).schedule


def days(first: date, last: date) -> list[date]:
    """All days from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def compact(day: date) -> str:
    """A day as YYYYMMDD."""
    return day.strftime("%Y%m%d")


if __name__ == "__main__":
    main()
