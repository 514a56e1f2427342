"""Bars of any timeframe out of a tape's minutes, adjusted for splits and dividends."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS, all_sessions
from tradewind.venue.equities.history import Ints
from tradewind.venue.equities.tape import MinuteTable, Tape
from tradewind.venue.equities.timeframe import LENGTHS, Timeframe

LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
PRICE_DIGITS = 4
"""Prices have so many digits, or as many as the security's own where those are more."""
VOLUME_DIGITS = 9

Floats = NDArray[np.float64]


class PriceBar(msgspec.Struct, frozen=True):
    """A bar as venues show it: prices and volume as floats, stamped with its start."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    count: int
    vwap: float
    minutes: int
    """How many minutes it is made of."""
    last_ns: int
    """The start of its last minute."""


def bars_between(
    tape: Tape,
    timeframe: Timeframe,
    *,
    begin_ns: int,
    end_ns: int,
    known_ns: int,
    actions: Actions,
    adjustment: str,
) -> list[PriceBar]:
    """The bars that start from a time to another (excluded), oldest first.

    They are made of the minutes that were over at `known_ns`: the last bar may be partial.

    Bars of a day and longer are of regular sessions; what is shorter shows extended hours too.
    `adjustment` is raw, split, dividend or all.
    """
    longest_ns = timeframe.count * LENGTHS.get(timeframe.unit, DAY_NS)
    longest_ns *= LONGEST_DAYS.get(timeframe.unit, 1)
    last_ns = min(end_ns + longest_ns, known_ns - MINUTE_NS + 1)
    minutes = tape.table_between(begin_ns, max(begin_ns, last_ns))
    if not timeframe.is_intraday and not tape.security.is_continuous:
        minutes = minutes.chosen(are_regular(minutes.open_ns))
    starts = timeframe.starts(minutes.open_ns, is_round_the_clock=tape.security.is_continuous)
    wanted = (starts >= begin_ns) & (starts < end_ns)
    if not wanted.any():
        return []
    return folded(tape, starts[wanted], minutes.chosen(wanted), actions, adjustment)


def are_regular(open_ns: Ints) -> NDArray[np.bool_]:
    """For each time whether it lies in regular hours."""
    opens, closes = regular_hours()
    places = np.maximum(np.searchsorted(opens, open_ns, "right") - 1, 0)
    return (open_ns >= opens[places]) & (open_ns < closes[places])


@cache
def regular_hours() -> tuple[Ints, Ints]:
    """When each session opens, and when it closes."""
    sessions = all_sessions()[0]
    return (
        np.array([session.open_ns for session in sessions], np.int64),
        np.array([session.close_ns for session in sessions], np.int64),
    )


def is_regular(time_ns: int) -> bool:
    """True in regular hours."""
    return bool(are_regular(np.array([time_ns], np.int64))[0])


def folded(
    tape: Tape, starts: Ints, minutes: MinuteTable, actions: Actions, adjustment: str
) -> list[PriceBar]:
    """Minutes with the same start as one bar, each minute adjusted by what came behind it."""
    security = tape.security
    digits = max(PRICE_DIGITS, security.price_digits)
    prices, sizes = actions.factor_columns(security.symbol, minutes.open_ns, adjustment)
    prices = prices / 10.0**security.price_digits
    sizes = sizes / 10.0**security.quantity_digits
    first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    last = np.append(first[1:], len(starts)) - 1
    volume = np.add.reduceat(minutes.volume * sizes, first)
    value = np.add.reduceat(minutes.value * prices * sizes, first)
    mean = np.divide(value, volume, out=np.zeros(len(first)), where=volume > 0)

    def shown(column: Floats) -> list[float]:
        found: list[float] = np.round(column, digits).tolist()
        return found

    columns = zip(
        starts[first].tolist(),
        shown((minutes.open * prices)[first]),
        shown(np.maximum.reduceat(minutes.high * prices, first)),
        shown(np.minimum.reduceat(minutes.low * prices, first)),
        shown((minutes.close * prices)[last]),
        np.round(volume, VOLUME_DIGITS).tolist(),
        np.add.reduceat(minutes.count, first).tolist(),
        shown(mean),
        (last - first + 1).tolist(),
        minutes.open_ns[last].tolist(),
        strict=True,
    )
    return [PriceBar(*row) for row in columns]
