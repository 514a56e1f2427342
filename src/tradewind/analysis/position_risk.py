"""Risk of positions as they are now: value at risk, expected shortfall, stress scenarios.

Past returns of the instruments are laid over the present positions: the profits and losses that
come out are what value at risk and expected shortfall are taken of (historical simulation: Hull,
"Options, futures, and other derivatives", chapter on value at risk). The parametric figure takes
returns as normal with the covariance they had (variance-covariance method, the same chapter).
All are for one period of the returns, in the currency of the values; a loss is above zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from tradewind.analysis.equity import FloatArray
from tradewind.analysis.risk import expected_shortfall, historical_value_at_risk

EVERYTHING = "*"
"""The instrument of a shock that moves all that a scenario does not name."""

Scenario = Mapping[str, float]
"""Shares by which prices move, by instrument id, or `EVERYTHING`."""


def simulated_results(values: FloatArray, returns: FloatArray) -> FloatArray:
    """Profit or loss of position values (n) under each row of past returns (periods x n).

    >>> simulated_results(np.array([100.0, -50.0]), np.array([[0.25, 0.5], [-0.5, 0.0]])).tolist()
    [0.0, -50.0]
    """
    return np.asarray(returns @ values, np.float64)


def simulated_value_at_risk(
    values: FloatArray, returns: FloatArray, confidence: float
) -> float | None:
    """The loss that a share `confidence` of the simulated periods stayed below; None without."""
    return historical_value_at_risk(simulated_results(values, returns), confidence)


def simulated_expected_shortfall(
    values: FloatArray, returns: FloatArray, confidence: float
) -> float | None:
    """Mean loss of the worst share (1 - confidence) of the simulated periods; None without."""
    return expected_shortfall(simulated_results(values, returns), confidence)


def covariance_value_at_risk(
    values: FloatArray, returns: FloatArray, confidence: float
) -> float | None:
    """z x sqrt(v' C v) of values v and the covariance C of the returns (ddof 1), mean taken as 0.

    None with fewer than two periods.

    >>> returns = np.array([[0.01], [-0.01]])
    >>> covariance_value_at_risk(np.array([100.0]), returns, 0.95).__round__(6)  # 1.645 x 1.4142
    2.326174
    """
    assert 0.0 < confidence < 1.0, "confidence lies between 0 and 1"
    if len(returns) < 2:
        return None
    covariance = np.atleast_2d(np.cov(returns, rowvar=False, ddof=1))
    variance = float(values @ covariance @ values)
    return NormalDist().inv_cdf(confidence) * math.sqrt(max(variance, 0.0))


def stress_result(values: Mapping[str, float], scenario: Scenario) -> float:
    """Profit or loss of position values by instrument if prices moved as the scenario says.

    >>> stress_result({"A.SIM": 100.0, "B.SIM": -40.0}, {"*": -0.1, "B.SIM": 0.5})
    -30.0
    """
    rest = scenario.get(EVERYTHING, 0.0)
    return math.fsum(value * scenario.get(name, rest) for name, value in values.items())


def worst_stress(
    values: Mapping[str, float], scenarios: Mapping[str, Scenario]
) -> tuple[str, float]:
    """The scenario that loses most, and its loss; ("", 0.0) where none loses."""
    results = [(stress_result(values, one), name) for name, one in scenarios.items()]
    worst, name = min(results, default=(0.0, ""))
    return (name, -worst) if worst < 0.0 else ("", 0.0)


def returns_of(prices: Sequence[Sequence[float]]) -> FloatArray:
    """Returns of rows of prices (periods + 1 x instruments); 0 where a price is not known.

    >>> returns_of([[100.0, 0.0], [150.0, 5.0]]).tolist()
    [[0.5, 0.0]]
    """
    table = np.asarray(prices, np.float64)
    if len(table) < 2:
        return np.empty((0, table.shape[1] if table.ndim == 2 else 0))
    before, after = table[:-1], table[1:]
    known = (before > 0.0) & (after > 0.0)
    return np.where(known, after / np.where(known, before, 1.0) - 1.0, 0.0)
