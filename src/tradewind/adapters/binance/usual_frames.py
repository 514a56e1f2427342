"""Usual frames: trades and quotes as Binance writes them, from bytes to exact integers at once.

A scanner that knows only combined frames of simple values, written without a space; it makes no
object of what it reads. Whatever is unusual about a frame is left to the long way, which says why.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.adapters.binance.batches import FIELDS, Batches
from tradewind.adapters.binance.rows import MICROSECONDS_FROM, Grid
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.numbers import UNITS_MAX

ORDERED_FRAMES_MAX = 64
"""Frames of one read that keep the order between trades, quotes and depth of an instrument; of a
longer one, which came at once, each kind keeps its own order only."""
ID_MAX = 2**62
IS_COMPILED = not __file__.endswith(".py")

# C integers when compiled (usual_frames.pxd)
_ORDERED_MAX = ORDERED_FRAMES_MAX
_ID_MAX = ID_MAX
_STAMP_END = MICROSECONDS_FROM
_UNITS_MAX = UNITS_MAX
_QUOTE, _COLON, _COMMA, _CLOSE, _BACKSLASH = b'":,}\\'
_POINT, _ZERO, _NINE = b".09"
_FIRST_SIGN, _LAST_SIGN = b" ~"
_DIGITS_MAX = 18
"""Digits of a number that surely fits into 64 bits."""
_TEXT, _NUMBER, _WORD = 1, 2, 3
_LETTERS = 128
_e, _s, _t, _p, _q, _T, _m, _X, _u, _B, _A, _b, _a = b"estpqTmXuBAba"
_HEAD = b'{"stream":"'
_MIDDLE = b',"data":{'
_TRUE, _FALSE, _MARKET = b"true", b"false", b"MARKET"


class Rows:
    """Rows of one kind, as one growing array of 64-bit integers.

    >>> from tradewind.model.instruments import Instrument
    >>> rows = Rows("trades")
    >>> rows.add((9, 100, 7, -1, 8)); rows.add((10, 101, 7, 1, 9))
    >>> btc = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    >>> rows.take(btc)["price"].tolist(), rows.length
    ([100, 101], 0)
    """

    __slots__ = ("array", "kind", "length", "names", "values")

    def __init__(self, kind: ColumnKind) -> None:
        self.kind = kind
        self.names = FIELDS[kind]
        self.length = 0
        self.array = np.zeros(512, np.int64)
        self.values: Any = self.array

    def add(self, values: tuple[int, ...]) -> None:
        """A row whose values stand in the order of `FIELDS`."""
        start = self.room(len(values))
        for place, value in enumerate(values):
            self.values[start + place] = value

    def room(self, count: int) -> int:
        """Where the next so many values go."""
        start = self.length
        self.length = start + count
        if self.length > len(self.values):
            self.array = np.concatenate([self.array, self.array])
            self.values = self.array
        return start

    def take(self, instrument: Any) -> Columns:
        """The rows as columns; they are not kept."""
        table = self.array[: self.length].reshape(-1, len(self.names)).T.copy()
        self.length = 0
        return Columns.of_table(self.kind, instrument, self.names, table)


class Lane:
    """One instrument: its grid, its last print, and the rows of what came at once."""

    __slots__ = (
        "batches",
        "is_touched",
        "last_print",
        "price_digits",
        "quantity_digits",
        "quotes",
        "symbol",
        "tick",
        "trades",
    )

    def __init__(self, grid: Grid, batches: Batches) -> None:
        self.batches = batches
        self.symbol = grid.symbol.encode()
        self.price_digits = grid.price_digits
        self.quantity_digits = grid.quantity_digits
        self.tick = grid.tick
        self.last_print = -1
        self.is_touched = False
        """Whether it has rows that were not taken yet."""
        self.trades = Rows("trades")
        self.quotes = Rows("quotes")


class UsualFrames:
    """Takes the usual frames of some instruments, and hands on the others.

    {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,
     "p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}
    {"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000",
     "B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}

    `prints` is the event type that tells the trades. A trade must follow the last one by its id,
    so that a gap is judged by whoever sees all frames. Lanes that got rows join `touched`.
    """

    __slots__ = (
        "_count", "_ends", "_is_ordered", "_kinds", "_lane", "_lanes", "_numbers", "_print_id",
        "_prints", "_seen", "_starts", "_time_ns", "touched",
    )  # fmt: skip

    def __init__(self, lanes: list[Lane], prints: str) -> None:
        self._lanes = {lane.symbol: lane for lane in lanes}
        self._lane = lanes[0] if lanes else None
        self.touched: list[Lane] = []
        self._prints = prints.encode()
        self._print_id = _t if prints == "trade" else _a
        self._seen: Any = array("q", bytes(8 * _LETTERS))
        self._kinds: Any = array("q", bytes(8 * _LETTERS))
        self._starts: Any = array("q", bytes(8 * _LETTERS))
        self._ends: Any = array("q", bytes(8 * _LETTERS))
        self._numbers: Any = array("q", bytes(8 * _LETTERS))
        self._count = 0
        self._time_ns = 0
        self._is_ordered = True

    def take(self, frames: list[bytes], time_ns: int, other: Callable[[bytes], None]) -> None:
        """Take frames that arrived together; `other` is called with those that are not usual."""
        self._time_ns = time_ns
        self._is_ordered = 1 < len(frames) <= _ORDERED_MAX  # one is in order by itself
        for raw in frames:
            if not self._is_taken(raw):
                other(raw)

    def _is_taken(self, raw: bytes) -> bool:
        """Take one frame; False where anything about it is not as usual."""
        self._count += 1
        try:
            if not self._scan(raw):
                return False
        except IndexError:  # it ends too soon
            return False
        lane = self._lane
        if lane is None or not self._says(raw, _s, lane.symbol):
            lane = self._find_lane(raw)
            if lane is None:
                return False
        if not lane.is_touched:
            lane.is_touched = True
            self.touched.append(lane)
        if self._says(raw, _e, self._prints):
            return self._take_print(raw, lane)
        return self._take_quote(raw, lane)

    def _find_lane(self, raw: bytes) -> Lane | None:
        if not self._has(_s, _TEXT):
            return None
        lane = self._lanes.get(raw[self._starts[_s] : self._ends[_s]])
        if lane is not None:
            self._lane = lane
        return lane

    def _take_print(self, raw: bytes, lane: Lane) -> bool:
        if not (self._has(self._print_id, _NUMBER) and self._has(_T, _NUMBER)):
            return False
        if not self._has(_m, _WORD) or self._numbers[self._print_id] != lane.last_print + 1:
            return False
        if self._seen[_X] == self._count and not self._says(raw, _X, _MARKET):
            return False
        price = self._units(raw, _p, lane.price_digits)
        size = self._units(raw, _q, lane.quantity_digits)
        stamp = self._numbers[_T]
        if price <= 0 or size <= 0 or price % lane.tick or not 0 < stamp < _STAMP_END:
            return False
        lane.last_print += 1
        side = -1 if self._numbers[_m] else 1
        if self._is_ordered:
            lane.batches.add("trades", (self._time_ns, price, size, side, stamp * 1_000_000))
            return True
        rows = lane.trades
        start = rows.room(5)
        rows.values[start] = self._time_ns
        rows.values[start + 1] = price
        rows.values[start + 2] = size
        rows.values[start + 3] = side
        rows.values[start + 4] = stamp * 1_000_000
        return True

    def _take_quote(self, raw: bytes, lane: Lane) -> bool:
        bid = self._units(raw, _b, lane.price_digits)
        ask = self._units(raw, _a, lane.price_digits)
        bid_size = self._units(raw, _B, lane.quantity_digits)
        ask_size = self._units(raw, _A, lane.quantity_digits)
        tick = lane.tick
        if bid <= 0 or ask < bid or bid_size <= 0 or ask_size <= 0 or bid % tick or ask % tick:
            return False
        stamp = 0
        if self._seen[_T] == self._count:
            stamp = self._numbers[_T] if self._has(_T, _NUMBER) else -1
        if not 0 <= stamp < _STAMP_END or not self._has(_u, _NUMBER):
            return False
        update_id = self._numbers[_u]
        if update_id > _ID_MAX:
            return False
        time_ns, venue_time_ns = self._time_ns, stamp * 1_000_000
        if self._is_ordered:
            row = (time_ns, bid, bid_size, ask, ask_size, venue_time_ns, update_id)
            lane.batches.add("quotes", row)
            return True
        rows = lane.quotes
        start = rows.room(7)
        rows.values[start] = time_ns
        rows.values[start + 1] = bid
        rows.values[start + 2] = bid_size
        rows.values[start + 3] = ask
        rows.values[start + 4] = ask_size
        rows.values[start + 5] = venue_time_ns
        rows.values[start + 6] = update_id
        return True

    # --- the scanner -------------------------------------------------------------------------

    def _scan(self, raw: bytes) -> bool:
        """Note where the values of one-letter keys stand; False where the shape is another."""
        if not matches(raw, 0, _HEAD):
            return False
        place = text_end(raw, len(_HEAD)) + 1
        if place == 0 or not matches(raw, place, _MIDDLE):
            return False
        place += len(_MIDDLE) - 1
        while True:
            place = self._scan_pair(raw, place + 1)
            if place < 0:
                return False
            if raw[place] == _CLOSE:
                return place + 2 == len(raw) and raw[place + 1] == _CLOSE
            if raw[place] != _COMMA:
                return False

    def _scan_pair(self, raw: bytes, place: int) -> int:
        """Read `"k":value`; where it ends, or -1. Longer keys than one letter are passed over."""
        if raw[place] != _QUOTE:
            return -1
        end = text_end(raw, place + 1)
        if end < 0 or raw[end + 1] != _COLON:
            return -1
        letter: int = raw[place + 1] if end == place + 2 else 0
        self._seen[letter] = self._count
        place = end + 2
        mark: int = raw[place]
        if mark == _QUOTE:
            end = text_end(raw, place + 1)
            self._kinds[letter] = _TEXT
            self._starts[letter] = place + 1
            self._ends[letter] = end
            return end + 1 if end >= 0 else -1
        if _ZERO <= mark <= _NINE:
            return self._scan_number(raw, place, letter)
        is_true = matches(raw, place, _TRUE)
        if not is_true and not matches(raw, place, _FALSE):
            return -1
        self._kinds[letter] = _WORD
        self._numbers[letter] = 1 if is_true else 0
        return place + (4 if is_true else 5)

    def _scan_number(self, raw: bytes, place: int, letter: int) -> int:
        """Read digits; where they end, or -1 for too many, or a zero in front of others."""
        start = place
        number = 0
        mark: int = raw[place]
        while _ZERO <= mark <= _NINE and place - start < _DIGITS_MAX:
            number = number * 10 + mark - _ZERO
            place += 1
            mark = raw[place]
        if raw[start] == _ZERO and place - start > 1:
            return -1
        self._kinds[letter] = _NUMBER
        self._numbers[letter] = number
        return place

    def _has(self, letter: int, kind: int) -> bool:
        return bool(self._seen[letter] == self._count and self._kinds[letter] == kind)

    def _says(self, raw: bytes, letter: int, text: bytes) -> bool:
        """Whether a key has exactly this text."""
        start = self._starts[letter]
        is_as_long = self._has(letter, _TEXT) and self._ends[letter] - start == len(text)
        return bool(is_as_long and matches(raw, start, text))

    def _units(self, raw: bytes, letter: int, digits: int) -> int:
        """Units of 10^-digits that a text says, -1 where it is none that is usual.

        As `model.fixed_point.parse_fixed_point`, without a sign.
        """
        if not self._has(letter, _TEXT):
            return -1
        start, end = self._starts[letter], self._ends[letter]
        units = 0
        places = -1  # digits seen behind the point; -1 before it
        for place in range(start, end):
            mark: int = raw[place]
            if mark == _POINT and places < 0 and start < place < end - 1:
                places = 0
            elif mark < _ZERO or mark > _NINE:
                return -1
            elif places < digits:
                units = units * 10 + mark - _ZERO
                if units > _UNITS_MAX:
                    return -1
                if places >= 0:
                    places += 1
            elif mark != _ZERO:
                return -1
        return raised(units, digits if places < 0 else digits - places) if end > start else -1


def raised(units: int, zeros: int) -> int:
    """Units with zeros behind them, -1 beyond `UNITS_MAX`.

    >>> raised(25, 2), raised(10**15, 1)
    (2500, -1)
    """
    for _ in range(zeros):
        units *= 10
        if units > _UNITS_MAX:
            return -1
    return units


def matches(raw: bytes, place: int, word: bytes) -> bool:
    """Whether a word stands at a place; where the bytes end before it, `IndexError` may come.

    >>> matches(b"ab", 0, b"ab"), matches(b"ab", 0, b"b")
    (True, False)
    """
    for index in range(len(word)):  # noqa: SIM110  # compiled modules have no generators
        if raw[place + index] != word[index]:
            return False
    return True


def text_end(raw: bytes, place: int) -> int:
    r"""Where a text ends: its quote, or -1 where a sign in it is not plain ASCII.

    >>> text_end(b'trade",', 0), text_end(b'a\\"b"', 0)
    (5, -1)
    """
    mark: int = raw[place]
    while mark != _QUOTE:
        if mark < _FIRST_SIGN or mark > _LAST_SIGN or mark == _BACKSLASH:
            return -1
        place += 1
        mark = raw[place]
    return place
