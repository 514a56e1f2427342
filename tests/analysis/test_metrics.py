"""The table of metrics: every name, every missing value explained, never infinite or NaN."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.equity import EQUITY_MAX, EQUITY_MIN, YEAR_NS, period_returns
from tradewind.analysis.equity import samples_per_year as counted_per_year
from tradewind.analysis.fills import FILL_MAX, FillRow
from tradewind.analysis.metrics import UNDEFINED, metrics, reasons
from tradewind.model.errors import BadData

DAY_NS = 86_400_000_000_000
FILL: FillRow = (0, "GOOG.SIM", 1, 1.0, 100.0, 0.0)


def days(count: int) -> list[int]:
    return [DAY_NS * day for day in range(count)]


def test_a_small_run_computed_by_hand() -> None:
    fills: list[FillRow] = [
        (0, "GOOG.SIM", 1, 10.0, 10.0, 1.0),
        (DAY_NS, "GOOG.SIM", -1, 10.0, 12.0, 1.0),
        (2 * DAY_NS, "GOOG.SIM", -1, 5.0, 12.0, 0.0),
        (3 * DAY_NS, "GOOG.SIM", 1, 5.0, 14.0, 0.0),
    ]
    found = metrics(days(5), [1000.0, 1018.0, 1018.0, 1008.0, 1008.0], fills, 365)
    assert found["start_equity"] == 1000.0
    assert found["end_equity"] == 1008.0
    assert found["total_return"] == pytest.approx(0.008)
    assert found["annual_return"] == pytest.approx(1.008 ** (365.25 / 4) - 1.0)
    assert found["max_drawdown"] == pytest.approx(10 / 1018)
    assert found["max_drawdown_duration_s"] == 2 * 86_400.0
    assert found["fill_count"] == 4
    assert found["round_trip_count"] == 2
    assert found["fees_paid"] == 2.0
    assert found["turnover"] == 350.0
    assert found["win_rate"] == 0.5
    assert found["profit_factor"] == 1.8
    assert found["expectancy"] == 4.0
    assert found["average_holding_time_s"] == 86_400.0
    assert found["exposure_time_share"] == 0.5
    assert found["calmar_ratio"] == pytest.approx((1.008 ** (365.25 / 4) - 1.0) / (10 / 1018))
    assert reasons(found) == {}


def test_a_run_that_never_traded_says_why_each_metric_is_missing() -> None:
    found = metrics([], [], [], 252)
    assert reasons(found) == UNDEFINED
    assert {name for name, value in found.items() if value is None} == set(UNDEFINED)


def test_the_curve_of_a_ruined_account_has_a_drawdown_and_no_returns() -> None:
    found = metrics(days(3), [100.0, -50.0, 10.0], [], 252)
    assert found["max_drawdown"] == 1.5
    assert found["sharpe_ratio"] is None
    assert found["value_at_risk_95"] is None


@given(
    st.lists(st.floats(-EQUITY_MAX, EQUITY_MAX), max_size=20),
    st.lists(
        st.tuples(
            st.just(0),
            st.sampled_from(["GOOG.SIM", "AAPL.SIM"]),
            st.sampled_from([1, -1]),
            st.floats(1e-10, 1e7),
            st.floats(-1e7, 1e7),
            st.floats(-1e7, 1e7),
        ),
        max_size=12,
    ),
    st.sampled_from([1, DAY_NS // 1_000, DAY_NS]),
)
def test_no_metric_is_ever_infinite_or_unexplained(
    equity: list[float], fills: list[FillRow], period_ns: int
) -> None:
    times = [period_ns * sample for sample in range(len(equity))]
    found = metrics(times, equity, fills, 252)
    json.dumps(found, allow_nan=False)
    assert reasons(found).keys() <= UNDEFINED.keys()
    assert all(value is None or math.isfinite(value) for value in found.values())


@given(st.lists(st.floats(1.0, 1e6), min_size=3, max_size=20))
def test_arrays_and_lists_give_the_same_metrics(equity: list[float]) -> None:
    times = days(len(equity))
    assert metrics(times, equity, [FILL], 252) == metrics(
        np.array(times), np.array(equity), [FILL], 252
    )


def test_times_and_values_must_be_equally_many() -> None:
    with pytest.raises(BadData, match="2 values for 1 times"):
        metrics([0], [1.0, 2.0], [], 252)


def test_samples_out_of_order_are_refused_and_equal_times_are_not() -> None:
    with pytest.raises(BadData, match="sample 2 is earlier than sample 1"):
        metrics([0, 5, 4], [1.0, 1.0, 1.0], [], 252)
    metrics([0, 5, 5], [1.0, 1.0, 1.0], [], 252)


@pytest.mark.parametrize("value", [math.nan, math.inf, math.nextafter(EQUITY_MAX, math.inf)])
def test_equity_that_is_no_number_or_past_the_limit_is_refused(value: float) -> None:
    metrics([0, 1], [1.0, EQUITY_MAX], [], 252)
    with pytest.raises(BadData, match="sample 1 is not a number within"):
        metrics([0, 1], [1.0, value], [], 252)


def test_nothing_left_gives_no_returns() -> None:
    assert len(period_returns(np.array([1.0, EQUITY_MIN, 1.0]))) == 0
    assert len(period_returns(np.array([1.0, 2 * EQUITY_MIN, 1.0]))) == 2


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (2, 0, "has side 0"),
        (3, 0.0, "needs a quantity above zero"),
        (3, math.nan, "needs a quantity above zero"),
        (4, math.inf, "needs a quantity above zero"),
        (4, FILL_MAX, "numbers within"),
        (5, math.nan, "numbers within"),
    ],
)
def test_a_fill_that_cannot_be_is_refused(place: int, value: float, sentence: str) -> None:
    row = (*FILL[:place], value, *FILL[place + 1 :])
    with pytest.raises(BadData, match=sentence):
        metrics([0, 1], [1.0, 1.0], [row], 252)  # type: ignore[list-item]


def test_fills_out_of_order_are_refused() -> None:
    with pytest.raises(BadData, match="fill 1 is earlier than fill 0"):
        metrics([0, 1], [1.0, 1.0], [(1, *FILL[1:]), FILL], 252)


def test_samples_per_year_count_what_is_there() -> None:
    assert counted_per_year([0, YEAR_NS // 4, YEAR_NS // 2]) == 4.0
    assert counted_per_year([5, 5]) is None
