"""Timeframes: the lengths of time bars as users write them."""

from __future__ import annotations

import re

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
