"""Drawdown: depth and duration by hand, and against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.drawdown import drawdown_series, max_drawdown, max_drawdown_duration_s

SECOND_NS = 1_000_000_000
curves = st.lists(st.integers(1, 20).map(float), min_size=1, max_size=40)


def seconds(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64) * SECOND_NS


def test_drawdown_is_measured_from_the_running_peak() -> None:
    assert drawdown_series(np.array([80.0, 100.0, 75.0, 150.0, 75.0])).tolist() == [
        0.0,
        0.0,
        0.25,
        0.0,
        0.5,
    ]


def test_debt_is_a_drawdown_of_more_than_one() -> None:
    assert max_drawdown(np.array([100.0, -50.0])) == 1.5


def test_without_a_peak_above_zero_there_is_no_drawdown() -> None:
    assert max_drawdown(np.array([])) is None
    assert max_drawdown(np.array([0.0, 1.0])) is None


@pytest.mark.parametrize(
    ("equity", "duration_s"),
    [
        ([5.0], 0.0),
        ([5.0, 5.0, 5.0], 0.0),
        ([5.0, 6.0, 7.0], 0.0),
        ([5.0, 4.0], 1.0),
        ([5.0, 5.0, 4.0], 1.0),
        ([5.0, 4.0, 5.0], 2.0),
        ([5.0, 4.0, 4.9, 3.0, 6.0, 5.0], 4.0),
        ([5.0, 4.0, 6.0, 5.0, 5.0, 5.0], 3.0),
    ],
)
def test_the_duration_runs_from_the_peak_to_the_recovery_or_the_end(
    equity: list[float], duration_s: float
) -> None:
    assert max_drawdown_duration_s(seconds(len(equity)), np.array(equity)) == duration_s


def test_no_samples_have_no_duration() -> None:
    assert max_drawdown_duration_s(seconds(0), np.array([])) is None


@given(curves)
def test_depth_and_duration_equal_those_of_a_plain_loop(curve: list[float]) -> None:
    peak, peak_row, deepest, longest, falling = curve[0], 0, 0.0, 0, False
    for row, value in enumerate(curve):
        if falling:
            longest = max(longest, row - peak_row)
        if value >= peak:
            peak, peak_row, falling = value, row, False
        else:
            falling = True
            longest = max(longest, row - peak_row)
        deepest = max(deepest, (peak - value) / peak)
    equity = np.array(curve)
    assert max_drawdown(equity) == pytest.approx(deepest, abs=1e-12)
    assert max_drawdown_duration_s(seconds(len(curve)), equity) == longest


@given(curves, st.integers(1, 9))
def test_drawdown_does_not_change_with_the_size_of_the_account(
    curve: list[float], factor: int
) -> None:
    equity = np.array(curve)
    assert max_drawdown(equity * 2.0**factor) == max_drawdown(equity)
