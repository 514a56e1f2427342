"""Bars of every interval Binance has, made of what traded; minutes without trades are flat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tradewind.venue.binance.numbers import text8
from tradewind.venue.history import MINUTE_MS, TradedBar, TradeHistory, flat_bar

SECOND_MS = 1_000
DAY_MS = 86_400_000
WEEK_OFFSET_MS = 4 * DAY_MS
"""1970-01-05 was a Monday."""
INTERVALS_MS: dict[str, int] = {
    "1s": SECOND_MS, "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000,
    "1h": 3_600_000, "2h": 7_200_000, "4h": 14_400_000, "6h": 21_600_000, "8h": 28_800_000,
    "12h": 43_200_000, "1d": DAY_MS, "3d": 3 * DAY_MS, "1w": 7 * DAY_MS, "1M": 31 * DAY_MS,
}  # fmt: skip
"""Interval to milliseconds; a month is as long as it is."""


def opening_ms(time_ms: int, interval: str) -> int:
    """When the bar that a time belongs to opened.

    >>> opening_ms(61_000, "1m"), opening_ms(5 * DAY_MS, "1w"), opening_ms(40 * DAY_MS, "1M")
    (60000, 345600000, 2678400000)
    """
    if interval == "1M":
        day = datetime.fromtimestamp(time_ms / 1e3, UTC)
        return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1_000
    offset = WEEK_OFFSET_MS if interval == "1w" else 0
    return time_ms - (time_ms - offset) % INTERVALS_MS[interval]


def closing_ms(open_ms: int, interval: str) -> int:
    """The last millisecond of a bar."""
    if interval == "1M":
        return opening_ms(open_ms + 32 * DAY_MS, "1M") - 1
    return open_ms + INTERVALS_MS[interval] - 1


def bars_of(history: TradeHistory, interval: str, now_ms: int) -> list[TradedBar]:
    """All bars of an interval that are known, the one that is growing last."""
    parts = _seconds(history) if interval == "1s" else list(history.minutes.values())
    length = SECOND_MS if interval == "1s" else MINUTE_MS
    bars: list[TradedBar] = []
    for part in parts:
        open_ms = opening_ms(part.open_ms, interval)
        if not bars or bars[-1].open_ms != open_ms:
            _fill_up(bars, interval, open_ms)
            bars.append(flat_bar(open_ms, length, part.open))
            bars[-1].close_ms = closing_ms(open_ms, interval)
        bars[-1].merge(part)
    _fill_up(bars, interval, opening_ms(now_ms, interval) + 1)
    return bars


def _fill_up(bars: list[TradedBar], interval: str, until_ms: int) -> None:
    """Flat bars behind the last one, up to a time."""
    while bars and bars[-1].close_ms + 1 < until_ms:
        open_ms = bars[-1].close_ms + 1
        bar = flat_bar(open_ms, 1, bars[-1].close)
        bar.close_ms = closing_ms(open_ms, interval)
        bars.append(bar)


def _seconds(history: TradeHistory) -> list[TradedBar]:
    bars: list[TradedBar] = []
    for trade in history.trades:
        time_ms = trade.time_ns // 1_000_000
        open_ms = time_ms - time_ms % SECOND_MS
        if not bars or bars[-1].open_ms != open_ms:
            bars.append(flat_bar(open_ms, SECOND_MS, trade.price))
        bars[-1].add(trade)
    return bars


def bar_row(bar: TradedBar) -> list[Any]:
    """The payload: [openTime, "open", "high", "low", "close", "volume", closeTime,
    "quote volume", trades, "taker buy volume", "taker buy quote volume", "0"]
    """
    return [
        bar.open_ms, text8(bar.open), text8(bar.high), text8(bar.low), text8(bar.close),
        text8(bar.volume), bar.close_ms, text8(bar.value), bar.count,
        text8(bar.taker_volume), text8(bar.taker_value), "0",
    ]  # fmt: skip
