"""Real captures of Binance, spot and USD-M, of 2024-08-08: every comparable top is equal."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import numpy as np
import pytest

from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data
from tradewind.adapters.binance.capture import CaptureStatistics, infer_instrument, read_capture
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, Columns, concatenate
from tradewind.model.instruments import Instrument

BTC = KNOWN["BTC/USDT.BINANCE"]
ETH = KNOWN["ETH/USDT.BINANCE-USDM"]
Levels = dict[str, str]
RECEIVE_CLOCK_BEHIND_NS = 1_272_000_000

pytestmark = needs_real_data


def read(name: str, instrument: Instrument) -> tuple[list[Columns], CaptureStatistics]:
    statistics = CaptureStatistics()
    return list(read_capture(capture(name), instrument, statistics)), statistics


def of_kind(batches: list[Columns], kind: str) -> Columns:
    return concatenate([batch for batch in batches if batch.kind == kind])


@pytest.mark.parametrize(
    ("name", "instrument", "expected"),
    [
        (SPOT, BTC, {"frames": 41_249, "trades": 9_757, "quotes": 28_040, "depth_updates": 3_451,
                     "depth_applied": 3_449, "depth_dropped": 2, "tops_compared": 564}),
        (USDM, ETH, {"frames": 74_655, "trades": 14_076, "quotes": 53_992, "depth_updates": 6_586,
                     "depth_applied": 6_581, "depth_dropped": 5, "tops_compared": 551}),
    ],
)  # fmt: skip
def test_every_frame_is_taken_and_every_comparable_top_is_equal(
    name: str, instrument: Instrument, expected: dict[str, int]
) -> None:
    _batches, found = read(name, instrument)
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.tops_equal == found.tops_compared
    assert found.depth_snapshots == 1
    assert (found.depth_gaps, found.crossed_books, found.bad_ticks, found.skipped) == (0, 0, 0, 0)


@pytest.mark.parametrize(("name", "instrument"), [(SPOT, BTC), (USDM, ETH)])
def test_time_never_goes_back_although_the_receive_clock_is_behind(
    name: str, instrument: Instrument
) -> None:
    batches, found = read(name, instrument)
    times = np.concatenate([batch["time_ns"] for batch in batches])
    assert (times[1:] >= times[:-1]).all()
    assert found.first_time_ns <= times[0] <= times[-1] <= found.last_time_ns
    assert found.venue_ahead_ns_max > RECEIVE_CLOCK_BEHIND_NS
    trades = of_kind(batches, "trades")
    assert (trades["venue_time_ns"] > trades["time_ns"]).all()


@pytest.mark.parametrize(("name", "instrument"), [(SPOT, BTC), (USDM, ETH)])
def test_depth_rows_alone_rebuild_the_book_that_a_plain_reading_of_the_frames_gives(
    name: str, instrument: Instrument
) -> None:
    batches, found = read(name, instrument)
    depth = of_kind(batches, "depth")
    book = Book(instrument.tick_units)
    book.run(depth["side"], depth["price"], depth["size"], depth["flags"])
    assert (depth["flags"] & DEPTH_GAP == 0).all()
    assert (depth["flags"] & DEPTH_LAST).sum() == book.events == found.depth_applied + 1
    bids, asks = map(standing, book_of_frames(name))
    assert exact(book.levels(1, 10**6), instrument) == bids[::-1]
    assert exact(book.levels(-1, 10**6), instrument) == asks


def exact(levels: list[tuple[int, int]], instrument: Instrument) -> list[tuple[Decimal, Decimal]]:
    price_digits, quantity_digits = instrument.price_digits, instrument.quantity_digits
    return [
        (Decimal(price).scaleb(-price_digits), Decimal(size).scaleb(-quantity_digits))
        for price, size in levels
    ]


def standing(levels: Levels) -> list[tuple[Decimal, Decimal]]:
    exact_levels = [(Decimal(price), Decimal(size)) for price, size in levels.items()]
    return sorted((price, size) for price, size in exact_levels if size)


def book_of_frames(name: str) -> tuple[Levels, Levels]:
    """Return the last book by the shortest reading: json, Decimal, no chaining.

    Sizes are absolute, so it is the snapshot and then every update that ends behind it.
    """
    with gzip.open(capture(name)) as file:
        frames = [json.loads(line.partition(b" ")[2]) for line in file]
    frames = [frame.get("data", frame) for frame in frames]
    (snapshot,) = [frame for frame in frames if "lastUpdateId" in frame]
    sides: tuple[Levels, Levels] = ({}, {})
    set_levels(sides, snapshot["bids"], snapshot["asks"])
    for frame in frames:
        if frame.get("e") == "depthUpdate" and frame["u"] > snapshot["lastUpdateId"]:
            set_levels(sides, frame["b"], frame["a"])
    return sides


def set_levels(sides: tuple[Levels, Levels], *changed: list[list[str]]) -> None:
    for levels, rows in zip(sides, changed, strict=True):
        for price, size in rows:
            levels[price] = size


@pytest.mark.parametrize(
    ("name", "instrument_id", "expected"),
    [
        (SPOT, "BTC/USDT.OTHER", ("0.01", "0.00001", 6, "spot")),
        (USDM, "ETH/USDT.OTHER", ("0.01", "0.001", 3, "perpetual")),
    ],
)
def test_the_grid_is_found_in_the_frames(
    name: str, instrument_id: str, expected: tuple[str, str, int, str]
) -> None:
    found = infer_instrument(capture(name), instrument_id)
    assert (found.tick, found.lot, found.quantity_digits, found.kind) == expected


def test_a_size_finer_than_the_lot_costs_the_book_where_the_digits_cannot_hold_it() -> None:
    five_digits = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    _batches, found = read(SPOT, five_digits)
    assert found.bad_ticks == 3
    sizes = [tick.reason.split("'")[1] for tick in found.bad_ticks_kept]
    assert sizes == ["25.42618900", "244.56630400", "93.75658700"]
    assert found.depth_gaps == 1
    assert found.tops_equal == found.tops_compared
