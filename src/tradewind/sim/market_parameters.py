"""What makes one simulated market differ from another: its parameters, with their ranges."""

from __future__ import annotations

import msgspec

from tradewind.model.errors import UserError

YEAR_S = 365.0 * 86_400.0
"""Seconds of the year that `annual_volatility` refers to (the simulated market never closes)."""


class MarketParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The character of one instrument's simulated market.

    Prices are in the instrument's currency, sizes in its base unit; the generator rounds both to
    ticks and lots. Half-lives say after how long half of a disturbance is gone.

    >>> MarketParameters(start_price=60_000.0, annual_volatility=0.6).branching
    0.6
    >>> MarketParameters(branching=1.5)
    Traceback (most recent call last):
    tradewind.model.errors.UserError: market parameter branching must lie in 0 .. 0.9, got 1.5
    """

    start_price: float = 100.0
    annual_volatility: float = 0.5
    market_loading: float = 0.6
    """Correlation of the instrument's ordinary moves with the common factor."""
    volatility_spread: float = 0.6
    """Standard deviation of the logarithm of volatility: 0 is a Gaussian market."""
    trend_strength: float = 0.15
    """Drift while a trend lasts, in units of the volatility over the trend's half-life."""
    trend_half_life_s: float = 7_200.0
    jumps_per_day: float = 8.0
    jump_scale: float = 0.05
    """Mean absolute jump in units of the daily volatility (Laplace distributed)."""
    trades_per_second: float = 2.0
    branching: float = 0.6
    """Share of trades that are set off by earlier trades (Hawkes); 0 is a Poisson process."""
    burst_half_life_s: float = 1.0
    impact_share: float = 0.5
    """Share of the price variance that comes from the surprise in signed order flow."""
    flow_persistence: float = 0.3
    """Standard deviation of the hidden buying pressure: 0 gives signs without memory."""
    mean_trade_size: float = 1.0
    size_spread: float = 1.0
    """Standard deviation of the logarithm of trade sizes."""
    spread_fraction: float = 0.0002
    """Typical spread as a share of the start price; the spread is at least one tick."""
    depth_levels: int = 10
    level_gap_fraction: float = 0.0001
    """Distance between deeper levels as a share of the start price; at least one tick."""
    depth_multiple: float = 6.0
    """Typical size at a price level in mean trade sizes."""
    halts_per_day: float = 0.2
    halt_mean_s: float = 60.0
    lost_updates_per_day: float = 4.0
    """How often depth updates get lost on the way: a gap, mended by a snapshot after seconds."""
    bad_rows_per_million: float = 20.0
    """Bad rows for a million good quotes and trades."""

    def __post_init__(self) -> None:
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise UserError(
                    f"market parameter {name} must lie in {lowest:g} .. {highest:g}, got {value:g}"
                )


_RANGES: dict[str, tuple[float, float]] = {
    "start_price": (1e-9, 1e9),
    "annual_volatility": (0.001, 5.0),
    "market_loading": (-1.0, 1.0),
    "volatility_spread": (0.0, 1.0),
    "trend_strength": (0.0, 2.0),
    "trend_half_life_s": (60.0, 1e8),
    "jumps_per_day": (0.0, 1_000.0),
    "jump_scale": (0.0, 2.0),
    "trades_per_second": (0.001, 500.0),
    "branching": (0.0, 0.9),
    "burst_half_life_s": (0.01, 60.0),
    "impact_share": (0.0, 0.9),
    "flow_persistence": (0.0, 1.0),
    "mean_trade_size": (1e-9, 1e9),
    "size_spread": (0.0, 2.0),
    "spread_fraction": (0.0, 0.1),
    "depth_levels": (1, 50),
    "level_gap_fraction": (0.0, 0.1),
    "depth_multiple": (0.01, 1_000.0),
    "halts_per_day": (0.0, 1_000.0),
    "halt_mean_s": (0.1, 86_400.0),
    "lost_updates_per_day": (0.0, 1_000.0),
    "bad_rows_per_million": (0.0, 100_000.0),
}
"""Smallest and largest value of each parameter, both allowed."""
