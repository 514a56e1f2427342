"""The exponential function with the same last bit on every machine.

numpy picks its `exp` by the CPU, and the last bit differs between CPUs; a price that is rounded to
a tick afterwards would then differ too, once in a long while. Addition, multiplication, rounding
and scaling by a power of two are exact or correctly rounded everywhere: nothing else is used here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

EXPONENT_MAX = 700.0
"""Largest |exponent| accepted; beyond it a float64 overflows, or vanishes."""

_INVERSE_LN2 = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_COEFFICIENTS = tuple(1.0 / math.factorial(power) for power in range(13, -1, -1))


def portable_exp(exponents: FloatArray) -> FloatArray:
    """e to the power of each element, within 2 units of the last place, equal on all machines.

    The argument is reduced to x = k ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite, "Software
    Manual for the Elementary Functions", 1980, chapter 6), and e^r is its Taylor series of
    degree 13.

    >>> portable_exp(np.array([0.0, 1.0])).round(12).tolist()
    [1.0, 2.718281828459]
    """
    assert np.all(np.abs(exponents) <= EXPONENT_MAX), "exponent out of range"
    powers = np.rint(exponents * _INVERSE_LN2)
    remainder = (exponents - powers * _LN2_HIGH) - powers * _LN2_LOW
    total = np.full_like(remainder, _COEFFICIENTS[0])
    for coefficient in _COEFFICIENTS[1:]:
        total *= remainder
        total += coefficient
    return np.ldexp(total, powers.astype(np.int32))


def portable_exp_of(exponent: float) -> float:
    """`portable_exp` of one number.

    >>> portable_exp_of(0.0)
    1.0
    """
    return float(portable_exp(np.array([exponent]))[0])
