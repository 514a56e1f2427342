"""Zipped days of FX quotes: milliseconds since midnight, bid, ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tradewind.adapters.files.reading import Reading, Request, in_order
from tradewind.adapters.files.sources import open_source
from tradewind.adapters.files.text_rows import Block, blocks
from tradewind.adapters.files.us_equity import FileName, local_times
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData
from tradewind.model.frames import columns_from
from tradewind.model.numbers import units_of

ZONE = "Etc/GMT+5"
"""UTC-5 all year: the payrolls of 2014-05-02, published 12:30 UTC, move the file's 07:30."""

FIELDS = 3


@contextmanager
def open_fx_ticks(path: Path, request: Request) -> Iterator[Reading]:
    """Quotes of one day, as in `20140502_quote.zip`:

    1787,1.38727,1.38729

    The files have no sizes: each quote gets the request's `quote_size`.
    """
    with open_source(path) as source:
        name = FileName.of(source.member)
        batches = (_quotes(block, name, request) for block in blocks(source))
        yield Reading("quotes", None, in_order(path.name, batches))


def _quotes(block: Block, name: FileName, request: Request) -> Columns:
    if len(block.columns) != FIELDS:
        raise BadData(f"{block.name} has {len(block.columns)} columns, not {FIELDS}: is it FX?")
    digits = request.instrument.quantity_digits
    sizes = np.full(len(block), units_of(request.quote_size, digits), np.int64)
    with block.lines():
        frame = {
            "time_ns": local_times(block, name.day_ns, request.zone or ZONE),
            "bid": block.numbers(1, "bid"),
            "bid_size": sizes,
            "ask": block.numbers(2, "ask"),
            "ask_size": sizes,
            "quantity_digits": digits,
        }
        return columns_from("quotes", frame, request.instrument)
