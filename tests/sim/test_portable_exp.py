"""The exponential: as good as the platform's, and built from exact operations only."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.sim.portable_exp import EXPONENT_MAX, portable_exp, portable_exp_of


@given(st.floats(-EXPONENT_MAX, EXPONENT_MAX))
def test_it_is_within_two_units_of_the_last_place(exponent: float) -> None:
    expected = math.exp(exponent)
    assert abs(portable_exp_of(exponent) - expected) <= 2 * math.ulp(expected)


def test_its_bits_are_these_on_every_machine() -> None:
    found = portable_exp(np.array([-700.0, -1.0, 1e-3, 0.5, 3.0, 700.0]))
    assert [value.hex() for value in found.tolist()] == [
        "0x1.14f2b0fb9307fp-1010",
        "0x1.78b56362cef38p-2",
        "0x1.0041919b7ee34p+0",
        "0x1.a61298e1e069cp+0",
        "0x1.415e5bf6fb106p+4",
        "0x1.d945df4f8ec8ep+1009",
    ]


def test_an_exponent_past_the_limit_is_a_programming_error() -> None:
    portable_exp(np.array([EXPONENT_MAX]))
    with pytest.raises(AssertionError, match="out of range"):
        portable_exp(np.array([np.nextafter(EXPONENT_MAX, np.inf)]))
