"""Decoded frames: the short way of trades and quotes without a compiler.

One decoding of a whole read by msgspec, then exact units: in plain Python several times as fast as
the scanner of `usual_frames`, which takes its place where it is compiled; both give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tradewind.adapters.binance.rows import MICROSECONDS_FROM
from tradewind.adapters.binance.usual_frames import ID_MAX, ORDERED_FRAMES_MAX, Lane
from tradewind.model.errors import BadNumber
from tradewind.model.fixed_point import parse_fixed_point


class Data(msgspec.Struct, gc=False):
    """The data of any frame, with the letters of the wire; one letter means several things.

    {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",
     "q":"0.02000000","T":1723161255342,"m":true,"M":true}
    {"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000",
     "A":"1.54698000"}
    """

    e: str = ""
    s: str = ""
    t: int = -1
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool | None = None
    X: str = "MARKET"
    u: int = -1
    B: str = ""
    A: str = ""
    b: str | int | list[tuple[str, str]] = ""
    a: str | int | list[tuple[str, str]] = ""


class Combined(msgspec.Struct, gc=False):
    """{"stream":"btcusdt@trade","data":{...}}; the data says what the name of the stream does."""

    data: Data


_MANY = msgspec.json.Decoder(list[Combined])


class DecodedFrames:
    """`UsualFrames` in plain Python."""

    def __init__(self, lanes: list[Lane], prints: str) -> None:
        self._lanes = {lane.symbol.decode(): lane for lane in lanes}
        self._prints = prints
        self.touched: list[Lane] = []
        self._time_ns = 0
        self._is_ordered = True

    def take(self, frames: list[bytes], time_ns: int, other: Callable[[bytes], None]) -> None:
        """Take frames that arrived together; `other` is called with those that are not usual."""
        self._time_ns = time_ns
        self._is_ordered = 1 < len(frames) <= ORDERED_FRAMES_MAX
        try:
            combined = _MANY.decode(b"[%b]" % b",".join(frames))
        except (msgspec.DecodeError, UnicodeDecodeError):
            combined = []
        if len(combined) != len(frames):
            for raw in frames:
                other(raw)
            return
        for frame, raw in zip(combined, frames, strict=True):
            if not self._is_taken(frame.data):
                other(raw)

    def _is_taken(self, data: Data) -> bool:
        lane = self._lanes.get(data.s)
        if lane is None:
            return False
        if not lane.is_touched:
            lane.is_touched = True
            self.touched.append(lane)
        if data.e == self._prints:
            return self._take_print(lane, data)
        return bool(data.B and data.A and self._take_quote(lane, data))

    def _take_print(self, lane: Lane, data: Data) -> bool:
        """Take a trade; False where anything about it is not as usual."""
        number = data.t if data.t >= 0 else data.a
        stamp, is_maker = data.T, data.m
        if number != lane.last_print + 1 or is_maker is None or data.X != "MARKET":
            return False
        try:
            price = parse_fixed_point(data.p, lane.price_digits)
            size = parse_fixed_point(data.q, lane.quantity_digits)
        except BadNumber:
            return False
        if price <= 0 or price % lane.tick or size <= 0 or not 0 < stamp < MICROSECONDS_FROM:
            return False
        lane.last_print += 1
        row = (self._time_ns, price, size, -1 if is_maker else 1, stamp * 1_000_000)
        if self._is_ordered:
            lane.batches.add("trades", row)
        else:
            lane.trades.add(row)
        return True

    def _take_quote(self, lane: Lane, data: Data) -> bool:
        """Take a quote; False where anything about it is not as usual."""
        stamp, bid_text, ask_text = data.T, data.b, data.a
        if not isinstance(bid_text, str) or not isinstance(ask_text, str):
            return False
        try:
            bid = parse_fixed_point(bid_text, lane.price_digits)
            ask = parse_fixed_point(ask_text, lane.price_digits)
            bid_size = parse_fixed_point(data.B, lane.quantity_digits)
            ask_size = parse_fixed_point(data.A, lane.quantity_digits)
        except BadNumber:
            return False
        tick = lane.tick
        if bid <= 0 or ask < bid or bid_size <= 0 or ask_size <= 0 or bid % tick or ask % tick:
            return False
        if not 0 <= data.u <= ID_MAX or not 0 <= stamp < MICROSECONDS_FROM:
            return False
        row = (self._time_ns, bid, bid_size, ask, ask_size, stamp * 1_000_000, data.u)
        if self._is_ordered:
            lane.batches.add("quotes", row)
        else:
            lane.quotes.add(row)
        return True
