"""Positions against a model in whole fractions, and the ledger's identity."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.positions import Position, share_of_cost
from tradewind.model.errors import BadNumber
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX

FACTORS = st.sampled_from([(1, 1), (10, 1), (1, 100), (50, 1), (1000, 1), (1, 10)])
QUANTITIES = st.integers(-1000, 1000).filter(bool)
PRICES = st.integers(1, 10**7)
FILLS = st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=40)


class Model:
    """What the rules say, without an eye on speed: close what is held first, then open."""

    def __init__(self, factor: int, divisor: int) -> None:
        self.rate = Fraction(factor, divisor)
        self.quantity = 0
        self.cost = 0
        self.realized = 0
        self.paid = 0

    def notional(self, quantity: int, price: int) -> int:
        return round(self.rate * quantity * price)  # a Fraction rounds half to even

    def fill(self, quantity: int, price: int) -> None:
        self.paid += self.notional(quantity, price)
        closed = 0
        if self.quantity * quantity < 0:
            closed = min(abs(quantity), abs(self.quantity)) * (1 if quantity > 0 else -1)
            self._close(
                -closed, price, whole=self.notional(quantity, price), rest=quantity - closed
            )
        self._open(quantity - closed, price, whole=self.notional(quantity, price), closed=closed)
        self.quantity += quantity

    def _close(self, quantity: int, price: int, *, whole: int, rest: int) -> None:
        released = floor(Fraction(self.cost * quantity, self.quantity))
        proceeds = self.notional(quantity, price) if rest else -whole
        self.realized += proceeds - released
        self.cost -= released

    def _open(self, quantity: int, price: int, *, whole: int, closed: int) -> None:
        if quantity:
            self.cost += whole - self.notional(closed, price)


@given(FACTORS, FILLS)
def test_any_fills_give_what_the_model_gives(
    factors: tuple[int, int], fills: list[tuple[int, int]]
) -> None:
    position, model = Position(), Model(*factors)
    for quantity, price in fills:
        before = model.realized
        realized = position.fill(quantity, price, *factors)
        model.fill(quantity, price)
        found = (position.quantity, position.cost, position.realized, realized)
        assert found == (model.quantity, model.cost, model.realized, model.realized - before)


@given(FACTORS, FILLS)
def test_cost_cash_and_profit_of_every_fill_sum_to_zero(
    factors: tuple[int, int], fills: list[tuple[int, int]]
) -> None:
    position, cash = Position(), 0
    for quantity, price in fills:
        cost = position.cost
        position.fill(quantity, price, *factors)
        assert position.released == cost - position.cost
        cash -= round(Fraction(factors[0] * quantity * price, factors[1]))
        assert cash + position.cost == position.realized


@given(FACTORS, FILLS)
def test_a_flat_position_has_no_cost(
    factors: tuple[int, int], fills: list[tuple[int, int]]
) -> None:
    position = Position()
    for quantity, price in fills:
        position.fill(quantity, price, *factors)
        assert (position.quantity == 0) <= (position.cost == 0)
        assert position.cost * position.quantity >= 0


@given(FILLS)
def test_a_long_and_a_short_mirror_each_other_but_for_the_floor(
    fills: list[tuple[int, int]],
) -> None:
    long, short = Position(), Position()
    for quantity, price in fills:
        long.fill(quantity, price, 1, 1)
        short.fill(-quantity, price, 1, 1)
    assert short.quantity == -long.quantity
    assert abs(short.cost + long.cost) <= len(fills)


def test_a_partial_close_releases_its_share_of_the_cost_rounded_down() -> None:
    position = Position()
    position.fill(3, 100, 1, 3)  # costs 100
    assert position.fill(-1, 100, 1, 3) == 0  # 33 in, 33 released
    assert (position.quantity, position.cost) == (2, 67)
    assert position.fill(-2, 100, 1, 3) == 0  # 67 in, all that was left released
    assert position.cost == 0


def test_a_flip_closes_what_was_held_and_opens_the_rest_at_the_price() -> None:
    position = Position()
    position.fill(2, 100, 1, 1)
    assert position.fill(-5, 110, 1, 1) == 20
    assert (position.quantity, position.cost) == (-3, -330)
    assert position.fill(5, 100, 1, 1) == 30
    assert (position.quantity, position.cost) == (2, 200)


def test_the_share_of_a_cost_is_exact_beyond_64_bits() -> None:
    assert share_of_cost(MONEY_MAX, 999_999, 1_000_000) == MONEY_MAX * 999_999 // 1_000_000
    assert share_of_cost(-MONEY_MAX, -999_999, -1_000_000) == -MONEY_MAX * 999_999 // 1_000_000


def test_a_product_at_64_bits_is_taken_and_one_beyond_is_refused_before_anything_changes() -> None:
    position = Position()
    at_the_bound = MONEY_MAX // UNITS_MAX
    position.fill(at_the_bound, UNITS_MAX, 1, 1)
    before = position.snapshot()
    with pytest.raises(BadNumber):
        position.fill(at_the_bound + 1, UNITS_MAX, 1, 1)
    assert position.snapshot() == before
