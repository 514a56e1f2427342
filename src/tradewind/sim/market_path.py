"""The hidden price path of a simulated market: volatility, trends, jumps and a common factor.

Each instrument draws from generators of its own, keyed by seed, name and block, so its rows do not
depend on which other instruments are simulated. The functions take a grid of equal steps, so the
same market can be made tick by tick (steps of 0.2 s) or bar by bar (steps of hours).
"""

from __future__ import annotations

import hashlib
import math

import msgspec
import numpy as np
import numpy.typing as npt

from tradewind.sim.market_parameters import YEAR_S, MarketParameters
from tradewind.sim.portable_exp import portable_exp, portable_exp_of

FloatArray = npt.NDArray[np.float64]

DAY_S = 86_400.0
FACTOR_NAME = ""
"""The name that keys the common factor; no instrument can have it."""

_FAST_HALF_LIFE_S = 240.0
_SLOW_HALF_LIFE_S = 4 * 3_600.0
_COMMON_HALF_LIFE_S = 10 * 86_400.0
_VOLATILITY_WEIGHTS = (0.55, 0.45, 0.7)
"""Shares of fast, slow and common factor in log-volatility; their squares add up to about 1."""
_LOG_VOLATILITY_MAX = 2.5
_TREND_DEAD_BAND = 0.6
_PEAK_OF_DAY = 0.6
"""Busiest time as a share of the UTC day: 14:24."""
_LN2 = 0.6931471805599453


class Path(msgspec.Struct, frozen=True):
    """Where the hidden variables stand between two blocks; the factor uses `common` only."""

    log_price: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    trend: float = 0.0
    common: float = 0.0


class Grid(msgspec.Struct, frozen=True):
    """A block of `steps` steps of `step_s` seconds that begins `start_s` after the epoch."""

    start_s: float
    step_s: float
    steps: int


class Factor(msgspec.Struct, frozen=True):
    """What all instruments share in a block: shocks and log-volatility, one element a step."""

    shocks: FloatArray
    volatility: FloatArray


def generator_for(seed: int, name: str, block: int) -> np.random.Generator:
    """The random numbers of one block of one instrument, and of nothing else.

    >>> first, again = (generator_for(7, "BTC/USDT.SIM", 3).random() for _ in range(2))
    >>> first == again
    True
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64([seed, key, block + 1]))


def start_path(seed: int, name: str) -> Path:
    """A path that starts at the start price with volatility and trend as they usually stand."""
    fast, slow, trend, common = generator_for(seed, name, -1).standard_normal(4).tolist()
    return Path(0.0, fast, slow, trend, common)


def factor_block(path: Path, grid: Grid, generator: np.random.Generator) -> tuple[Factor, Path]:
    """The common factor over a block, and its path afterwards."""
    shocks = generator.standard_normal(grid.steps)
    common = mean_reverting(
        path.common,
        generator.standard_normal(grid.steps),
        half_life_steps=_COMMON_HALF_LIFE_S / grid.step_s,
    )
    return Factor(shocks, common), Path(common=float(common[-1]))


def volatility_block(
    path: Path,
    grid: Grid,
    generator: np.random.Generator,
    *,
    factor: Factor,
    spread: float,
) -> tuple[FloatArray, Path]:
    """Log of volatility over its long-run value for each step, and the path afterwards.

    A sum of three mean-reverting factors of different half-lives, which makes |returns| remember
    for long (Cont, "Empirical properties of asset returns", Quantitative Finance 1, 2001); the
    mean of the squared volatility is 1.
    """
    fast = mean_reverting(
        path.fast,
        generator.standard_normal(grid.steps),
        half_life_steps=_FAST_HALF_LIFE_S / grid.step_s,
    )
    slow = mean_reverting(
        path.slow,
        generator.standard_normal(grid.steps),
        half_life_steps=_SLOW_HALF_LIFE_S / grid.step_s,
    )
    weights = _VOLATILITY_WEIGHTS
    mixed = fast * weights[0] + slow * weights[1] + factor.volatility * weights[2]
    deviation = np.clip(mixed * spread - spread * spread, -_LOG_VOLATILITY_MAX, _LOG_VOLATILITY_MAX)
    after = msgspec.structs.replace(path, fast=float(fast[-1]), slow=float(slow[-1]))
    return deviation, after


def return_block(
    path: Path,
    grid: Grid,
    generator: np.random.Generator,
    *,
    factor: Factor,
    parameters: MarketParameters,
    volatility: FloatArray,
    impact: FloatArray,
) -> tuple[FloatArray, Path]:
    """Log price at the end of each step, and the path afterwards.

    `volatility` is per step (log return units); `impact` is the normalised surprise in order flow,
    of unit variance, or noise where no flow is simulated. A step's return is the factor's part,
    the instrument's own, the impact of flow, the trend's drift and now and then a jump.
    """
    share = parameters.impact_share
    loading = parameters.market_loading
    own = generator.standard_normal(grid.steps)
    ordinary = factor.shocks * loading + own * math.sqrt(1.0 - loading * loading)
    returns = volatility * (ordinary * math.sqrt(1.0 - share) + impact * math.sqrt(share))
    trend = mean_reverting(
        path.trend,
        generator.standard_normal(grid.steps),
        half_life_steps=parameters.trend_half_life_s / grid.step_s,
    )
    returns += _drift(trend, grid, parameters) + _jumps(grid, generator, parameters)
    log_price = path.log_price + np.cumsum(returns)
    after = msgspec.structs.replace(path, log_price=float(log_price[-1]), trend=float(trend[-1]))
    return log_price, after


def step_volatility(grid: Grid, parameters: MarketParameters, deviation: FloatArray) -> FloatArray:
    """Standard deviation of a step's log return, busier at the busy time of the day."""
    usual = parameters.annual_volatility * math.sqrt(grid.step_s / YEAR_S)
    return usual * portable_exp(deviation) * (0.5 + 0.5 * activity_of_day(grid))


