"""Files of Binance's public data: klines and aggTrades, zipped or not, spot and futures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np

from tradewind.adapters.files.reading import (
    Reading,
    Request,
    agreed_timeframe,
    in_order,
    timeframe_in,
)
from tradewind.adapters.files.sources import Source, open_source
from tradewind.adapters.files.text_rows import Block, blocks
from tradewind.model.columns import Columns, IntColumn
from tradewind.model.errors import BadData
from tradewind.model.frames import columns_from

# open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,
# taker_buy_quote_volume,ignore
# 1704067200000,42283.58,42298.62,42261.02,42298.61,35.92724,1704067259999,1519032.2,1327,...,0
KLINE_FIELDS = (12,)

# agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,best_match
# 2812345678,42283.58,0.00123,3345678901,3345678903,1704067200012,False,True
TRADE_FIELDS = (7, 8)

MICROSECONDS_FROM = 10**15
"""Times beyond this are microseconds (spot files since 2025), below it milliseconds."""


@contextmanager
def open_klines(path: Path, request: Request) -> Iterator[Reading]:
    """Bars. The file's close time is the last unit of time inside, ours the first one behind."""
    with open_source(path) as source:
        batches = (_bars(block, request) for block in _checked(source, KLINE_FIELDS))
        first = _first(path, batches)
        steps = first["close_time_ns"] - first["open_time_ns"]
        ends = np.array([first["open_time_ns"][0], first["close_time_ns"][0]])
        if (steps != steps[0]).any():
            raise BadData(f"{path.name} has bars of unlike length: klines of a month have no place")
        timeframe = agreed_timeframe(path.name, timeframe_in(path.name, ends), request.timeframe)
        yield Reading("bars", timeframe, in_order(path.name, chain([first], batches)))


@contextmanager
def open_trades(path: Path, request: Request) -> Iterator[Reading]:
    """Trades, with the aggregate trade's id as `update_id`."""
    with open_source(path) as source:
        batches = (_trades(block, request) for block in _checked(source, TRADE_FIELDS))
        first = _first(path, batches)
        yield Reading("trades", None, in_order(path.name, chain([first], batches)))


def _first(path: Path, batches: Iterator[Columns]) -> Columns:
    first = next(batches, None)
    if first is None:
        raise BadData(f"{path.name} has no rows: name a file with rows")
    return first


def _checked(source: Source, fields: tuple[int, ...]) -> Iterator[Block]:
    """The file's blocks without a line of names, each line with the right number of fields."""
    for block in blocks(source):
        if len(block.columns) not in fields:
            raise BadData(
                f"{source.name} has {len(block.columns)} columns, not "
                f"{' or '.join(map(str, fields))}: is it a file of this format?"
            )
        named = block.line_numbers[0] == 1 and not block.columns[0][0][:1].isdigit()
        block = block.keep(list(range(1, len(block)))) if named else block
        if len(block):
            yield block


def _bars(block: Block, request: Request) -> Columns:
    opened, unit_ns = _times(block, 0, "open_time")
    closed, _ = _times(block, 6, "close_time")
    names = ("open", "high", "low", "close", "volume")
    numbers = {name: block.numbers(1 + place, name) for place, name in enumerate(names)}
    with block.lines():
        frame = {"open_time_ns": opened, "close_time_ns": closed + unit_ns, **numbers}
        return columns_from("bars", frame, request.instrument)


def _trades(block: Block, request: Request) -> Columns:
    frame = {
        "time_ns": _times(block, 5, "transact_time")[0],
        "price": block.numbers(1, "price"),
        "size": block.numbers(2, "quantity"),
        "side": _sides(block),
        "update_id": block.integers(0, "agg_trade_id"),
    }
    with block.lines():
        return columns_from("trades", frame, request.instrument)


def _times(block: Block, number: int, column: str) -> tuple[IntColumn, int]:
    """Times in nanoseconds, and how many of those the file's unit has."""
    times = block.integers(number, column)
    unit_ns = 1_000 if times[0] >= MICROSECONDS_FROM else 1_000_000
    return times * unit_ns, unit_ns


def _sides(block: Block) -> IntColumn:
    """The aggressor's side: where the buyer was the maker, the seller was the aggressor."""
    makers = [field.strip().lower() for field in block.columns[6]]
    unknown = set(makers) - {b"true", b"false"}
    if unknown:
        row = next(row for row, maker in enumerate(makers) if maker in unknown)
        raise BadData(
            f"{block.name}: line {block.line_numbers[row]}, column 'is_buyer_maker' is neither "
            "true nor false: mend the line"
        )
    return np.array([-1 if maker == b"true" else 1 for maker in makers], np.int64)
