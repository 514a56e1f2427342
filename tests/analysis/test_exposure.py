"""Exposure time: who holds anything, and for how long."""

from __future__ import annotations

import numpy as np

from tradewind.analysis.exposure import exposure_time_share
from tradewind.analysis.fills import Fill

RUN = np.array([100, 150, 200])


def fill(time_ns: int, side: int, quantity: float, instrument: str = "GOOG.SIM") -> Fill:
    return Fill(time_ns, instrument, side, quantity, 10.0, 0.0)


def test_a_position_counts_from_opening_to_closing() -> None:
    assert exposure_time_share([fill(110, 1, 2.0), fill(160, -1, 2.0)], RUN) == 0.5


def test_a_reduced_position_still_counts_and_a_short_one_too() -> None:
    assert exposure_time_share([fill(120, -1, 2.0), fill(160, 1, 1.0)], RUN) == 0.8


def test_overlapping_positions_of_two_instruments_count_once() -> None:
    fills = [
        fill(110, 1, 1.0),
        fill(120, 1, 1.0, "AAPL.SIM"),
        fill(130, -1, 1.0),
        fill(140, -1, 1.0, "AAPL.SIM"),
    ]
    assert exposure_time_share(fills, RUN) == 0.3


def test_what_was_filled_outside_the_run_counts_within_it_only() -> None:
    assert exposure_time_share([fill(50, 1, 1.0)], RUN) == 1.0
    assert exposure_time_share([fill(250, 1, 1.0)], RUN) == 0.0


def test_a_remainder_that_is_rounding_is_no_position() -> None:
    fills = [fill(100, 1, 0.1), fill(100, 1, 0.2), fill(110, -1, 0.3)]
    assert exposure_time_share(fills, RUN) == 0.1


def test_a_run_without_fills_is_never_exposed() -> None:
    assert exposure_time_share([], RUN) == 0.0


def test_a_run_that_took_no_time_has_no_share() -> None:
    assert exposure_time_share([], np.array([100, 100])) is None
    assert exposure_time_share([], np.array([100])) is None
