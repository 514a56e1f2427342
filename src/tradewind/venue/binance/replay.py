"""A recorded capture as the market: its frames go out byte for byte, at a chosen speed.

A line is `<receive time ns> <json>`: a frame of a combined stream, {"stream":"btcusdt@trade",
"data":{...}}, or the REST snapshot {"lastUpdateId":...,"bids":[...],"asks":[...]}. The replay waits
for the first subscriber, so that who connects gets all of it. Orders of accounts meet the recorded
book; what they do is not in the recorded frames.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tradewind.model.errors import UserError
from tradewind.venue.events import PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, SELL

LINES_PER_TICK_MAX = 4_000
"""At high speed the server must come to its other work in between."""
HEAD_LINES = 5_000
NS_PER_MS = 1_000_000


class Frame(msgspec.Struct):
    """A line's JSON: a stream's frame, or (without `data`) a snapshot."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    lastUpdateId: int = 0
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []


class Payload(msgspec.Struct):
    """What of a frame's data the exchange needs; which names are used depends on `e`."""

    e: str = ""
    s: str = ""
    u: int = 0
    b: list[tuple[str, str]] | str = []
    a: list[tuple[str, str]] | str = []
    t: int = 0
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool = False


class Line(NamedTuple):
    """A line taken apart."""

    received_ns: int
    frame: Frame


SendRaw = Callable[[str, str, bytes], None]
"""Gets symbol, kind of stream and payload."""


class ReplayMarket:
    """The market of one captured instrument."""

    def __init__(self, path: Path, *, speed: float = 1.0) -> None:
        self._path = path
        self._speed = speed
        self.listing, self._snapshot, self._first_ns = _examine(path)
        self._lines = read_lines(path)
        self._next: Line | None = next(self._lines, None)
        self._begun_ns: int | None = None
        self._sent = 0
        self.send_raw: SendRaw = _to_nobody

    def start(self, exchange: Exchange, now_ns: int) -> None:
        """Set the book to the capture's snapshot."""
        book = exchange.books[self.listing.symbol]
        book.is_replayed = True
        self._apply_levels(exchange, self._snapshot.bids, self._snapshot.asks, now_ns)
        book.update_id = self._snapshot.lastUpdateId

    def begin(self, now_ns: int) -> None:
        """The first subscriber is there."""
        if self._begun_ns is None:
            self._begun_ns = now_ns

    def advance(self, exchange: Exchange, now_ns: int) -> None:
        """Send the frames that are due."""
        due_ns = self.time_ns(now_ns)
        for _ in range(LINES_PER_TICK_MAX):
            line = self._next
            if line is None or self._begun_ns is None or line.received_ns > due_ns:
                return
            self._play(exchange, line, now_ns)
            self._next = next(self._lines, None)

    def time_ns(self, now_ns: int) -> int:
        """The time of the recording."""
        begun_ns = now_ns if self._begun_ns is None else self._begun_ns
        return self._first_ns + int((now_ns - begun_ns) * self._speed)

    def describe(self) -> dict[str, Any]:
        """How far it is."""
        return {
            "market": "replay",
            "file": self._path.name,
            "speed": self._speed,
            "has_begun": self._begun_ns is not None,
            "has_ended": self._next is None,
            "frames": self._sent,
        }

    def _play(self, exchange: Exchange, line: Line, now_ns: int) -> None:
        data = bytes(line.frame.data)
        if not data:
            return
        self._sent += 1
        kind = line.frame.stream.split("@")[1]
        self.send_raw(self.listing.symbol, kind, data)
        if kind not in ("depth", "trade"):
            return
        payload = msgspec.json.decode(data, type=Payload)
        if kind == "depth":
            self._play_depth(exchange, payload, now_ns)
        elif payload.p and Decimal(payload.q):
            exchange.on_trade(_trade(payload))

    def _play_depth(self, exchange: Exchange, payload: Payload, now_ns: int) -> None:
        book = exchange.books[self.listing.symbol]
        if payload.u <= book.update_id:
            return
        book.update_id = payload.u
        assert not isinstance(payload.b, str)
        assert not isinstance(payload.a, str)
        self._apply_levels(exchange, payload.b, payload.a, now_ns)

    def _apply_levels(
        self,
        exchange: Exchange,
        bids: list[tuple[str, str]],
        asks: list[tuple[str, str]],
        now_ns: int,
    ) -> None:
        levels = [(BUY, Decimal(price), Decimal(size)) for price, size in bids]
        levels += [(SELL, Decimal(price), Decimal(size)) for price, size in asks]
        exchange.on_depth(self.listing.symbol, levels, now_ns)


def _to_nobody(symbol: str, kind: str, payload: bytes) -> None:
    """Where frames go before a protocol takes them."""


def _trade(payload: Payload) -> PublicTrade:
    return PublicTrade(
        payload.t,
        payload.s,
        Decimal(payload.p),
        Decimal(payload.q),
        payload.T * NS_PER_MS,
        payload.m,
        is_replayed=True,
    )


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a capture, plain or gzip."""
    try:
        with path.open("rb") as raw:
            file = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            for number, text in enumerate(file, 1):
                stamp, _, rest = text.partition(b" ")
                try:
                    yield Line(int(stamp), msgspec.json.decode(rest, type=Frame))
                except (ValueError, msgspec.DecodeError):
                    raise UserError(
                        f"{path}, line {number}: expected a receive time in ns and a JSON frame"
                    ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None


def _examine(path: Path) -> tuple[Listing, Frame, int]:
    """The instrument, the snapshot and the first time, from the beginning of a capture."""
    symbol, snapshot, first_ns = "", None, 0
    price_digits = quantity_digits = 0
    for number, line in enumerate(read_lines(path)):
        first_ns = first_ns or line.received_ns
        levels = line.frame.bids + line.frame.asks
        if levels:
            snapshot = snapshot or line.frame
        elif line.frame.stream:
            symbol = symbol or line.frame.stream.split("@")[0].upper()
            levels = _levels_of(line.frame)
        for price, size in levels:
            price_digits = max(price_digits, _digits(price))
            quantity_digits = max(quantity_digits, _digits(size))
        if number >= HEAD_LINES and snapshot is not None:
            break
    if not symbol or snapshot is None:
        raise UserError(f"{path} has no depth snapshot and stream frames: record both")
    quote = next((each for each in ("USDT", "USDC", "BTC", "USD") if symbol.endswith(each)), "USDT")
    listing = Listing(
        symbol,
        symbol.removesuffix(quote),
        quote,
        tick=Decimal(1).scaleb(-price_digits),
        lot=Decimal(1).scaleb(-quantity_digits),
        minimum_quantity=Decimal(1).scaleb(-quantity_digits),
        minimum_notional=Decimal(5),
    )
    return listing, snapshot, first_ns


def _levels_of(frame: Frame) -> list[tuple[str, str]]:
    payload = msgspec.json.decode(frame.data, type=Payload)
    if isinstance(payload.b, str) or isinstance(payload.a, str):
        return []
    return payload.b + payload.a


def _digits(text: str) -> int:
    """Decimals that are used.

    >>> _digits("61837.64000000"), _digits("5")
    (2, 0)
    """
    return len(text.partition(".")[2].rstrip("0"))
