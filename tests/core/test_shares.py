"""Shares of an amount, exactly, on both sides of what 64 bits can multiply."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from tradewind.core.exposure import convert
from tradewind.core.risk import exceeds_share
from tradewind.model.numbers import MONEY_MAX

SHARE = 10**9
AMOUNTS = st.one_of(st.integers(0, 10**6), st.integers(0, MONEY_MAX))
SHARES = st.one_of(st.integers(0, 20 * SHARE), st.integers(0, MONEY_MAX))
BASES = st.one_of(st.integers(-(10**6), 10**6), st.integers(-MONEY_MAX // 4, MONEY_MAX // 4))


@given(AMOUNTS, SHARES, BASES)
@example(9 * SHARE * SHARE, 9 * SHARE, SHARE * SHARE)
@example(9 * SHARE * SHARE + 1, 9 * SHARE, SHARE * SHARE)
@example(10 * SHARE, 10 * SHARE, SHARE)
@example(10 * SHARE + 1, 10 * SHARE, SHARE)
@example(0, 0, -1)
def test_an_amount_exceeds_a_share_exactly_when_fractions_say_so(
    amount: int, share: int, base: int
) -> None:
    assert exceeds_share(amount, share, base) == (amount > Fraction(share * base, SHARE))


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**12), st.sampled_from([1, 3, 10, SHARE]))
def test_money_is_converted_half_to_the_even(amount: int, rate: int, divisor: int) -> None:
    expected = round(Fraction(amount * rate, divisor))
    if abs(expected) <= MONEY_MAX:
        assert convert(amount, rate, divisor) == expected
