"""Fees: exact to the last money unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.desk import GOOG, Desk
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Liquidity
from tradewind.sim import fees, slippage
from tradewind.sim.listing import Listing
from tradewind.sim.rates import share_above, share_below, share_of

MAKER = Liquidity.MAKER
TAKER = Liquidity.TAKER
BTC = Listing(Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001"))
SPY = Listing(Instrument("SPY.SIM", tick="0.01", lot="1", currency="USD"))


def test_a_percent_fee_is_charged_in_the_currency_of_the_instrument() -> None:
    desk = Desk(fees=fees.percent("0.001"))
    desk.buy("a", 7)
    desk.open(10000)
    (_, fill) = desk.take_reports()
    assert (fill.fee, fill.fee_currency) == (700_000, "USD")  # 0.70


def test_makers_and_takers_pay_their_own_rates() -> None:
    model = fees.maker_taker(maker="-0.0001", taker="0.0004")
    assert model.fee(BTC, 6_000_000, 100_000, 0, MAKER) == -600_000_000  # -6 of 60000
    assert model.fee(BTC, 6_000_000, 100_000, 0, TAKER) == 2_400_000_000


@pytest.mark.parametrize(
    ("quantity", "fee"), [(1, 1_000_000), (200, 1_000_000), (201, 1_005_000), (697, 3_485_000)]
)
def test_a_fee_a_share_has_a_minimum_an_order(quantity: int, fee: int) -> None:
    model = fees.per_share("0.005", minimum="1")
    assert model.fee(SPY, 14_000, quantity, 0, TAKER) == fee


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_the_parts_of_an_order_cost_what_the_whole_would(parts: list[int]) -> None:
    model = fees.per_share("0.0035", minimum="0.35")
    filled = total = 0
    for quantity in parts:
        total += model.fee(SPY, 14_000, quantity, filled, TAKER)
        filled += quantity
    assert total == model.fee(SPY, 14_000, filled, 0, TAKER)


def test_a_maximum_share_of_the_value_wins_over_the_minimum() -> None:
    model = fees.per_share("0.005", minimum="1", maximum_share="0.005")
    assert model.fee(SPY, 1_000, 10, 0, TAKER) == 500_000  # 0.5 % of 100.00


def test_a_fixed_fee_comes_with_the_first_fill_only() -> None:
    model = fees.fixed("2.50")
    assert model.fee(SPY, 14_000, 10, 0, TAKER) == 2_500_000
    assert model.fee(SPY, 14_000, 10, 10, TAKER) == 0


def test_a_rate_has_nine_digits_and_is_at_most_one() -> None:
    assert fees.percent("0.000000001").fee(SPY, 100_000_000, 1, 0, TAKER) == 1_000  # 1e6 -> 0.001
    assert fees.percent("1").fee(SPY, 14_000, 1, 0, TAKER) == 140_000_000
    for text in ("0.0000000001", "1.000000001", "-1.1", "ten"):
        with pytest.raises(UserError):
            fees.percent(text)
    for text in ("-0.01", "1000000.1"):
        with pytest.raises(UserError):
            fees.fixed(text)


@given(st.integers(0, 2**63 - 1), st.integers(-(10**9), 10**9))
def test_shares_of_money_are_exact(money: int, rate: int) -> None:
    exact = Decimal(money) * rate / 10**9
    assert share_of(money, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
    assert share_below(money, rate) == money * rate // 10**9
    assert share_above(money, rate) == -(-money * rate // 10**9)


@given(
    st.sampled_from([1, -1]),
    st.integers(1, 10**9),
    st.sampled_from(
        [
            slippage.none(),
            slippage.ticks(3),
            slippage.share("0.0005"),
            slippage.square_root("0.5"),
            slippage.spread("0.7"),
        ]
    ),
)
def test_slippage_is_against_us_and_leaves_a_price(
    side: int, price: int, model: slippage.SlippageModel
) -> None:
    listing = Listing(GOOG)
    listing.bid, listing.ask, listing.volume = 1000, 1007, 50
    slipped = model.price(listing, side, price, 7)
    assert (slipped - price) * side >= 0
    assert 1 <= slipped <= 2 * price


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: slippage.ticks(-1),
        lambda: slippage.ticks(1001),
        lambda: slippage.share("-0.1"),
        lambda: slippage.spread("-0.1"),
        lambda: slippage.square_root("101"),
    ],
)
def test_slippage_beyond_its_bounds_is_refused(wrong: object) -> None:
    with pytest.raises(UserError):
        wrong()  # type: ignore[operator]
