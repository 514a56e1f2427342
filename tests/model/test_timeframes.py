"""Timeframes: how they are written and how long they are."""

from __future__ import annotations

import pytest

from tradewind.model.errors import UserError
from tradewind.model.timeframes import timeframe_ns


def test_a_timeframe_is_a_count_and_a_unit() -> None:
    second = 1_000_000_000
    expected = {"1s": second, "5m": 300 * second, "4h": 14_400 * second, "1d": 86_400 * second}
    assert {text: timeframe_ns(text) for text in expected} == expected


@pytest.mark.parametrize("text", ["", "m", "0m", "1", "1w", "1M", "1.5h", "10000m", " 1m"])
def test_what_is_no_timeframe_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not a timeframe: write it like"):
        timeframe_ns(text)
