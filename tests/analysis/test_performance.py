"""Performance: hand-computed cases, and each formula written a second time with the stdlib."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradewind.analysis.performance import (
    ANNUAL_RETURN_YEARS_MIN,
    annual_return,
    annual_volatility,
    calmar_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)

many_returns = st.lists(
    st.floats(-0.5, 0.5).map(lambda value: round(value, 6)), min_size=2, max_size=60
)


def test_total_return_is_end_over_start() -> None:
    assert total_return(np.array([100.0, 50.0, 125.0])) == pytest.approx(0.25)
    assert total_return(np.array([100.0, -20.0])) == pytest.approx(-1.2)


def test_total_return_needs_a_start_above_zero() -> None:
    assert total_return(np.array([])) is None
    assert total_return(np.array([0.0, 5.0])) is None


def test_annual_return_compounds() -> None:
    assert annual_return(np.array([100.0, 144.0]), years=2.0) == pytest.approx(0.2)
    assert annual_return(np.array([100.0, 110.0]), years=0.5) == pytest.approx(0.21)


def test_a_run_of_a_day_has_an_annual_return_and_a_shorter_one_has_none() -> None:
    equity = np.array([100.0, 101.0])
    found = annual_return(equity, years=ANNUAL_RETURN_YEARS_MIN)
    assert found == pytest.approx(1.01**365.25 - 1.0)
    assert annual_return(equity, years=math.nextafter(ANNUAL_RETURN_YEARS_MIN, 0.0)) is None


def test_an_annual_return_too_large_for_a_float_is_none() -> None:
    assert annual_return(np.array([1.0, 100.0]), years=ANNUAL_RETURN_YEARS_MIN) is None


def test_ruin_has_no_annual_return() -> None:
    assert annual_return(np.array([100.0, 0.0]), years=1.0) is None
    assert annual_return(np.array([0.0, 100.0]), years=1.0) is None


def test_volatility_of_a_known_series() -> None:
    # mean 0.02, squared deviations 4e-4 + 0 + 4e-4, divided by 2
    found = annual_volatility(np.array([0.0, 0.02, 0.04]), 252)
    assert found == pytest.approx(0.02 * math.sqrt(252))


def test_sharpe_of_a_known_series() -> None:
    assert sharpe_ratio(np.array([0.0, 0.02, 0.04]), 252) == pytest.approx(math.sqrt(252))
    found = sharpe_ratio(np.array([0.0, 0.02, 0.04]), 252, risk_free_rate=2.52)
    assert found == pytest.approx(math.sqrt(252) / 2.0)


def test_sortino_of_a_known_series() -> None:
    # downside: root of (0.03^2 + 0.01^2) / 4
    returns = np.array([0.04, -0.03, 0.02, -0.01])
    downside = math.sqrt((0.0009 + 0.0001) / 4)
    assert sortino_ratio(returns, 365) == pytest.approx(0.005 / downside * math.sqrt(365))


@pytest.mark.parametrize("returns", [[], [0.01], [0.01] * 9, [0.0, 0.0], [0.1 + 1e-17, 0.1]])
def test_returns_that_do_not_differ_have_no_sharpe_ratio(returns: list[float]) -> None:
    assert sharpe_ratio(np.array(returns), 252) is None


@pytest.mark.parametrize("returns", [[], [0.0, 0.0], [0.01, 0.02]])
def test_without_a_loss_there_is_no_sortino_ratio(returns: list[float]) -> None:
    assert sortino_ratio(np.array(returns), 252) is None


def test_fewer_than_two_returns_have_no_volatility() -> None:
    assert annual_volatility(np.array([0.01]), 252) is None
    assert annual_volatility(np.array([0.01, 0.01]), 252) == 0.0


def test_calmar_is_annual_return_over_drawdown() -> None:
    assert calmar_ratio(-0.1, 0.4) == -0.25
    assert calmar_ratio(None, 0.4) is None
    assert calmar_ratio(0.1, 0.0) is None
    assert calmar_ratio(0.1, None) is None


@given(many_returns, st.sampled_from([12.0, 252.0, 365.0, 525_960.0]), st.floats(0.0, 0.1))
def test_ratios_equal_the_formulas_written_with_the_stdlib(
    returns: list[float], periods: float, yearly: float
) -> None:
    rate = yearly / periods
    excess = [value - rate for value in returns]
    deviation = statistics.stdev(excess)
    downside = math.sqrt(sum(min(0.0, value) ** 2 for value in excess) / len(excess))
    assume(deviation > 1e-7)
    root = math.sqrt(periods)
    array = np.array(returns)
    assert annual_volatility(array, periods) == pytest.approx(statistics.stdev(returns) * root)
    expected = statistics.fmean(excess) / deviation * root
    found = sharpe_ratio(array, periods, risk_free_rate=yearly)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    if downside > 1e-7:
        expected = statistics.fmean(excess) / downside * root
        found = sortino_ratio(array, periods, target_rate=yearly)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(many_returns, st.floats(0.1, 10.0))
def test_sharpe_and_sortino_do_not_change_with_leverage(
    returns: list[float], leverage: float
) -> None:
    array = np.array(returns)
    assume(array.std() > 1e-6)
    assert sharpe_ratio(array * leverage, 252) == pytest.approx(sharpe_ratio(array, 252), abs=1e-6)
    assert sortino_ratio(array * leverage, 252) == pytest.approx(
        sortino_ratio(array, 252), abs=1e-6
    )
