"""Names of market streams: `btcusdt@depth5@100ms` taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

from tradewind.venue.binance.traded_bars import INTERVALS_MS

_NAME = re.compile(r"(![A-Za-z]+|[^@/!\s]+)@([A-Za-z0-9_]+)(?:@([A-Za-z0-9+:]+))?")
DEPTH_LIMITS = (5, 10, 20)


class StreamName(NamedTuple):
    """A symbol in capitals ("" for all), what is streamed, and how often."""

    symbol: str
    kind: str
    speed: str


def parse_stream(name: str) -> StreamName | None:
    """The parts of a name, or None where it is none.

    >>> parse_stream("btcusdt@depth5@100ms")
    StreamName(symbol='BTCUSDT', kind='depth5', speed='100ms')
    >>> parse_stream("btcusdt") is None
    True
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    head, kind, speed = match.groups()
    if head.startswith("!"):
        return StreamName("", f"{head}@{kind}", speed or "")
    return StreamName(head.upper(), kind, speed or "")


def is_known(name: StreamName) -> bool:
    """True for a stream that is served."""
    kind = name.kind
    plain = {"trade", "aggTrade", "bookTicker", "miniTicker", "ticker", "avgPrice", "depth"}
    windows = {"ticker_1h", "ticker_4h", "ticker_1d"}
    partial = {f"depth{limit}" for limit in DEPTH_LIMITS}
    bars = {f"kline_{interval}" for interval in INTERVALS_MS}
    everything = {"!miniTicker@arr", "!ticker@arr", "!bookTicker@arr"}
    return kind in plain | windows | partial | bars | everything
