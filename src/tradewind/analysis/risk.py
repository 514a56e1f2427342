"""Loss at risk over one period: value at risk and expected shortfall, as shares of equity."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from tradewind.analysis.equity import FloatArray


def historical_value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """The loss that a share `confidence` of the periods stayed below; positive is a loss.

    The (1 - confidence) quantile of the returns, negated, with linear interpolation (type 7 of
    Hyndman and Fan, "Sample quantiles in statistical packages", American Statistician 50, 1996).
    None without returns.

    >>> historical_value_at_risk(np.array([-0.04, -0.02, 0.0, 0.02, 0.04]), 0.75)
    0.02
    """
    _check(confidence)
    if not len(returns):
        return None
    place = (len(returns) - 1) * (1.0 - confidence)
    below = math.floor(place)
    share = place - below
    # one place sought instead of two takes a quarter of the time: the other is the next below
    parted = np.partition(returns, min(below + 1, len(returns) - 1))
    low, high = float(parted[: below + 1].max()), float(parted[min(below + 1, len(returns) - 1)])
    between = low + (high - low) * share if share < 0.5 else high - (high - low) * (1.0 - share)
    return -between


def parametric_value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """The same loss if returns were normal: -(mean + z x standard deviation), ddof 1.

    z is the normal quantile of 1 - confidence (Jorion, "Value at Risk", 3rd edition 2007,
    chapter 5). It understates the loss where tails are fat. None with fewer than two returns.

    >>> parametric_value_at_risk(np.array([-0.01, 0.01]), 0.95).__round__(6)
    0.023262
    """
    _check(confidence)
    if len(returns) < 2:
        return None
    z = NormalDist().inv_cdf(1.0 - confidence)
    return -(float(returns.mean()) + z * float(returns.std(ddof=1)))


def expected_shortfall(returns: FloatArray, confidence: float) -> float | None:
    """Mean loss of the worst share (1 - confidence) of the periods; positive is a loss.

    With n returns, the n (1 - confidence) worst, of which the last counts by its fraction
    (Acerbi and Tasche, "On the coherence of expected shortfall", Journal of Banking and Finance
    26, 2002). Never less than the historical value at risk. None without returns.

    >>> expected_shortfall(np.array([-0.04, -0.02, 0.0, 0.02]), 0.5).__round__(12)
    0.03
    """
    _check(confidence)
    if not len(returns):
        return None
    worst = len(returns) * (1.0 - confidence)
    whole = min(math.floor(worst), len(returns) - 1)
    # what is worse than the last of the worst stands before it; fsum asks for no order
    parted = np.partition(returns, whole)
    tail = math.fsum(parted[:whole].tolist()) + (worst - whole) * float(parted[whole])
    return -tail / worst


def _check(confidence: float) -> None:
    assert 0.0 < confidence < 1.0, "confidence lies between 0 and 1"
