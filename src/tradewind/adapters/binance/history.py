"""History from Binance: bars and prints of a stretch of time, page by page.

For downloads, and for what a broken connection missed. Nothing is kept between the pages, so a
download that broke off goes on from its last row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from tradewind.adapters.binance.batches import Batches
from tradewind.adapters.binance.rest import Rest, decoded
from tradewind.adapters.binance.rows import Grid, TradeRow
from tradewind.adapters.binance.wire import Id, Stamp
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, BadNumber, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns

MILLISECOND_NS = 1_000_000
PAGE_ROWS = 1000
INTERVALS = (
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d",
)  # fmt: skip
"""The venue's intervals of a fixed length; weeks and months are built from days."""

Volume = Annotated[str, Meta(max_length=64)]


class BarRow(msgspec.Struct, frozen=True, array_like=True):
    """One bar; its close time is the last millisecond inside it.

    [1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",
     1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]
    """

    open_time: Stamp
    open: str
    high: str
    low: str
    close: str
    volume: Volume
    close_time: Stamp


class AggregateRow(msgspec.Struct, frozen=True):
    """{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,
    "m":true}"""

    a: Id
    p: str
    q: str
    f: Id
    l: Id  # noqa: E741 - the wire's letter
    T: Stamp
    m: bool


class PrintRow(msgspec.Struct, frozen=True, rename="camel"):
    """{"id":28457,"price":"4.00000100","qty":"12.00000000","time":1499865549590,
    "isBuyerMaker":true}"""

    id: Id
    price: str
    qty: str
    time: Stamp
    is_buyer_maker: bool


