"""Order flow of a simulated market: when trades arrive, on which side, how large.

Arrivals are a Hawkes process with an exponential kernel, made as a branching process: some trades
come by themselves, each sets off `branching` further ones on average, soon after it (Hawkes and
Oakes, "A cluster process representation of a self-exciting process", J. Appl. Prob. 11, 1974).
Sides lean on a hidden buying pressure that fades slowly, so that buys follow buys.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tradewind.sim.market_parameters import MarketParameters
from tradewind.sim.market_path import FloatArray, Grid, mean_reverting
from tradewind.sim.portable_exp import portable_exp, portable_exp_of

IntArray = npt.NDArray[np.int64]

GENERATIONS_MAX = 400
"""Trades set off by trades set off ...: cut here, where at `branching` 0.9 none is left."""

_LN2 = 0.6931471805599453
_PRESSURE_HALF_LIVES_S = (5.0, 60.0, 900.0)
_PRESSURE_WEIGHTS = (0.8, 0.5, 0.33)
_LEAN_MAX = 0.95
_SIZE_SCORE_MAX = 3.0
_SIZE_RATIO_MAX = 1_000.0


class FlowState(msgspec.Struct, frozen=True):
    """What order flow remembers between blocks: rate of trades still to be set off, pressure."""

    excitation_per_s: float = 0.0
    pressure: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Flow(msgspec.Struct, frozen=True):
    """The trades of a block, by time: seconds into the block, step, side (+1/-1), size."""

    time_s: FloatArray
    step: IntArray
    side: IntArray
    size: FloatArray
    surprise: FloatArray
    """For each step of the grid: unexpected signed flow, of variance about 1."""


def flow_block(
    state: FlowState,
    grid: Grid,
    generator: np.random.Generator,
    *,
    activity: FloatArray,
    parameters: MarketParameters,
) -> tuple[Flow, FlowState]:
    """The trades of a block, and the state afterwards.

    `activity` scales the rate of trades that come by themselves, step by step. The surprise is
    side minus the side the pressure led to expect: moving the price by it alone lets sides be
    predictable while returns are not (Madhavan, Richardson and Roomans, "Why do security prices
    change?", Review of Financial Studies 10, 1997).
    """
    time_s, excitation = _arrivals(
        state.excitation_per_s, grid, generator, activity=activity, parameters=parameters
    )
    lean, pressure = _lean(state.pressure, grid, generator, parameters.flow_persistence)
    step = np.minimum((time_s / grid.step_s).astype(np.int64), grid.steps - 1)
    expected = lean[step]
    side = np.where(generator.random(len(time_s)) * 2.0 < 1.0 + expected, 1, -1).astype(np.int64)
    size, score = _sizes(len(time_s), generator, parameters)
    per_step = parameters.trades_per_second * grid.step_s * activity
    unexpected = np.bincount(step, weights=(side - expected) * score, minlength=grid.steps)
    surprise = unexpected / np.sqrt(per_step)
    return Flow(time_s, step, side, size, surprise), FlowState(excitation, pressure)


def _arrivals(
    excitation: float,
    grid: Grid,
    generator: np.random.Generator,
    *,
    activity: FloatArray,
    parameters: MarketParameters,
) -> tuple[FloatArray, float]:
    """Times of all trades of the block in seconds, sorted, and the excitation at its end."""
    duration = grid.step_s * grid.steps
    decay_per_s = _LN2 / parameters.burst_half_life_s
    own_rate = parameters.trades_per_second * (1.0 - parameters.branching)
    immigrants = _immigrants(own_rate * activity * grid.step_s, grid, generator)
    late = generator.poisson(excitation / decay_per_s)
    heirs = generator.standard_exponential(late) / decay_per_s
    time_s = np.concatenate([immigrants, heirs[heirs < duration]])
    time_s = _with_descendants(
        time_s, generator, duration=duration, decay_per_s=decay_per_s, mean=parameters.branching
    )
    time_s.sort()
    remaining = math.fsum(portable_exp(np.maximum(-60.0, decay_per_s * (time_s - duration))))
    carried = excitation * portable_exp_of(max(-60.0, -decay_per_s * duration))
    return time_s, carried + parameters.branching * decay_per_s * remaining


def _immigrants(expected: FloatArray, grid: Grid, generator: np.random.Generator) -> FloatArray:
    """Times of a Poisson process with `expected` arrivals in each step."""
    cumulative = np.cumsum(expected)
    positions = generator.random(generator.poisson(cumulative[-1])) * cumulative[-1]
    step = np.minimum(np.searchsorted(cumulative, positions, side="right"), grid.steps - 1)
    within = (positions - (cumulative[step] - expected[step])) / expected[step]
    return (step + np.clip(within, 0.0, 0.999999)) * grid.step_s


def _with_descendants(
    parents: FloatArray,
    generator: np.random.Generator,
    *,
    duration: float,
    decay_per_s: float,
    mean: float,
) -> FloatArray:
    """The parents and all they set off before the block ends.

    What they set off later is forgotten here and drawn anew from the excitation, which an
    exponential kernel, having no memory, allows.
    """
    everyone = [parents]
    for _generation in range(GENERATIONS_MAX):
        counts = generator.poisson(mean, len(parents))
        births = np.repeat(parents, counts)
        births = births + generator.standard_exponential(len(births)) / decay_per_s
        parents = births[births < duration]
        if not len(parents):
            break
        everyone.append(parents)
    return np.concatenate(everyone)


def _lean(
    pressure: tuple[float, float, float],
    grid: Grid,
    generator: np.random.Generator,
    persistence: float,
) -> tuple[FloatArray, tuple[float, float, float]]:
    """Expected side of a trade at each step, within +-0.95, and the pressure afterwards."""
    total = np.zeros(grid.steps)
    ends = []
    for start, half_life_s, weight in zip(
        pressure, _PRESSURE_HALF_LIVES_S, _PRESSURE_WEIGHTS, strict=True
    ):
        shocks = generator.standard_normal(grid.steps)
        part = mean_reverting(start, shocks, half_life_steps=half_life_s / grid.step_s)
        total += part * weight
        ends.append(float(part[-1]))
    lean = np.clip(total * persistence, -_LEAN_MAX, _LEAN_MAX)
    return lean, (ends[0], ends[1], ends[2])


def _sizes(
    count: int, generator: np.random.Generator, parameters: MarketParameters
) -> tuple[FloatArray, FloatArray]:
    """Lognormal sizes, and the square root of each over the mean (impact is concave)."""
    spread = parameters.size_spread
    exponents = generator.standard_normal(count) * spread - spread * spread / 2.0
    ratio = np.minimum(portable_exp(exponents), _SIZE_RATIO_MAX)
    return ratio * parameters.mean_trade_size, np.minimum(np.sqrt(ratio), _SIZE_SCORE_MAX)
