"""Bad rows: each is one that must be refused, and none of them changes the good ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import UNITS_MAX
from tradewind.sim.market import MarketGenerator
from tradewind.sim.market_faults import ABSURD_FACTOR, BadRow, with_bad_rows
from tradewind.sim.market_parameters import MarketParameters

SECOND_NS = 1_000_000_000
BTC = Instrument("BTC/USDT.SIM", tick="0.10", lot="0.0001")
REASONS = {"zero", "negative", "absurd", "crossed", "duplicate", "out_of_order"}


@cache
def market(bad_rows_per_million: float) -> tuple[list[Columns], list[BadRow]]:
    bad = MarketParameters(start_price=60_000.0, bad_rows_per_million=bad_rows_per_million)
    generator = MarketGenerator([BTC], 7, 0, {BTC.id: bad})
    return generator.advance(1_200 * SECOND_NS), generator.bad_rows


def prices(bad: BadRow) -> list[int]:
    names = ("bid", "ask") if bad.columns.kind == "quotes" else ("price",)
    return [int(bad.columns[name][0]) for name in names]


def bad_rows(reason: str) -> list[BadRow]:
    return [bad for bad in market(100_000.0)[1] if bad.reason == reason]


def test_every_reason_occurs() -> None:
    assert {bad.reason for bad in market(100_000.0)[1]} == REASONS


def test_zero_and_negative_prices_are_so() -> None:
    assert {price for bad in bad_rows("zero") for price in prices(bad)} == {0}
    assert max(price for bad in bad_rows("negative") for price in prices(bad)) < 0


def test_an_absurd_price_is_a_thousand_times_the_true_one() -> None:
    highest = max(int(columns["price"].max()) for columns in market(0.0)[0][1:])
    for bad in bad_rows("absurd"):
        assert highest * ABSURD_FACTOR // 2 < min(prices(bad)) <= max(prices(bad)) <= UNITS_MAX


def test_a_crossed_row_is_a_quote_with_bid_above_ask() -> None:
    for bad in bad_rows("crossed"):
        bid, ask = prices(bad)
        assert bid > ask


def test_a_duplicate_is_a_good_row_of_its_time() -> None:
    good = {columns.kind: columns for columns in market(0.0)[0]}
    for bad in bad_rows("duplicate"):
        row = int(np.searchsorted(good[bad.columns.kind]["time_ns"], bad.received_time_ns))
        same = good[bad.columns.kind].cut(row, row + 1)
        assert all(same[name][0] == bad.columns[name][0] for name in same.arrays)


def test_a_row_out_of_order_is_older_than_the_row_it_follows() -> None:
    for bad in bad_rows("out_of_order"):
        assert bad.columns.time_ns[0] <= bad.received_time_ns - SECOND_NS


def test_bad_rows_do_not_change_the_good_ones() -> None:
    for clean, beside_bad in zip(market(0.0)[0], market(100_000.0)[0], strict=True):
        assert all((clean[name] == beside_bad[name]).all() for name in clean.arrays)


def test_no_bad_row_comes_at_rate_zero() -> None:
    assert market(0.0)[1] == []


def test_the_rate_is_about_what_was_asked_for() -> None:
    batches, bad = market(100_000.0)
    good = sum(len(columns) for columns in batches if columns.kind != "depth")
    assert 0.08 < len(bad) / good < 0.12


def test_a_raw_batch_holds_good_and_bad_rows_in_order_of_arrival() -> None:
    batches, bad = market(100_000.0)
    for columns in batches:
        mine = [each for each in bad if each.columns.kind == columns.kind]
        raw = with_bad_rows(columns, bad)
        assert len(raw) == len(columns) + len(mine)
        for before, each in enumerate(mine):
            row = before + int(np.searchsorted(columns["time_ns"], each.received_time_ns, "right"))
            assert all(raw[name][row] == each.columns[name][0] for name in raw.arrays)
