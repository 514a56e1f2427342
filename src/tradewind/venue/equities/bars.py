"""Bars of any timeframe out of a tape's minutes, adjusted for splits and dividends."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS, current_session
from tradewind.venue.equities.tape import Tape, TapeBar
from tradewind.venue.equities.timeframe import LENGTHS, Timeframe

LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
PRICE_DIGITS = 4
"""Prices have so many digits, or as many as the security's own where those are more."""


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
    minutes = tape.minutes_between(begin_ns, max(begin_ns, last_ns))
    if not timeframe.is_intraday and not tape.security.is_continuous:
        minutes = [bar for bar in minutes if is_regular(bar.open_ns)]
    if not minutes:
        return []
    open_ns = np.array([bar.open_ns for bar in minutes], np.int64)
    starts = timeframe.starts(open_ns, is_round_the_clock=tape.security.is_continuous).tolist()
    folded: list[PriceBar] = []
    group: list[TapeBar] = []
    for place, (start_ns, bar) in enumerate(zip(starts, minutes, strict=True)):
        group.append(bar)
        is_last = place + 1 == len(starts) or starts[place + 1] != start_ns
        if is_last:
            if begin_ns <= start_ns < end_ns:
                folded.append(fold(tape, start_ns, group, actions, adjustment))
            group = []
    return folded


def is_regular(time_ns: int) -> bool:
    """True in regular hours."""
    session = current_session(time_ns)
    return session is not None and session.open_ns <= time_ns < session.close_ns


def fold(
    tape: Tape, start_ns: int, group: Iterable[TapeBar], actions: Actions, adjustment: str
) -> PriceBar:
    """Minutes as one bar, each adjusted by what came behind it."""
    security = tape.security
    parts = [(bar, *actions.factors(security.symbol, bar.open_ns, adjustment)) for bar in group]
    digits = max(PRICE_DIGITS, security.price_digits)
    price_unit, size_unit = 10.0**security.price_digits, 10.0**security.quantity_digits

    def shown(price: int, factor: float) -> float:
        return round_price(price / price_unit * factor, digits)

    first, first_factor, _ = parts[0]
    last, last_factor, _ = parts[-1]
    volume = sum(bar.volume / size_unit * sizes for bar, _, sizes in parts)
    value = sum(bar.value / price_unit / size_unit * prices * sizes for bar, prices, sizes in parts)
    return PriceBar(
        time_ns=start_ns,
        open=shown(first.open, first_factor),
        high=max(shown(bar.high, prices) for bar, prices, _ in parts),
        low=min(shown(bar.low, prices) for bar, prices, _ in parts),
        close=shown(last.close, last_factor),
        volume=float(f"{volume:.9f}"),
        count=sum(bar.count for bar, _, _ in parts),
        vwap=round_price(value / volume if volume else 0.0, digits),
        minutes=len(parts),
        last_ns=last.open_ns,
    )


def round_price(price: float, digits: int) -> float:
    """A price with the digits that venues show."""
    return float(f"{price:.{digits}f}")
