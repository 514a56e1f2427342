"""Return, and return for risk: total and annual return, volatility, Sharpe, Sortino, Calmar."""

from __future__ import annotations

import math

import numpy as np

from tradewind.analysis.equity import EQUITY_MIN, FloatArray

ANNUAL_RETURN_YEARS_MIN = 1 / 365.25
"""Shortest run, one day, whose return is annualised: less says nothing about a year."""
NOISE_RATIO = 1e-10
"""Returns that differ by less, beside their mean, differ by rounding only and count as equal."""


def total_return(equity: FloatArray) -> float | None:
    """End over start, less 1. None without samples, or if the start is not above zero.

    >>> total_return(np.array([100.0, 90.0, 120.0])).__round__(12)
    0.2
    """
    if not len(equity) or equity[0] <= EQUITY_MIN:
        return None
    return float(equity[-1] / equity[0] - 1.0)


def annual_return(equity: FloatArray, *, years: float) -> float | None:
    """Compound annual growth rate, (end / start)^(1 / years) - 1, by calendar time.

    None for a run shorter than a day, or if start or end is not above zero, or if the result is
    too large for a float.

    >>> annual_return(np.array([100.0, 121.0]), years=2.0).__round__(12)
    0.1
    """
    if years < ANNUAL_RETURN_YEARS_MIN or min(equity[0], equity[-1]) <= EQUITY_MIN:
        return None
    growth = math.log(equity[-1] / equity[0]) / years
    return math.expm1(growth) if growth < 700.0 else None


def annual_volatility(returns: FloatArray, periods_per_year: float) -> float | None:
    """Standard deviation of returns (ddof 1) times the square root of periods a year.

    None with fewer than two returns.

    >>> annual_volatility(np.array([0.01, -0.01]), 2).__round__(12)
    0.02
    """
    if len(returns) < 2:
        return None
    return float(returns.std(ddof=1) * math.sqrt(periods_per_year))


def sharpe_ratio(
    returns: FloatArray, periods_per_year: float, *, risk_free_rate: float = 0.0
) -> float | None:
    """Mean excess return over its standard deviation (ddof 1), times sqrt(periods a year).

    The risk-free rate is a share a year, divided evenly among the periods (Sharpe, "The Sharpe
    ratio", Journal of Portfolio Management 21, 1994). None with fewer than two returns, or if
    they do not differ.

    >>> sharpe_ratio(np.array([0.02, 0.0]), 2).__round__(12)
    1.0
    """
    if len(returns) < 2:
        return None
    excess = returns - risk_free_rate / periods_per_year
    deviation = float(excess.std(ddof=1))
    if deviation <= NOISE_RATIO * float(np.abs(returns).max()):
        return None
    return float(excess.mean()) / deviation * math.sqrt(periods_per_year)


def sortino_ratio(
    returns: FloatArray, periods_per_year: float, *, target_rate: float = 0.0
) -> float | None:
    """Mean return above the target over downside deviation, times sqrt(periods a year).

    Downside deviation is the root of the mean, over all returns, of min(return - target, 0)^2
    (Sortino and Price, "Performance measurement in a downside risk framework", Journal of
    Investing 3, 1994). The target is a share a year. None if no return fell below it.

    >>> sortino_ratio(np.array([0.03, -0.01]), 2).__round__(12)
    2.0
    """
    if not len(returns):
        return None
    excess = returns - target_rate / periods_per_year
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    if downside <= NOISE_RATIO * float(np.abs(returns).max()):
        return None
    return float(excess.mean()) / downside * math.sqrt(periods_per_year)


def calmar_ratio(annual: float | None, deepest: float | None) -> float | None:
    """Annual return over maximum drawdown, both of the whole run.

    Young, "Calmar ratio: a smoother tool", Futures 20 (1991), takes the last 36 months; that is
    the caller's choice of samples. None without drawdown or annual return.

    >>> calmar_ratio(0.1, 0.2)
    0.5
    """
    if annual is None or not deepest:
        return None
    return annual / deepest
