"""Zipped US equity data: days, hours, minutes and ticks of New York time, prices x 10,000."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tradewind.adapters.files.factor_file import adjust, read_factors
from tradewind.adapters.files.reading import Reading, Request, agreed_timeframe, in_order
from tradewind.adapters.files.sources import open_source
from tradewind.adapters.files.text_rows import Block, blocks
from tradewind.adapters.files.times import utc_from_local
from tradewind.model.columns import ColumnKind, Columns, IntColumn
from tradewind.model.errors import BadData
from tradewind.model.frames import columns_from
from tradewind.model.sessions import sessions_of

ZONE = "America/New_York"
PRICE_DIGITS = 4
"""Prices are integers of 10^-4."""

MILLISECOND_NS = 1_000_000
MINUTE_NS = 60_000 * MILLISECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
SESSION_OPEN_NS = 9 * HOUR_NS + 30 * MINUTE_NS
CALENDAR = "XNYS"

Frame = dict[str, Any]


class FileName(NamedTuple):
    """What a member's name says: `20131007_ibm_minute_trade.csv`, `20131007_ibm_Trade_Tick.csv`."""

    day_ns: int
    words: frozenset[str]

    @classmethod
    def of(cls, member: str) -> FileName:
        """The day at the name's beginning, and its other words; a name without a day is of 1970.

        >>> FileName.of("19700102_ibm_Trade_Tick.csv").day_ns == DAY_NS
        True
        """
        words = member.rpartition(".")[0].lower().split("_")
        day = words[0] if re.fullmatch(r"[12][0-9]{7}", words[0]) else ""
        return cls(int(_days([day])[0]) if day else 0, frozenset(words))

    @property
    def layout(self) -> str:
        """Which of `LAYOUTS` the file has; daily and hourly files have a symbol for a name."""
        for layout in LAYOUTS:
            if self.words >= set(layout.split()):
                return layout
        return "bars"


@contextmanager
def open_us_equity(path: Path, request: Request) -> Iterator[Reading]:
    """Bars, trades or quotes, whichever the file's name and times say.

    Daily bars are of the session, 09:30 to 16:00. The first hour is 09:30 to 10:00. Bars of quotes
    are taken as one quote each, known at the bar's end: its last bid and ask. Ticks of quotes
    change one side and leave the other. Suspicious ticks are left out and counted. Prices and
    volumes are adjusted where the request has a factor file.
    """
    left_out: Counter[str] = Counter()
    with open_source(path) as source:
        name = FileName.of(source.member)
        layout = name.layout
        found = blocks(source)
        first = next(found, None)
        if first is None:
            raise BadData(f"{path.name} has no rows: name a file with rows")
        kind, timeframe = _contents(layout, first)
        if timeframe is not None:
            timeframe = agreed_timeframe(path.name, timeframe, request.timeframe)
        frames = LAYOUTS[layout].frames(chain([first], found), name, left_out)
        batches = _batches(frames, kind, request)
        yield Reading(kind, timeframe, in_order(path.name, batches), left_out)


def local_times(block: Block, day_ns: int, zone: str) -> IntColumn:
    """UTC nanoseconds of the first column: milliseconds since midnight of a day in a zone."""
    return utc_from_local(day_ns + block.integers(0, "time") * MILLISECOND_NS, zone)


def _batches(
    frames: Iterator[tuple[Block, Frame]], kind: ColumnKind, request: Request
) -> Iterator[Columns]:
    factors = read_factors(request.factors) if request.factors else ()
    for block, frame in frames:
        with block.lines():
            frame = adjust(frame, factors, request.instrument)
            yield columns_from(kind, frame, request.instrument)


def _contents(layout: str, first: Block) -> tuple[ColumnKind, str | None]:
    """The kind and timeframe of a file by its layout, and of a daily or hourly one by its rows."""
    if layout != "bars":
        return LAYOUTS[layout].kind, LAYOUTS[layout].timeframe
    midnights = all(field.endswith(b" 00:00") for field in first.columns[0])
    return "bars", "1d" if midnights else "1h"


