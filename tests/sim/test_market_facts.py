"""The simulated market looks like a market: the stylised facts, each at three seeds.

The facts and their usual sizes: Cont, "Empirical properties of asset returns: stylized facts and
statistical issues", Quantitative Finance 1 (2001).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.sim.market import generate_quotes, generate_trades
from tradewind.sim.market_bars import generate_bars
from tradewind.sim.market_parameters import MarketParameters

FloatArray = npt.NDArray[np.float64]

INSTRUMENT = Instrument("BTC/USDT.SIM", tick="0.10", lot="0.0001")
PARAMETERS = MarketParameters(start_price=60_000.0)
SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS
END_NS = START_NS + 3 * 3_600 * SECOND_NS

three_seeds = pytest.mark.parametrize("seed", [1, 2, 3])


@three_seeds
def test_returns_have_fat_tails(seed: int) -> None:
    assert excess_kurtosis(bar_returns(seed)) > 1.0


@three_seeds
def test_the_size_of_returns_remembers_for_twenty_bars(seed: int) -> None:
    sizes = np.abs(bar_returns(seed))
    assert min(autocorrelation(sizes, lag) for lag in range(1, 21)) > 0.05


@three_seeds
def test_returns_themselves_are_not_predictable(seed: int) -> None:
    returns = bar_returns(seed)
    assert max(abs(autocorrelation(returns, lag)) for lag in (1, 2, 5, 10)) < 0.05


@three_seeds
def test_volatility_is_near_what_was_asked_for(seed: int) -> None:
    yearly = float(bar_returns(seed).std() * np.sqrt(365 * 24 * 60))
    assert 0.25 < yearly < 1.0


@three_seeds
def test_the_spread_widens_with_volatility(seed: int) -> None:
    quotes = quotes_of(seed)
    minute = (quotes["time_ns"] - START_NS) // (60 * SECOND_NS)
    moves = np.abs(np.diff(np.log(middle(quotes))))
    busy = np.bincount(minute[1:], moves) / np.bincount(minute[1:])
    wide = np.bincount(minute, quotes["ask"] - quotes["bid"]) / np.bincount(minute)
    assert correlation(busy, wide) > 0.4


@three_seeds
def test_depth_thins_out_with_volatility(seed: int) -> None:
    quotes = quotes_of(seed)
    minute = (quotes["time_ns"] - START_NS) // (60 * SECOND_NS)
    size = np.bincount(minute, quotes["bid_size"]) / np.bincount(minute)
    wide = np.bincount(minute, quotes["ask"] - quotes["bid"]) / np.bincount(minute)
    assert correlation(size, wide) < -0.3


@three_seeds
def test_buys_follow_buys(seed: int) -> None:
    sides = trades_of(seed)["side"].astype(np.float64)
    assert min(autocorrelation(sides, lag) for lag in range(1, 6)) > 0.03


@three_seeds
def test_order_flow_moves_the_price(seed: int) -> None:
    quotes, trades = quotes_of(seed), trades_of(seed)
    edges = np.arange(START_NS + 60 * SECOND_NS, END_NS, 10 * SECOND_NS)
    price = np.log(middle(quotes))[np.searchsorted(quotes["time_ns"], edges, "right") - 1]
    bought = np.concatenate([[0], np.cumsum(trades["side"])])
    flow = np.diff(bought[np.searchsorted(trades["time_ns"], edges)])
    assert correlation(np.diff(price), flow) > 0.15


@three_seeds
def test_trades_come_in_bursts(seed: int) -> None:
    second = (trades_of(seed)["time_ns"] - START_NS) // SECOND_NS
    counts = np.bincount(second)
    assert counts.var() > 1.5 * counts.mean()  # a Poisson process has 1


@three_seeds
def test_instruments_move_together(seed: int) -> None:
    other = Instrument("ETH/USDT.SIM", tick="0.01", lot="0.0001")
    bars = generate_bars(
        other, seed, start_time_ns=START_NS, duration_ns=60 * SECOND_NS, count=20_000
    )
    together = correlation(returns_of(bars), bar_returns(seed))
    assert 0.1 < together < 0.9


def test_without_a_loading_instruments_move_apart() -> None:
    other = Instrument("ETH/USDT.SIM", tick="0.01", lot="0.0001")
    bars = generate_bars(
        other,
        1,
        start_time_ns=START_NS,
        duration_ns=60 * SECOND_NS,
        count=20_000,
        parameters=MarketParameters(market_loading=0.0),
    )
    assert abs(correlation(returns_of(bars), bar_returns(1))) < 0.05


def test_without_spread_of_volatility_and_jumps_the_market_is_gaussian() -> None:
    calm = MarketParameters(start_price=60_000.0, volatility_spread=0.0, jumps_per_day=0.0)
    bars = generate_bars(
        INSTRUMENT,
        1,
        start_time_ns=START_NS,
        duration_ns=86_400 * SECOND_NS,
        count=5_000,
        parameters=calm,
    )
    assert abs(excess_kurtosis(returns_of(bars))) < 0.5


@cache
def quotes_of(seed: int) -> Columns:
    return generate_quotes(
        INSTRUMENT, seed, start_time_ns=START_NS, end_time_ns=END_NS, parameters=PARAMETERS
    )


@cache
def trades_of(seed: int) -> Columns:
    return generate_trades(
        INSTRUMENT, seed, start_time_ns=START_NS, end_time_ns=END_NS, parameters=PARAMETERS
    )


@cache
def bar_returns(seed: int) -> FloatArray:
    return returns_of(
        generate_bars(
            INSTRUMENT,
            seed,
            start_time_ns=START_NS,
            duration_ns=60 * SECOND_NS,
            count=20_000,
            parameters=PARAMETERS,
        )
    )


def returns_of(bars: Columns) -> FloatArray:
    return np.diff(np.log(bars["close"]))


def middle(quotes: Columns) -> FloatArray:
    return (quotes["bid"] + quotes["ask"]) / 2.0


def correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def autocorrelation(values: FloatArray, lag: int) -> float:
    return correlation(values[lag:], values[:-lag])


def excess_kurtosis(values: FloatArray) -> float:
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2 - 3.0)