def activity_of_day(grid: Grid) -> FloatArray:
    """How busy the market is at each step: 1 on average, 1.6 at the peak, 0.4 half a day away.

    >>> activity_of_day(Grid(start_s=0.6 * 86400, step_s=43200.0, steps=2)).round(6).tolist()
    [1.6, 0.4]
    """
    if grid.step_s >= DAY_S:
        return np.ones(grid.steps)
    share = ((grid.start_s + grid.step_s * np.arange(grid.steps)) / DAY_S) % 1.0
    away = np.abs(share - _PEAK_OF_DAY)
    return 1.6 - 2.4 * np.minimum(away, 1.0 - away)


def mean_reverting(start: float, shocks: FloatArray, *, half_life_steps: float) -> FloatArray:
    """x[k] = a x[k-1] + sqrt(1 - a^2) shock[k], a = 2^(-1 / half_life_steps): variance stays 1.

    The exact sampling of an Ornstein-Uhlenbeck process (Glasserman, "Monte Carlo Methods in
    Financial Engineering", 2003, section 3.3), summed in closed form, piece by piece so that the
    powers of a stay representable.

    >>> mean_reverting(1.0, np.zeros(3), half_life_steps=1.0).round(12).tolist()
    [0.5, 0.25, 0.125]
    """
    if half_life_steps < 1 / 64:
        return shocks
    decay = portable_exp_of(-_LN2 / half_life_steps)
    scaled = shocks * math.sqrt(1.0 - decay * decay)
    piece = max(1, int(256 * half_life_steps))
    parts = []
    for begin in range(0, len(shocks), piece):
        part = scaled[begin : begin + piece]
        powers = np.multiply.accumulate(np.full(len(part), decay))
        parts.append(powers * (start + np.cumsum(part / powers)))
        start = float(parts[-1][-1])
    return np.concatenate(parts)


def _drift(trend: FloatArray, grid: Grid, parameters: MarketParameters) -> FloatArray:
    """Drift of each step: up, none or down, by where the hidden trend stands."""
    span = parameters.trend_half_life_s
    over_span = parameters.annual_volatility * math.sqrt(span / YEAR_S)
    direction = np.where(np.abs(trend) > _TREND_DEAD_BAND, np.sign(trend), 0.0)
    return direction * (parameters.trend_strength * over_span * grid.step_s / span)


def _jumps(grid: Grid, generator: np.random.Generator, parameters: MarketParameters) -> FloatArray:
    """Jumps of each step: rare, of either sign, Laplace distributed."""
    chance = min(1.0, parameters.jumps_per_day * grid.step_s / DAY_S)
    uniform = generator.random(grid.steps)
    sizes = generator.standard_exponential(grid.steps)
    signs = np.where(generator.random(grid.steps) < 0.5, -1.0, 1.0)
    scale = parameters.jump_scale * parameters.annual_volatility * math.sqrt(DAY_S / YEAR_S)
    return np.where(uniform < chance, signs * sizes * scale, 0.0)
