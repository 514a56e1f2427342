"""All numbers about a finished run in one table, and why some of them may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradewind.analysis.drawdown import max_drawdown, max_drawdown_duration_s
from tradewind.analysis.equity import (
    FloatArray,
    FloatSequence,
    IntArray,
    IntSequence,
    equity_arrays,
    period_returns,
    span_years,
)
from tradewind.analysis.exposure import exposure_time_share
from tradewind.analysis.fills import FillRow, fees_paid, fills_of, turnover
from tradewind.analysis.performance import (
    annual_return,
    annual_volatility,
    calmar_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)
from tradewind.analysis.risk import (
    expected_shortfall,
    historical_value_at_risk,
    parametric_value_at_risk,
)
from tradewind.analysis.round_trips import (
    average_holding_time_s,
    average_loss,
    average_win,
    expectancy,
    profit_factor,
    round_trips,
    win_rate,
)

CONFIDENCE = 0.95
"""Confidence of value at risk and expected shortfall, over one period."""

Metrics = dict[str, float | None]

UNDEFINED: dict[str, str] = {
    "start_equity": "the run has no equity",
    "end_equity": "the run has no equity",
    "total_return": "the run has no equity, or began without any",
    "annual_return": "the run is shorter than a day, or its equity fell to zero or below",
    "annual_volatility": "fewer than two returns, or equity was zero or below",
    "sharpe_ratio": "fewer than two returns, or all of them equal",
    "sortino_ratio": "no return fell below the target",
    "calmar_ratio": "there was no drawdown, or no annual return",
    "max_drawdown": "the run has no equity, or began without any",
    "max_drawdown_duration_s": "the run has no equity",
    "value_at_risk_95": "there are no returns",
    "parametric_value_at_risk_95": "fewer than two returns",
    "expected_shortfall_95": "there are no returns",
    "win_rate": "no round trip was closed",
    "profit_factor": "no round trip lost",
    "average_win": "no round trip won",
    "average_loss": "no round trip lost",
    "expectancy": "no round trip was closed",
    "average_holding_time_s": "no round trip was closed",
    "exposure_time_share": "the run took no time",
}
"""When a metric is None. Metrics that are not named here are never None."""


def metrics(
    equity_time_ns: IntSequence,
    equity: FloatSequence,
    fills: Iterable[FillRow],
    periods_per_year: float,
    *,
    risk_free_rate: float = 0.0,
) -> Metrics:
    """Every metric of a run by name; None where it is undefined, never infinite or NaN.

    `equity_time_ns` (UTC, sorted) and `equity` (account currency) are equally long: one sample a
    period. `periods_per_year` annualises (252 for daily bars of equities, 365 for daily bars of
    crypto; `equity.samples_per_year` counts them); `risk_free_rate` is a share a year. `fills`
    are `(time_ns, instrument, side +1/-1, quantity, price, fee)`, by time. Shares are fractions
    (0.1 is 10 %), amounts in account currency, drawdown and losses at risk positive. The
    functions called here state each formula and its source; `reasons` says why one is None.

    >>> day = 86_400_000_000_000
    >>> bought, sold = (0, "GOOG.SIM", 1, 1.0, 100.0, 0.0), (day, "GOOG.SIM", -1, 1.0, 110.0, 0.0)
    >>> found = metrics([0, day, 2 * day], [1000.0, 1010.0, 1010.0], [bought, sold], 252)
    >>> round(found["total_return"], 12), found["win_rate"], found["profit_factor"]
    (0.01, 1.0, None)
    >>> reasons(found)["profit_factor"]
    'no round trip lost'
    """
    times, values = equity_arrays(equity_time_ns, equity)
    own_fills = fills_of(fills)
    return {
        "start_equity": float(values[0]) if len(values) else None,
        "end_equity": float(values[-1]) if len(values) else None,
        **_of_equity(times, values, periods_per_year, risk_free_rate=risk_free_rate),
        **_of_fills(own_fills),
        "exposure_time_share": exposure_time_share(own_fills, times),
    }


def reasons(found: Metrics) -> dict[str, str]:
    """For each metric that is None, one sentence why."""
    return {name: UNDEFINED[name] for name, value in found.items() if value is None}


def _of_equity(
    times: IntArray, values: FloatArray, periods_per_year: float, *, risk_free_rate: float
) -> Metrics:
    """What the equity curve alone tells."""
    returns = period_returns(values)
    yearly = annual_return(values, years=span_years(times))
    deepest = max_drawdown(values)
    return {
        "total_return": total_return(values),
        "annual_return": yearly,
        "annual_volatility": annual_volatility(returns, periods_per_year),
        "sharpe_ratio": sharpe_ratio(returns, periods_per_year, risk_free_rate=risk_free_rate),
        "sortino_ratio": sortino_ratio(returns, periods_per_year, target_rate=risk_free_rate),
        "calmar_ratio": calmar_ratio(yearly, deepest),
        "max_drawdown": deepest,
        "max_drawdown_duration_s": max_drawdown_duration_s(times, values),
        "value_at_risk_95": historical_value_at_risk(returns, CONFIDENCE),
        "parametric_value_at_risk_95": parametric_value_at_risk(returns, CONFIDENCE),
        "expected_shortfall_95": expected_shortfall(returns, CONFIDENCE),
    }


def _of_fills(fills: Sequence[FillRow]) -> Metrics:
    """What the fills alone tell."""
    trips = round_trips(fills)
    return {
        "fill_count": len(fills),
        "fees_paid": fees_paid(fills),
        "turnover": turnover(fills),
        "round_trip_count": len(trips),
        "win_rate": win_rate(trips),
        "profit_factor": profit_factor(trips),
        "average_win": average_win(trips),
        "average_loss": average_loss(trips),
        "expectancy": expectancy(trips),
        "average_holding_time_s": average_holding_time_s(trips),
    }
