"""Generated bars: whole, aligned, continuous, and the same however many are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.market_bars import BARS_PER_BLOCK, DURATION_NS_MAX, generate_bars
from tradewind.sim.market_parameters import MarketParameters

MINUTE_NS = 60_000_000_000
GOOG = Instrument("GOOG.SIM", tick="0.05", lot="10", currency="USD")


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("duration_ns", [1, MINUTE_NS, 86_400_000_000_000, DURATION_NS_MAX])
def test_a_bar_holds_its_prices_between_low_and_high_on_the_grid(
    seed: int, duration_ns: int
) -> None:
    bars = generate_bars(GOOG, seed, start_time_ns=5, duration_ns=duration_ns, count=600)
    low, high = bars["low"], bars["high"]
    for name in ("open", "close"):
        assert (low <= bars[name]).all()
        assert (bars[name] <= high).all()
    assert low.min() > 0
    for name in ("open", "high", "low", "close"):
        assert not (bars[name] % GOOG.tick_units).any()
    assert bars["volume"].min() >= 0
    assert not (bars["volume"] % GOOG.lot_units).any()


def test_bars_follow_one_another() -> None:
    bars = generate_bars(GOOG, 1, start_time_ns=5, duration_ns=MINUTE_NS, count=600)
    assert bars["open_time_ns"].tolist() == [5 + MINUTE_NS * n for n in range(600)]
    assert (bars["close_time_ns"] == bars["open_time_ns"] + MINUTE_NS).all()
    steps = np.abs(np.log(bars["open"][1:] / bars["close"][:-1]))
    assert steps.max() < 0.02


@pytest.mark.parametrize("count", [1, BARS_PER_BLOCK, BARS_PER_BLOCK + 1])
def test_fewer_bars_are_the_first_of_more(count: int) -> None:
    few = generate_bars(GOOG, 1, start_time_ns=0, duration_ns=MINUTE_NS, count=count)
    many = generate_bars(GOOG, 1, start_time_ns=0, duration_ns=MINUTE_NS, count=600)
    assert len(few) == count
    assert all((few[name] == many[name][:count]).all() for name in few.arrays)


def test_a_busier_market_has_more_volume() -> None:
    quiet, busy = (
        generate_bars(
            GOOG,
            1,
            start_time_ns=0,
            duration_ns=MINUTE_NS,
            count=600,
            parameters=MarketParameters(trades_per_second=rate, mean_trade_size=100.0),
        )["volume"].sum()
        for rate in (1.0, 4.0)
    )
    assert 3.9 < busy / quiet < 4.1


@pytest.mark.parametrize("count", [0, 20_000_001])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(UserError, match="bars to generate"):
        generate_bars(GOOG, 1, start_time_ns=0, duration_ns=MINUTE_NS, count=count)


@pytest.mark.parametrize("duration_ns", [0, DURATION_NS_MAX + 1])
def test_a_duration_out_of_range_is_refused(duration_ns: int) -> None:
    with pytest.raises(UserError, match="from 1 ns to 7 days"):
        generate_bars(GOOG, 1, start_time_ns=0, duration_ns=duration_ns, count=1)
