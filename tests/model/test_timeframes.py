"""Timeframes: how they are written and how long they are."""

from __future__ import annotations

import pytest

from tradewind.model.errors import UserError
from tradewind.model.timeframes import timeframe_ns, timerange_ns


def test_a_timeframe_is_a_count_and_a_unit() -> None:
    second = 1_000_000_000
    expected = {"1s": second, "5m": 300 * second, "4h": 14_400 * second, "1d": 86_400 * second}
    assert {text: timeframe_ns(text) for text in expected} == expected


@pytest.mark.parametrize("text", ["", "m", "0m", "1", "1w", "1M", "1.5h", "10000m", " 1m"])
def test_what_is_no_timeframe_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not a timeframe: write it like"):
        timeframe_ns(text)


def test_a_timerange_is_two_days_of_which_one_may_be_open() -> None:
    day_ns = 86_400_000_000_000
    assert timerange_ns("19700102-19700103") == (day_ns, 2 * day_ns)
    assert timerange_ns("19700102-") == (day_ns, None)
    assert timerange_ns("-19700102T0001") == (None, day_ns + 60_000_000_000)


WRONG_RANGES = {
    "is not a timerange: write it like 20240101-20240630": (
        "",
        "-",
        "2024",
        "2024-01-01-2024-02-01",
    ),
    "is no day: write it like 20240131": ("20240230-", "-20241301", "20240101T2500-"),
    "ends before it starts": ("20240102-20240101", "20240101-20240101"),
}


@pytest.mark.parametrize("sentence", WRONG_RANGES)
def test_what_is_no_timerange_is_refused(sentence: str) -> None:
    for text in WRONG_RANGES[sentence]:
        with pytest.raises(UserError, match=sentence):
            timerange_ns(text)
