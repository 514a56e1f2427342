"""Rows: what a frame says in exact units of our instruments, or why it cannot be taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tradewind.adapters.binance.wire import (
    AggregateTradeFrame,
    BookTickerFrame,
    DepthSnapshotFrame,
    DepthUpdateFrame,
    Frame,
    KlineFrame,
    OtherFrame,
    TradeFrame,
    decode_frame,
)
from tradewind.model.errors import BadData, BadMessage, BadNumber
from tradewind.model.fixed_point import parse_fixed_point
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick
from tradewind.model.numbers import format_plain

RAW_BYTES_MAX = 200
"""Bytes of a refused frame that its `BadTick` keeps."""

MICROSECONDS_FROM = 9_200_000_000_000
"""A stamp from here on is in microseconds: as milliseconds it would lie behind the year 2261."""

Level = tuple[int, int]
"""Price and size in units."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """Base of all rows: the instrument's id, and the venue's time where it says one, else 0."""

    instrument: str
    venue_time_ns: int


class TradeRow(Row, frozen=True, gc=False):
    """A print; side is +1 where the taker bought, -1 where it sold."""

    id: int
    price: int
    size: int
    side: int


class AggregateTradeRow(TradeRow, frozen=True, gc=False):
    """Prints of one taker order at one price, as one."""


class QuoteRow(Row, frozen=True, gc=False):
    """Best bid and ask at an update of the book; a price of 0 says that the side is absent."""

    update_id: int
    bid: int
    bid_size: int
    ask: int
    ask_size: int


class DepthUpdateRow(Row, frozen=True):
    """Changed levels; `previous_id` is -1 where the frame does not name the frame before it."""

    first_id: int
    last_id: int
    previous_id: int
    bids: list[Level]
    asks: list[Level]


class DepthSnapshotRow(Row, frozen=True):
    """All levels that a depth request answers with, at the update `last_id`."""

    last_id: int
    bids: list[Level]
    asks: list[Level]


class BarRow(Row, frozen=True, gc=False):
    """A bar `[open_time_ns, close_time_ns)` as it stands; volume has the digits of quantity."""

    timeframe: str
    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    is_closed: bool


class SkippedRow(Row, frozen=True, gc=False):
    """A frame that is fine and not for us: another symbol or stream, a reply, no market trade."""

    what: str


AnyRow = (
    TradeRow
    | AggregateTradeRow
    | QuoteRow
    | DepthUpdateRow
    | DepthSnapshotRow
    | BarRow
    | SkippedRow
)


class Grid(msgspec.Struct, frozen=True):
    """An instrument with its grid in units, by the symbol that Binance calls it.

    A price lies on the tick. A size need not lie on the lot: orders from before the lot was made
    coarser still rest in the book, and trade (25.42618900 BTC, seen on 2024-08-08 where the lot
    is 0.00001). Give the instrument quantity digits for them, best as many as the wire writes.

    >>> grid = Grid.of(Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001"))
    >>> grid.symbol, grid.price("61837.63000000"), grid.size("0.02000000")
    ('BTCUSDT', 6183763, 2000)
    """

    instrument: Instrument
    symbol: str
    price_digits: int
    quantity_digits: int
    tick: int

    @staticmethod
    def of(instrument: Instrument) -> Grid:
        """The grid of an instrument."""
        return Grid(
            instrument,
            symbol=instrument.base + instrument.currency,
            price_digits=instrument.price_digits,
            quantity_digits=instrument.quantity_digits,
            tick=instrument.tick_units,
        )

    def price(self, text: str) -> int:
        """A price above zero on the tick, else `BadNumber`."""
        units = parse_fixed_point(text, self.price_digits)
        if units <= 0:
            raise BadNumber(f"a price of {text} is not above zero")
        if units % self.tick:
            raise BadNumber(f"a price of {text} is off the tick of {self.instrument.tick}")
        return units

    def size(self, text: str) -> int:
        """A size of zero or more, else `BadNumber`."""
        units = parse_fixed_point(text, self.quantity_digits)
        if units < 0:
            raise BadNumber(f"a size of {text} is below zero")
        return units


def grids_of(instruments: Iterable[Instrument]) -> dict[str, Grid]:
    """Grids by symbol; two instruments of one symbol need two connections, and two readers."""
    grids: dict[str, Grid] = {}
    for grid in map(Grid.of, instruments):
        assert grid.symbol not in grids, f"two instruments are called {grid.symbol}"
        grids[grid.symbol] = grid
    return grids


def read_frame(raw: bytes, grids: Mapping[str, Grid], time_ns: int) -> AnyRow | BadTick:
    """The row that a frame is, or a `BadTick` at time_ns that says what is wrong with it.

    A frame that names no symbol is of the only instrument, where there is only one.

    >>> grids = grids_of([Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")])
    >>> frame = b'{"u":5,"s":"BTCUSDT","b":"%s","B":"0.2","a":"9.02","A":"0.3"}'
    >>> row = read_frame(frame % b"9.01", grids, 7)
    >>> row.bid, row.bid_size, row.ask, row.ask_size
    (901, 20000, 902, 30000)
    >>> read_frame(frame % b"9.03", grids, 7).reason
    'a bid of 9.03 above an ask of 9.02'
    """
    instrument = ""
    try:
        frame = decode_frame(raw)
        grid = _grid_of(frame, grids)
        if grid is None:
            return SkippedRow("", 0, _name(frame))
        instrument = grid.instrument.id
        return _row(frame, grid)
    except (BadMessage, BadNumber, BadData) as error:
        return BadTick(time_ns, instrument, str(error), raw[:RAW_BYTES_MAX])


def _grid_of(frame: Frame, grids: Mapping[str, Grid]) -> Grid | None:
    if isinstance(frame, OtherFrame):
        return None
    if isinstance(frame, DepthSnapshotFrame):
        if len(grids) > 1:
            raise BadData("a depth snapshot names no symbol: read it for its instrument alone")
        return next(iter(grids.values()), None)
    return grids.get(frame.symbol)


def _name(frame: Frame) -> str:
    if isinstance(frame, OtherFrame):
        return frame.kind
    return "" if isinstance(frame, DepthSnapshotFrame) else frame.symbol


def _row(frame: Frame, grid: Grid) -> AnyRow:
    match frame:
        case BookTickerFrame():
            return _quote(frame, grid)
        case DepthUpdateFrame():
            return _depth_update(frame, grid)
        case TradeFrame():
            return _trade(frame, grid)
        case AggregateTradeFrame():
            return _aggregate_trade(frame, grid)
        case DepthSnapshotFrame():
            return _depth_snapshot(frame, grid)
        case KlineFrame():
            return _bar(frame, grid)
        case OtherFrame():
            return SkippedRow(grid.instrument.id, 0, frame.kind)


def _trade(frame: TradeFrame, grid: Grid) -> TradeRow | SkippedRow:
    time_ns = _nanoseconds(frame.time)
    # USD-M prints what the insurance fund and auto-deleveraging did, some of it without a price.
    if frame.origin != "MARKET":
        return SkippedRow(grid.instrument.id, time_ns, f"trade {frame.origin}")
    price, size = grid.price(frame.price), _traded(frame.quantity, grid)
    side = -1 if frame.is_buyer_maker else 1
    return TradeRow(grid.instrument.id, time_ns, frame.id, price, size, side)


def _aggregate_trade(frame: AggregateTradeFrame, grid: Grid) -> AggregateTradeRow:
    if frame.first_trade_id > frame.last_trade_id:
        raise BadData(f"trades from {frame.first_trade_id} to {frame.last_trade_id}")
    price, size = grid.price(frame.price), _traded(frame.quantity, grid)
    side = -1 if frame.is_buyer_maker else 1
    time_ns = _nanoseconds(frame.time)
    return AggregateTradeRow(grid.instrument.id, time_ns, frame.id, price, size, side)


def _traded(text: str, grid: Grid) -> int:
    size = grid.size(text)
    if size == 0:
        raise BadNumber("a trade of nothing")
    return size


def _quote(frame: BookTickerFrame, grid: Grid) -> QuoteRow:
    bid, bid_size = _best(frame.bid, frame.bid_size, grid)
    ask, ask_size = _best(frame.ask, frame.ask_size, grid)
    if bid > ask > 0:
        raise BadData(f"a bid of {frame.bid} above an ask of {frame.ask}")
    time_ns = _nanoseconds(frame.time)
    return QuoteRow(grid.instrument.id, time_ns, frame.update_id, bid, bid_size, ask, ask_size)


def _best(price_text: str, size_text: str, grid: Grid) -> Level:
    """Price and size of a best level; an empty side comes as two zeros and is (0, 0)."""
    size = grid.size(size_text)
    if size == 0 and parse_fixed_point(price_text, grid.price_digits) == 0:
        return 0, 0
    if size == 0:
        raise BadNumber(f"a best price of {price_text} with nothing there")
    return grid.price(price_text), size


def _depth_update(frame: DepthUpdateFrame, grid: Grid) -> DepthUpdateRow:
    if frame.first_id > frame.last_id:
        raise BadData(f"updates from {frame.first_id} to {frame.last_id}")
    bids, asks = _levels(frame.bids, grid), _levels(frame.asks, grid)
    _check_not_crossed(bids, asks, grid)
    return DepthUpdateRow(
        grid.instrument.id,
        _nanoseconds(frame.time or frame.event_time),
        frame.first_id,
        frame.last_id,
        -1 if frame.previous_id is None else frame.previous_id,
        bids,
        asks,
    )


def _depth_snapshot(frame: DepthSnapshotFrame, grid: Grid) -> DepthSnapshotRow:
    bids, asks = _levels(frame.bids, grid), _levels(frame.asks, grid)
    _check_not_crossed(bids, asks, grid)
    time_ns = _nanoseconds(frame.time)
    return DepthSnapshotRow(grid.instrument.id, time_ns, frame.last_id, bids, asks)


def _levels(texts: list[tuple[str, str]], grid: Grid) -> list[Level]:
    """Levels in units; one that cannot be refuses them all, since the book would be wrong."""
    price_digits, quantity_digits = grid.price_digits, grid.quantity_digits
    tick = grid.tick
    levels = []
    for price_text, size_text in texts:
        price = parse_fixed_point(price_text, price_digits)
        size = parse_fixed_point(size_text, quantity_digits)
        if price <= 0 or size < 0 or price % tick:
            # the slower way says which of them it is
            price, size = grid.price(price_text), grid.size(size_text)
        levels.append((price, size))
    return levels


def _check_not_crossed(bids: list[Level], asks: list[Level], grid: Grid) -> None:
    """All levels of one frame stand at the same moment, so a bid is below every ask."""
    bid = max((price for price, size in bids if size), default=0)
    ask = min((price for price, size in asks if size), default=0)
    if 0 < ask <= bid:
        texts = [format_plain(units, grid.price_digits) for units in (bid, ask)]
        raise BadData(f"a bid of {texts[0]} against an ask of {texts[1]} in one frame")


def _bar(frame: KlineFrame, grid: Grid) -> BarRow:
    kline = frame.kline
    opened, closed = _nanoseconds(kline.open_time), _nanoseconds(kline.close_time)
    # the close time is the last stamp inside the bar: one unit of its own before the end
    closed += 1_000 if kline.close_time >= MICROSECONDS_FROM else 1_000_000
    if closed <= opened:
        raise BadData(f"a bar from {kline.open_time} to {kline.close_time}")
    first, last = grid.price(kline.open), grid.price(kline.close)
    high, low = grid.price(kline.high), grid.price(kline.low)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise BadData(f"a bar whose low {kline.low} and high {kline.high} do not enclose it")
    volume = grid.size(kline.volume)
    return BarRow(
        grid.instrument.id,
        closed,
        kline.interval,
        opened,
        closed,
        first,
        high,
        low,
        last,
        volume,
        kline.is_closed,
    )


def _nanoseconds(stamp: int) -> int:
    """A stamp of the wire (milliseconds or microseconds) in nanoseconds; 0 stays 0."""
    return stamp * 1_000 if stamp >= MICROSECONDS_FROM else stamp * 1_000_000
