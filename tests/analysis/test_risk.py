"""Loss at risk: by hand, and the order the measures must stand in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.risk import (
    expected_shortfall,
    historical_value_at_risk,
    parametric_value_at_risk,
)

HUNDRED = np.arange(-50, 50) / 1_000.0
many_returns = st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=60)
confidences = st.floats(0.5, 0.995)


def test_historical_value_at_risk_interpolates_between_two_returns() -> None:
    # position 99 x 0.05 = 4.95 among -0.050, -0.049, ...
    assert historical_value_at_risk(HUNDRED, 0.95) == pytest.approx(0.04505)


def test_expected_shortfall_is_the_mean_of_the_worst() -> None:
    assert expected_shortfall(HUNDRED, 0.95) == pytest.approx(0.048)


def test_the_last_of_the_worst_counts_by_its_fraction() -> None:
    # 2.5 worst of ten: (0.10 + 0.09 + 0.5 x 0.08) / 2.5
    returns = -np.arange(1, 11) / 100.0
    assert expected_shortfall(returns, 0.75) == pytest.approx(0.092)


def test_a_tail_smaller_than_one_return_is_the_worst_return() -> None:
    assert expected_shortfall(np.array([-0.3, 0.1]), 0.99) == pytest.approx(0.3)


def test_a_tail_of_everything_is_the_mean_loss() -> None:
    assert expected_shortfall(np.array([-0.3, 0.1]), 1e-17) == pytest.approx(0.1)


def test_parametric_value_at_risk_of_a_standard_normal_sample() -> None:
    returns = np.array([-1.0, 1.0]) / np.sqrt(2.0)  # mean 0, deviation 1 with ddof 1
    assert parametric_value_at_risk(returns, 0.975) == pytest.approx(1.959964, abs=1e-6)


def test_a_certain_gain_is_a_negative_loss() -> None:
    returns = np.array([0.01, 0.01, 0.01])
    for measure in (historical_value_at_risk, parametric_value_at_risk, expected_shortfall):
        assert measure(returns, 0.95) == pytest.approx(-0.01)


def test_without_returns_there_is_no_loss_at_risk() -> None:
    assert historical_value_at_risk(np.array([]), 0.95) is None
    assert expected_shortfall(np.array([]), 0.95) is None
    assert parametric_value_at_risk(np.array([0.01]), 0.95) is None


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_a_confidence_of_zero_or_one_is_a_programming_error(confidence: float) -> None:
    for measure in (historical_value_at_risk, parametric_value_at_risk, expected_shortfall):
        with pytest.raises(AssertionError, match="between 0 and 1"):
            measure(HUNDRED, confidence)


@given(many_returns, confidences)
def test_expected_shortfall_lies_between_value_at_risk_and_the_worst_return(
    returns: list[float], confidence: float
) -> None:
    array = np.array(returns)
    value, shortfall = (
        historical_value_at_risk(array, confidence),
        expected_shortfall(array, confidence),
    )
    assert value is not None
    assert shortfall is not None
    assert value <= shortfall + 1e-9
    assert shortfall <= -min(returns) + 1e-9


@given(many_returns, confidences, st.floats(-0.1, 0.1))
def test_adding_a_sure_gain_lowers_the_loss_by_it(
    returns: list[float], confidence: float, gain: float
) -> None:
    array = np.array(returns)
    for measure in (historical_value_at_risk, expected_shortfall):
        before, after = measure(array, confidence), measure(array + gain, confidence)
        assert before is not None
        assert after == pytest.approx(before - gain, abs=1e-9)


@given(many_returns, confidences)
def test_historical_value_at_risk_is_the_quantile_to_the_last_bit(
    returns: list[float], confidence: float
) -> None:
    found = historical_value_at_risk(np.array(returns), confidence)
    assert found == float(-np.quantile(np.array(returns), 1.0 - confidence))