def _long_bars(
    found: Iterator[Block], name: FileName, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """19980102 09:00,973100,975300,970300,970300,384500"""
    for block in found:
        _check_fields(block, 6)
        with block.lines():
            minutes = _day_minutes(block)
        day, minute = minutes // DAY_NS * DAY_NS, minutes % DAY_NS
        daily = (minute == 0).all()
        opened = SESSION_OPEN_NS if daily else np.maximum(minute, SESSION_OPEN_NS)
        closed = _session_closes(day) if daily else minute + HOUR_NS
        yield block, _times(day + opened, day + closed) | _prices(block)


def _session_closes(days: IntColumn) -> IntColumn:
    """When the session of each day (nanoseconds of its midnight) ends; half days end early."""
    sessions = sessions_of(CALENDAR)
    assert sessions is not None, "the calendar has sessions"
    both = np.array([sessions.of_day(int(day)) for day in days], np.int64).reshape(-1, 2)
    closes: IntColumn = SESSION_OPEN_NS + both[:, 1] - both[:, 0]
    return closes


def _short_bars(
    found: Iterator[Block], name: FileName, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """14400000,1815200,1818000,1815200,1818000,1283"""
    for block in found:
        _check_fields(block, 6)
        opened = name.day_ns + block.integers(0, "time") * MILLISECOND_NS
        yield block, _times(opened, opened + _length_ns(name)) | _prices(block)


def _quote_bars(
    found: Iterator[Block], name: FileName, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """14400000,1800100,1813100,1800100,1813100,200,1836300,1836300,1818000,1818000,1900"""
    for block in found:
        _check_fields(block, 11)
        opened = name.day_ns + block.integers(0, "time") * MILLISECOND_NS
        frame = {
            "time_ns": utc_from_local(opened + _length_ns(name), ZONE),
            "bid": block.integers(4, "bid close"),
            "bid_size": block.integers(5, "bid size"),
            "ask": block.integers(9, "ask close"),
            "ask_size": block.integers(10, "ask size"),
        }
        yield block, frame | _digits()


def _trade_ticks(
    found: Iterator[Block], name: FileName, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """14430270,1815200,283,P,20002020,0"""
    for block in found:
        _check_fields(block, 6)
        block = _unsuspicious(block, 5, left_out)
        frame = {
            "time_ns": local_times(block, name.day_ns, ZONE),
            "price": block.integers(1, "price"),
            "size": block.integers(2, "size"),
            "side": np.zeros(len(block), np.int64),
            "conditions": _conditions(block, 4),
        }
        yield block, frame | _digits()


def _quote_ticks(
    found: Iterator[Block], name: FileName, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """14400054,0,0,1836300,100,Q,1,0"""
    bid = ask = (0, 0)
    for block in found:
        _check_fields(block, 8)
        block = _unsuspicious(block, 7, left_out)
        bids, bid = _carried(block.integers(1, "bid"), block.integers(2, "bid size"), bid)
        asks, ask = _carried(block.integers(3, "ask"), block.integers(4, "ask size"), ask)
        frame = {
            "time_ns": local_times(block, name.day_ns, ZONE),
            "bid": bids[0],
            "bid_size": bids[1],
            "ask": asks[0],
            "ask_size": asks[1],
        }
        yield block, frame | _digits()


class Layout(NamedTuple):
    """One of the archive's files: what it holds and how its lines are read."""

    kind: ColumnKind
    timeframe: str | None
    frames: Callable[[Iterator[Block], FileName, Counter[str]], Iterator[tuple[Block, Frame]]]


LAYOUTS: dict[str, Layout] = {
    "tick trade": Layout("trades", None, _trade_ticks),
    "tick quote": Layout("quotes", None, _quote_ticks),
    "minute trade": Layout("bars", "1m", _short_bars),
    "minute quote": Layout("quotes", None, _quote_bars),
    "second trade": Layout("bars", "1s", _short_bars),
    "second quote": Layout("quotes", None, _quote_bars),
    "bars": Layout("bars", None, _long_bars),
}


def _carried(
    prices: IntColumn, sizes: IntColumn, before: tuple[int, int]
) -> tuple[tuple[IntColumn, IntColumn], tuple[int, int]]:
    """A side's price and size where it changed, kept where it did not (price 0), and the last."""
    prices, sizes = np.append(before[0], prices), np.append(before[1], sizes)
    rows = np.where(prices > 0, np.arange(len(prices)), 0)
    rows = np.maximum.accumulate(rows)
    prices, sizes = prices[rows], sizes[rows]
    return (prices[1:], sizes[1:]), (int(prices[-1]), int(sizes[-1]))


def _times(opened: IntColumn, closed: IntColumn) -> Frame:
    return {
        "open_time_ns": utc_from_local(opened, ZONE),
        "close_time_ns": utc_from_local(closed, ZONE),
    }


def _prices(block: Block) -> Frame:
    names = ("open", "high", "low", "close", "volume")
    frame = {name: block.integers(1 + number, name) for number, name in enumerate(names)}
    return frame | _digits()


def _digits() -> Frame:
    return {"price_digits": PRICE_DIGITS, "quantity_digits": 0}


def _length_ns(name: FileName) -> int:
    return MINUTE_NS if "minute" in name.words else 1_000 * MILLISECOND_NS


def _unsuspicious(block: Block, number: int, left_out: Counter[str]) -> Block:
    kept = [row for row, flag in enumerate(block.columns[number]) if flag.strip() != b"1"]
    if len(kept) == len(block):
        return block
    left_out["suspicious"] += len(block) - len(kept)
    return block.keep(kept)


def _conditions(block: Block, number: int) -> IntColumn:
    """Sale conditions: a hexadecimal number, empty where there is none."""
    texts = block.texts(number)
    try:
        return np.array([int(text or "0", 16) for text in texts], np.int64)
    except (ValueError, OverflowError):
        raise BadData(f"{block.name}: a sale condition is no hexadecimal number: mend it") from None


def _day_minutes(block: Block) -> IntColumn:
    """Nanoseconds of `YYYYMMDD HH:MM` on the local clock."""
    texts = block.texts(0)
    for row, text in enumerate(texts):
        if DAY_MINUTE.fullmatch(text) is None:
            raise BadData(f"row {row}: {text!r} is no time like 20131007 09:30: mend the line")
    minutes = [int(text[9:11]) * 60 + int(text[12:14]) for text in texts]
    return _days([text[:8] for text in texts]) + np.array(minutes, np.int64) * MINUTE_NS


DAY_MINUTE = re.compile(r"[0-9]{8} ([01][0-9]|2[0-3]):[0-5][0-9]")


def _days(texts: list[str]) -> IntColumn:
    """Nanoseconds of days written YYYYMMDD."""
    try:
        days = np.array([f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in texts], "datetime64[ns]")
    except ValueError:
        raise BadData(f"one of the days {texts[0]} to {texts[-1]} does not exist") from None
    return days.astype(np.int64)


def _check_fields(block: Block, fields: int) -> None:
    if len(block.columns) != fields:
        raise BadData(
            f"{block.name} has {len(block.columns)} columns, not {fields}: is it of this format, "
            "under its own name?"
        )
