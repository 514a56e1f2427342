"""Timeframes and timeranges: lengths of bars and stretches of time as users write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tradewind.model.errors import UserError

UNIT_NS = {
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}

_TIMEFRAME = re.compile(r"([1-9][0-9]{0,3})([smhd])")


def timeframe_ns(text: str) -> int:
    """Length of a timeframe in nanoseconds; `UserError` where the text is none.

    >>> timeframe_ns("1m"), timeframe_ns("4h")
    (60000000000, 14400000000000)
    """
    match = _TIMEFRAME.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} is not a timeframe: write it like 1s, 1m, 5m, 15m, 1h, 4h or 1d")
    return int(match[1]) * UNIT_NS[match[2]]


def timerange_ns(text: str) -> tuple[int | None, int | None]:
    """Start and end of a range of UTC days or minutes, the end excluded; None where it is open.

    >>> timerange_ns("20240101-20240102")
    (1704067200000000000, 1704153600000000000)
    >>> timerange_ns("20240101T1430-"), timerange_ns("-20240101")
    ((1704119400000000000, None), (None, 1704067200000000000))
    """
    match = _TIMERANGE.fullmatch(text)
    if match is None or text == "-":
        raise UserError(f"{text!r} is not a timerange: write it like 20240101-20240630")
    start, end = (_moment_ns(moment, text) if moment else None for moment in match.groups())
    if start is not None and end is not None and end <= start:
        raise UserError(f"the timerange {text} ends before it starts: swap its days")
    return start, end


_MOMENT = r"[0-9]{8}(?:T[0-9]{4})?"
_TIMERANGE = re.compile(rf"({_MOMENT})?-({_MOMENT})?")


def _moment_ns(moment: str, text: str) -> int:
    pattern = "%Y%m%dT%H%M" if "T" in moment else "%Y%m%d"
    try:
        found = datetime.strptime(moment, pattern).replace(tzinfo=UTC)
    except ValueError:
        raise UserError(
            f"{moment} in the timerange {text} is no day: write it like 20240131"
        ) from None
    return (found - EPOCH) // timedelta(seconds=1) * UNIT_NS["s"]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
