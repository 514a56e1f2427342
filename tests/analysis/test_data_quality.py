"""Quality of stored data: each flaw is counted once, however the rows are cut into batches."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.data_quality import Finding, Quality, quality
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
LISTED = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD", calendar="XNYS")
MINUTE_NS = 60_000_000_000
DAY_NS = 1440 * MINUTE_NS


def bars(opens: list[int], instrument: Instrument = GOOG, **changed: list[int]) -> Columns:
    """Bars of a price that hardly moves."""
    close = 10_000 + np.arange(len(opens)) % 3
    times = np.array(opens, np.int64)
    arrays: dict[str, Any] = {
        "open_time_ns": times,
        "close_time_ns": times + 1,
        **dict.fromkeys(("open", "high", "low", "close"), close),
        "volume": np.ones(len(opens), np.int64),
    }
    arrays |= {name: np.array(values) for name, values in changed.items()}
    return Columns("bars", instrument, arrays)


def quotes(bid: list[int], ask: list[int], step_ns: int = 1) -> Columns:
    """Quotes in equal steps of time."""
    times = np.arange(len(bid)) * step_ns
    arrays = {"time_ns": times, "bid": np.array(bid), "ask": np.array(ask)}
    return Columns("quotes", GOOG, arrays | {"bid_size": times, "ask_size": times})


def test_flawless_bars_have_nothing_to_say() -> None:
    minutes = [number * MINUTE_NS for number in range(50)]
    none = Finding()
    assert quality([bars(minutes)], "1m") == Quality(50, none, 0, none, none, none, none, none)


def test_a_gap_counts_once_and_each_bar_it_lacks() -> None:
    found = quality([bars([0, MINUTE_NS, 4 * MINUTE_NS, 5 * MINUTE_NS])], "1m")
    assert (found.gaps, found.missing) == (Finding(1, 4 * MINUTE_NS), 2)


def test_a_night_is_no_gap_where_the_market_closes() -> None:
    opens = [DAY_NS - MINUTE_NS, DAY_NS + 800 * MINUTE_NS, DAY_NS + 803 * MINUTE_NS]
    assert quality([bars(opens)], "1m").gaps.count == 2
    assert quality([bars(opens, LISTED)], "1m").gaps == Finding(1, opens[2])


def test_a_long_weekend_is_no_gap_and_one_day_more_is() -> None:
    assert quality([bars([0, 4 * DAY_NS], LISTED)], "1d").gaps.count == 0
    assert quality([bars([0, 5 * DAY_NS], LISTED)], "1d").gaps.count == 1


def test_an_hour_without_quotes_is_no_gap_and_a_moment_more_is() -> None:
    hour_ns = 60 * MINUTE_NS
    assert quality([quotes([1, 2], [2, 3], hour_ns)], None).gaps.count == 0
    assert quality([quotes([1, 2], [2, 3], hour_ns + 1)], None).gaps.count == 1


def test_doubles_and_disorder_are_counted() -> None:
    found = quality([bars([0, MINUTE_NS, MINUTE_NS, 0])], "1m")
    assert found.duplicates == Finding(1, MINUTE_NS)
    assert found.out_of_order == Finding(1, 0)


def test_a_price_that_jumps_and_comes_back_is_an_outlier_and_a_new_level_is_none() -> None:
    minutes = [number * MINUTE_NS for number in range(9)]
    spike = [100, 101, 100, 101, 140, 100, 101, 100, 101]
    found = quality([bars(minutes, close=spike, high=[200] * 9, low=[90] * 9)], "1m")
    assert found.outliers == Finding(1, 4 * MINUTE_NS)
    level = [100, 101, 100, 101, 140, 141, 140, 141, 140]
    found = quality([bars(minutes, close=level, high=[200] * 9, low=[90] * 9)], "1m")
    assert found.outliers.count == 0


def test_a_high_far_above_open_and_close_is_an_outlier() -> None:
    high = [10_010, 10_010, 20_000, 10_010]
    minutes = [number * MINUTE_NS for number in range(4)]
    assert quality([bars(minutes, high=high)], "1m").outliers == Finding(1, 2 * MINUTE_NS)


def test_a_bid_above_the_ask_is_crossed_and_an_absent_side_is_not() -> None:
    found = quality([quotes([5, 6, 7, 0, 5], [6, 6, 6, 6, 0])], None)
    assert found.crossed == Finding(1, 2)


def test_bars_without_volume_are_counted() -> None:
    assert quality([bars([0, MINUTE_NS], volume=[0, 3])], "1m").empty == Finding(1, 0)


def flat(prices: list[int]) -> Columns:
    """Minutes whose four prices are one."""
    level = dict.fromkeys(("open", "high", "low", "close"), prices)
    return bars([number * MINUTE_NS for number in range(len(prices))], **level)


def test_ten_bars_that_stand_still_are_stale_and_nine_are_a_quiet_market() -> None:
    assert quality([flat([*range(5, 9), *[9] * 9, 10])], "1m").stale == Finding()
    assert quality([flat([*range(5, 9), *[9] * 10, 10])], "1m").stale == Finding(1, 4 * MINUTE_NS)
    wide = flat([9] * 20).arrays | {"high": np.full(20, 10)}
    assert quality([Columns("bars", GOOG, wide)], "1m").stale == Finding()


def test_quotes_stand_still_for_an_hour_before_they_are_stale() -> None:
    hour_ns = 60 * MINUTE_NS
    still = [5] * 11
    assert quality([quotes(still, [6] * 11, hour_ns // 10)], None).stale == Finding(1, 0)
    assert quality([quotes(still, [6] * 11, hour_ns // 10 - 1)], None).stale == Finding()
    assert quality([quotes(still, [*range(6, 17)], hour_ns)], None).stale == Finding()
    few = quotes([5] * 9, [6] * 9, hour_ns)
    assert quality([few], None).stale == Finding()


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 14)), max_size=6),
    st.lists(st.integers(1, 50), max_size=5),
)
def test_batches_find_the_stale_stretches_of_the_whole(
    runs: list[tuple[int, int]], cuts: list[int]
) -> None:
    prices = [price for price, length in runs for _ in range(length)]
    whole = flat(prices)
    edges = [0, *sorted(set(cuts)), len(whole)]
    batches = [whole.cut(start, max(start, stop)) for start, stop in pairwise(edges)]
    expected = [len(list(rows)) >= 10 for _, rows in groupby(prices)]
    assert quality([whole], "1m").stale.count == sum(expected)
    assert quality(batches, "1m").stale == quality([whole], "1m").stale


def test_no_rows_are_no_findings() -> None:
    assert quality([], "1m").rows == 0
    assert quality([bars([])], "1m").rows == 0


@given(st.lists(st.integers(0, 40), max_size=30), st.lists(st.integers(1, 29), max_size=4))
def test_batches_find_what_the_whole_finds(minutes: list[int], cuts: list[int]) -> None:
    whole = bars([minute * MINUTE_NS for minute in minutes])
    edges = [0, *sorted(set(cuts)), len(whole)]
    batches = [whole.cut(start, max(start, stop)) for start, stop in pairwise(edges)]
    together, apart = quality([whole], "1m"), quality(batches, "1m")
    for name in ("rows", "gaps", "missing", "duplicates", "out_of_order", "crossed", "empty"):
        assert getattr(together, name) == getattr(apart, name)


@pytest.mark.parametrize("cut", range(36, 45))
def test_an_outlier_at_the_edge_of_a_batch_is_found_once(cut: int) -> None:
    price = [100_000, 100_001] * 20 + [120_000] + [100_000, 100_001] * 20
    minutes = [number * MINUTE_NS for number in range(len(price))]
    level = dict.fromkeys(("open", "high", "low"), price)
    whole = bars(minutes, close=price, **level)
    found = quality([whole.cut(0, cut), whole.cut(cut)], "1m")
    assert found.outliers == Finding(1, 40 * MINUTE_NS)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_far_high_at_the_edge_of_a_batch_is_found_once(cut: int) -> None:
    high = [10_010, 10_010, 20_000, 10_010]
    whole = bars([number * MINUTE_NS for number in range(4)], high=high)
    found = quality([whole.cut(0, cut), whole.cut(cut)], "1m")
    assert found.outliers == Finding(1, 2 * MINUTE_NS)


def test_a_bar_with_two_flaws_at_the_edge_of_a_batch_is_one_outlier() -> None:
    price = [100_000, 100_001] * 20 + [120_000] + [100_000, 100_001] * 20
    minutes = [number * MINUTE_NS for number in range(len(price))]
    high = [*price[:40], 900_000, *price[41:]]
    whole = bars(minutes, close=price, open=price, low=price, high=high)
    found = quality([whole.cut(0, 41), whole.cut(41)], "1m")
    assert found.outliers == Finding(1, 40 * MINUTE_NS)
