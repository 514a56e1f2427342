"""Bars of a simulated market, made directly: years of them in a moment, without the ticks."""

from __future__ import annotations

import numpy as np

from tradewind.model.columns import Columns, concatenate
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.market_parameters import MarketParameters
from tradewind.sim.market_path import (
    FACTOR_NAME,
    Factor,
    FloatArray,
    Grid,
    Path,
    activity_of_day,
    factor_block,
    generator_for,
    return_block,
    start_path,
    step_volatility,
    volatility_block,
)
from tradewind.sim.market_ticks import LOG_PRICE_MAX, Listing, list_instrument
from tradewind.sim.portable_exp import portable_exp

STEPS_PER_BAR = 16
"""The hidden price moves so often within a bar: enough for its high and low."""
BARS_PER_BLOCK = 256
COUNT_MAX = 20_000_000
DURATION_NS_MAX = 7 * 86_400 * 1_000_000_000

_VOLUME_NOISE = 0.5


def generate_bars(
    instrument: Instrument,
    seed: int,
    *,
    start_time_ns: int,
    duration_ns: int,
    count: int,
    parameters: MarketParameters | None = None,
) -> Columns:
    """`count` bars of `duration_ns` each, one after the other, from `start_time_ns`.

    The same hidden market as the tick generator's (volatility clusters, trends, jumps, a factor
    that all instruments of a seed share) on a coarser grid; it is not the same history, so these
    bars are not those built from `generate_trades`. Prices are multiples of the tick, volumes of
    the lot, in units. A bar opens at its first price, which lies near the close before it.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> minute = 60_000_000_000
    >>> bars = generate_bars(goog, 7, start_time_ns=0, duration_ns=minute, count=3)
    >>> bars["open_time_ns"].tolist() == [0, minute, 2 * minute]
    True
    """
    if not 0 < count <= COUNT_MAX:
        raise UserError(f"bars to generate must lie in 1 .. {COUNT_MAX}, got {count}")
    if not 0 < duration_ns <= DURATION_NS_MAX:
        raise UserError(f"a generated bar lasts from 1 ns to 7 days, got {duration_ns} ns")
    listing = list_instrument(instrument, parameters or MarketParameters())
    path = start_path(seed, instrument.id)
    factor_path = start_path(seed, FACTOR_NAME)
    parts = []
    for block in range(-(-count // BARS_PER_BLOCK)):
        begin_ns = start_time_ns + block * BARS_PER_BLOCK * duration_ns
        step_s = duration_ns / STEPS_PER_BAR / 1e9
        grid = Grid(begin_ns / 1e9, step_s, BARS_PER_BLOCK * STEPS_PER_BAR)
        factor, factor_path = factor_block(
            factor_path, grid, generator_for(seed, f"{FACTOR_NAME} bars", block)
        )
        generator = generator_for(seed, f"{instrument.id} bars", block)
        rows, path = _bar_block(listing, path, grid, generator, factor)
        parts.append(_columns(listing, rows, start_ns=begin_ns, duration_ns=duration_ns))
    return concatenate(parts).cut(0, count)


def _bar_block(
    listing: Listing, path: Path, grid: Grid, generator: np.random.Generator, factor: Factor
) -> tuple[tuple[FloatArray, FloatArray], Path]:
    """Price in ticks and volume in lots at each step of a block, and the path afterwards."""
    parameters = listing.parameters
    deviation, path = volatility_block(
        path, grid, generator, factor=factor, spread=parameters.volatility_spread
    )
    log_price, path = return_block(
        path,
        grid,
        generator,
        factor=factor,
        parameters=parameters,
        volatility=step_volatility(grid, parameters, deviation),
        impact=generator.standard_normal(grid.steps),
    )
    price = listing.start_ticks * portable_exp(np.clip(log_price, -LOG_PRICE_MAX, LOG_PRICE_MAX))
    noise = generator.standard_normal(grid.steps) * _VOLUME_NOISE
    usual = parameters.trades_per_second * parameters.mean_trade_size * grid.step_s
    mean = (parameters.volatility_spread**2 - _VOLUME_NOISE**2) / 2.0
    volume = portable_exp(deviation + mean + noise) * activity_of_day(grid) * usual
    return (price, volume * listing.lots_per_size), path


def _columns(
    listing: Listing, rows: tuple[FloatArray, FloatArray], *, start_ns: int, duration_ns: int
) -> Columns:
    """Steps folded into bars, in the instrument's units."""
    instrument = listing.instrument
    price, volume = (row.reshape(BARS_PER_BLOCK, STEPS_PER_BAR) for row in rows)
    ticks = np.rint(price).astype(np.int64)
    ticks = np.clip(ticks, listing.lowest_ticks, listing.highest_ticks) * instrument.tick_units
    most = listing.lots_max // STEPS_PER_BAR
    lots = np.minimum(np.rint(volume), most).astype(np.int64).sum(axis=1)
    open_ns = start_ns + duration_ns * np.arange(BARS_PER_BLOCK, dtype=np.int64)
    arrays = {
        "open_time_ns": open_ns,
        "close_time_ns": open_ns + duration_ns,
        "open": ticks[:, 0],
        "high": ticks.max(axis=1),
        "low": ticks.min(axis=1),
        "close": ticks[:, -1],
        "volume": lots * instrument.lot_units,
    }
    return Columns("bars", instrument, arrays)
