"""CSV files of bars, trades, quotes or depth, whatever their columns are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from tradewind.adapters.files.column_names import places
from tradewind.adapters.files.reading import Reading, Request, in_order, timeframe_in
from tradewind.adapters.files.sources import Source, open_source
from tradewind.adapters.files.text_rows import Block, blocks, header
from tradewind.adapters.files.times import parse_times
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData
from tradewind.model.frames import columns_from

SIDES = {"1": 1, "buy": 1, "b": 1, "-1": -1, "sell": -1, "s": -1, "0": 0, "": 0}
WHOLE_NUMBERS = frozenset(["flags", "update_id", "conditions"])

Frame = dict[str, Any]


@contextmanager
def open_csv(path: Path, request: Request) -> Iterator[Reading]:
    """A delimited text file, plain or packed, with a line of names or without.

    Without names columns are called 1, 2, 3... Times are UTC unless the request names a zone.
    With `price_column` rows without a price are left out; else an empty field is refused.
    """
    left_out: Counter[str] = Counter()
    with open_source(path) as source:
        frames = _frames(source, request, left_out)
        first = next(frames, None)
        if first is None:
            raise BadData(f"{path.name} has no rows: name a file with rows")
        timeframe = None
        if request.kind == "bars":
            timeframe = request.timeframe or timeframe_in(path.name, first[1]["open_time_ns"])
        batches = (
            _columns(block, frame, request, timeframe) for block, frame in chain([first], frames)
        )
        yield Reading(request.kind, timeframe, in_order(path.name, batches), left_out)


def _frames(
    source: Source, request: Request, left_out: Counter[str]
) -> Iterator[tuple[Block, Frame]]:
    """The file's blocks as frames of our column names."""
    has_names = request.first_line == "names"
    names = header(source, request.delimiter) if has_names else []
    found: dict[str, int | None] = {}
    for block in blocks(source, delimiter=request.delimiter, first_line=1 + has_names):
        names = names or [str(number + 1) for number in range(len(block.columns))]
        if len(names) != len(block.columns):
            raise BadData(
                f"{source.name}: line 2 has {len(block.columns)} fields, the line of names has "
                f"{len(names)}: mend the line of names"
            )
        found = found or places(source.name, names, request)
        if request.price_column is not None:
            block = _priced(block, found["close"], left_out)
        if len(block):
            yield block, {name: _column(block, name, found, names, request) for name in found}


def _priced(block: Block, number: int | None, left_out: Counter[str]) -> Block:
    """The lines that have a price; the others are counted."""
    assert number is not None
    prices = block.columns[number]
    kept = [row for row, price in enumerate(prices) if price.strip()]
    if len(kept) == len(prices):
        return block
    left_out["no price"] += len(prices) - len(kept)
    return block.keep(kept)


def _columns(block: Block, frame: Frame, request: Request, timeframe: str | None) -> Columns:
    with block.lines():
        return columns_from(request.kind, frame, request.instrument, timeframe=timeframe)


def _column(
    block: Block, name: str, found: dict[str, int | None], names: list[str], request: Request
) -> Any:
    number = found[name]
    if number is None:
        return [0] * len(block)
    if name.endswith("time_ns"):
        in_ns = "ns" if names[number].endswith("_ns") else ""
        with block.lines():
            return parse_times(
                block.texts(number),
                time_format=request.time_format or in_ns,
                zone=request.zone or "UTC",
            )
    if name == "side":
        return _sides(block, number)
    if name in WHOLE_NUMBERS:
        return block.integers(number, name)
    return block.numbers(number, name)


def _sides(block: Block, number: int) -> list[int]:
    texts = [text.lower() for text in block.texts(number)]
    unknown = set(texts) - set(SIDES)
    if unknown:
        row = next(row for row, text in enumerate(texts) if text in unknown)
        raise BadData(
            f"{block.name}: line {block.line_numbers[row]}, column 'side': {texts[row]!r} is no "
            "side: write buy, sell, 1, -1 or 0"
        )
    return [SIDES[text] for text in texts]