class BinanceHistory:
    """Asks one service for what was; every question takes its weight from the rate budget."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._service = rest.service

    async def bars(
        self, instrument: Instrument, timeframe: str, start_ns: int, end_ns: int
    ) -> AsyncIterator[Columns]:
        """Finished bars that begin in `[start_ns, end_ns)`; `BadData` for one that cannot be."""
        grid, length_ns = Grid.of(instrument), timeframe_ns(timeframe)
        async for rows, _ in self.bar_pages(instrument, timeframe, start_ns, end_ns):
            if rows:
                yield _bars(rows, grid, length_ns)

    async def trades(
        self, instrument: Instrument, start_ns: int, end_ns: int
    ) -> AsyncIterator[Columns]:
        """Aggregate prints in `[start_ns, end_ns)`; `BadData` for one that cannot be."""
        grid = Grid.of(instrument)
        async for rows, _ in self.print_pages(instrument, start_ns, end_ns):
            if rows:
                yield _trades([print_of(row, grid) for row in rows], instrument)

    async def bar_pages(
        self, instrument: Instrument, timeframe: str, start_ns: int, end_ns: int
    ) -> AsyncIterator[tuple[list[BarRow], bool]]:
        """Finished bars as the venue wrote them, and whether they are the last.

        A bar is finished when the venue's clock, by our estimate, is behind its close.
        """
        if timeframe not in INTERVALS:
            raise UserError(
                f"Binance has no bars of {timeframe}: use one of {', '.join(INTERVALS)}"
            )
        length_ns = timeframe_ns(timeframe)
        from_ns = start_ns
        while from_ns < end_ns:
            rows = await self._rest.ask(
                self._service.path("klines"),
                {
                    "symbol": Grid.of(instrument).symbol,
                    "interval": timeframe,
                    "startTime": _milliseconds(from_ns),
                    "endTime": _milliseconds(end_ns) - 1,
                    "limit": PAGE_ROWS,
                },
                list[BarRow],
                weight=self._service.weights["klines"],
            )
            now_ms = self._rest.venue_ms()
            done = [row for row in rows if row.close_time < now_ms]
            is_last = len(rows) < PAGE_ROWS or len(done) < len(rows)
            yield done, is_last
            if is_last:
                return
            from_ns = rows[-1].open_time * MILLISECOND_NS + length_ns

    async def print_pages(
        self, instrument: Instrument, start_ns: int, end_ns: int
    ) -> AsyncIterator[tuple[list[AggregateRow], bool]]:
        """Aggregate prints as the venue wrote them, by its clock, and whether they are the last."""
        grid = Grid.of(instrument)
        place: dict[str, int] = {"startTime": _milliseconds(start_ns)}
        while True:
            rows = await self._aggregates(grid, place)
            wanted = [row for row in rows if end_ns > row.T * MILLISECOND_NS]
            is_last = len(rows) < PAGE_ROWS or len(wanted) < len(rows)
            yield wanted, is_last
            if is_last:
                return
            place = {"fromId": rows[-1].a + 1}

    async def prints_between(
        self, instrument: Instrument, after_id: int, before_id: int, *, aggregate: bool
    ) -> list[TradeRow]:
        """The prints with ids between two that we have, at most one page of them."""
        grid = Grid.of(instrument)
        if aggregate:
            rows = [
                print_of(row, grid)
                for row in await self._aggregates(grid, {"fromId": after_id + 1})
            ]
        else:
            answer = await self._rest.ask(
                self._service.path("historicalTrades"),
                {"symbol": grid.symbol, "fromId": after_id + 1, "limit": PAGE_ROWS},
                list[PrintRow],
                weight=25,
            )
            rows = [_single(row, grid) for row in answer]
        return [row for row in rows if after_id < row.id < before_id]

    async def depth(self, symbol: str, limit: int) -> bytes:
        """A snapshot of the book, as the venue wrote it."""
        answer = await self._rest.ask(
            self._service.path("depth"),
            {"symbol": symbol, "limit": limit},
            msgspec.Raw,
            weight=self._service.depth_weight(limit),
        )
        return bytes(answer)

    async def _aggregates(self, grid: Grid, place: dict[str, int]) -> list[AggregateRow]:
        body = await self._rest.ask(
            self._service.path("aggTrades"),
            {"symbol": grid.symbol, **place, "limit": PAGE_ROWS},
            msgspec.Raw,
            weight=self._service.weights["aggTrades"],
        )
        return decoded(bytes(body), list[AggregateRow])


def _bars(rows: list[BarRow], grid: Grid, length_ns: int) -> Columns:
    """Bars in units; one that cannot be refuses the page, since a hole would not be noticed."""
    try:
        numbers = [bar_values(row, grid) for row in rows]
    except BadNumber as error:
        raise BadData(f"bars of {grid.instrument.id}: {error}") from None
    table = np.array(numbers, dtype=np.int64).reshape(-1, 5)
    begins = np.array([row.open_time for row in rows], dtype=np.int64) * MILLISECOND_NS
    arrays = {
        "open_time_ns": begins,
        "close_time_ns": begins + length_ns,
        **{name: table[:, i] for i, name in enumerate(("open", "high", "low", "close", "volume"))},
    }
    return Columns("bars", grid.instrument, arrays)


def bar_values(row: BarRow, grid: Grid) -> tuple[int, int, int, int, int]:
    """Open, high, low, close and volume in units; `BadNumber` where one is none."""
    first, last = grid.price(row.open), grid.price(row.close)
    high, low = grid.price(row.high), grid.price(row.low)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise BadNumber(f"a bar whose low {row.low} and high {row.high} do not enclose it")
    return first, high, low, last, grid.size(row.volume)


def _trades(rows: list[TradeRow], instrument: Instrument) -> Columns:
    batches = Batches(instrument)
    for row in rows:
        batches.add_trade(row, row.venue_time_ns)
    return batches.take_all()[0]


def print_of(row: AggregateRow, grid: Grid) -> TradeRow:
    """An aggregate print in units."""
    return _trade(row.a, row.p, row.q, row.T, grid, side=-1 if row.m else 1)


def _single(row: PrintRow, grid: Grid) -> TradeRow:
    side = -1 if row.is_buyer_maker else 1
    return _trade(row.id, row.price, row.qty, row.time, grid, side=side)


def _trade(number: int, price: str, size: str, stamp: int, grid: Grid, *, side: int) -> TradeRow:
    try:
        return TradeRow(
            grid.instrument.id,
            stamp * MILLISECOND_NS,
            number,
            grid.price(price),
            grid.size(size),
            side,
        )
    except BadNumber as error:
        raise BadData(f"trades of {grid.instrument.id}: {error}") from None


def _milliseconds(time_ns: int) -> int:
    """The first whole millisecond at or behind a time."""
    return -(-time_ns // MILLISECOND_NS)
