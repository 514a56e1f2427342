"""The hidden path's parts: mean reversion in closed form, the pattern of the day."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tradewind.sim.market_path import Grid, activity_of_day, generator_for, mean_reverting


@pytest.mark.parametrize("half_life_steps", [0.001, 1 / 64, 0.02, 0.3, 1.0, 7.0, 1e6])
def test_mean_reversion_in_closed_form_is_the_recursion(half_life_steps: float) -> None:
    shocks = generator_for(1, "shocks", 0).standard_normal(3_000)
    decay = 2.0 ** (-1.0 / half_life_steps)
    value, expected = 1.5, []
    for shock in shocks.tolist():
        value = decay * value + math.sqrt(1.0 - decay * decay) * shock
        expected.append(value)
    found = mean_reverting(1.5, shocks, half_life_steps=half_life_steps)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_day_is_as_busy_as_the_parameters_say_on_average() -> None:
    activity = activity_of_day(Grid(start_s=0.0, step_s=60.0, steps=1_440))
    assert activity.mean() == pytest.approx(1.0, abs=0.001)
    assert activity.min() > 0.39


def test_steps_of_a_day_and_more_have_no_pattern() -> None:
    assert activity_of_day(Grid(start_s=0.0, step_s=86_400.0, steps=2)).tolist() == [1.0, 1.0]
    assert activity_of_day(Grid(start_s=0.0, step_s=86_399.0, steps=1))[0] != 1.0


@pytest.mark.parametrize(("seed", "name", "block"), [(2, "a", 0), (1, "b", 0), (1, "a", 1)])
def test_seed_name_and_block_each_change_the_numbers(seed: int, name: str, block: int) -> None:
    assert generator_for(seed, name, block).random() != generator_for(1, "a", 0).random()
