"""Adjustment by corporate actions: exact, half-even, up to the evening before the ex-date."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.model.adjustment import (
    HOUR_NS,
    Adjust,
    Adjustment,
    adjusted_instrument,
    changes_of,
)
from tradewind.model.columns import Columns
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

DAY_NS = 24 * HOUR_NS
IBM = Instrument("IBM.X", tick="0.01", lot="1", currency="USD", calendar="XNYS")
COIN = Instrument("COIN/USD.X", tick="0.01", lot="0.0001")


def trades(*rows: tuple[int, int, int], instrument: Instrument = IBM) -> Columns:
    """Trades of time, price and size."""
    time_ns, price, size = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    arrays = {"time_ns": time_ns, "price": price, "size": size, "side": np.zeros(len(rows))}
    return Columns("trades", instrument, arrays)


def adjusted(
    columns: Columns, *actions: CorporateAction, adjust: Adjust = "all", close: str = "100"
) -> list[list[Decimal]]:
    """Prices and sizes behind an adjustment; every dividend has the same close before it."""
    changes = changes_of(
        actions,
        columns.instrument,
        adjust=adjust,
        close_before=lambda action, before_ns: Fraction(close),
    )
    found = Adjustment(changes).of(columns)
    digits = {"price": found.instrument.price_digits, "size": found.instrument.quantity_digits}
    return [[Decimal(unit).scaleb(-digits[n]) for unit in found[n].tolist()] for n in digits]


SPLIT = CorporateAction("split", 2 * DAY_NS, new="4")
PAID = CorporateAction("dividend", DAY_NS, amount="0.25")


def test_a_split_divides_prices_and_multiplies_sizes_of_before() -> None:
    columns = trades((DAY_NS, 40_001, 3), (3 * DAY_NS, 10_000, 8))
    assert adjusted(columns, SPLIT) == [[Decimal("100.0025"), 100], [12, 8]]


def test_a_dividend_takes_its_share_of_the_close_before_it() -> None:
    columns = trades((1, 10_000, 3), (2 * DAY_NS, 9_975, 8))
    assert adjusted(columns, PAID) == [[Decimal("99.75"), Decimal("99.75")], [3, 8]]
    assert adjusted(columns, PAID, adjust="splits")[0] == [100, Decimal("99.75")]


def test_factors_of_several_actions_multiply() -> None:
    columns = trades((1, 40_000, 1), (DAY_NS + 6 * HOUR_NS, 40_000, 1), (3 * DAY_NS, 10_000, 1))
    prices, sizes = adjusted(columns, SPLIT, PAID)
    assert prices == [Decimal("99.75"), 100, 100]
    assert sizes == [4, 4, 1]


def test_dividends_of_one_day_count_together() -> None:
    extra = CorporateAction("dividend", DAY_NS, amount="9.75")
    assert adjusted(trades((1, 10_000, 1)), PAID, extra)[0] == [90]


def test_a_factor_that_the_source_tells_stands_for_itself() -> None:
    told = CorporateAction("dividend", DAY_NS, amount="0.25", factor="0.5/0.8")
    assert adjusted(trades((1, 10_000, 1)), told)[0] == [Decimal("62.5")]


def test_the_evening_in_new_york_belongs_to_the_day_before_the_ex_date() -> None:
    ex_ns = 2 * DAY_NS
    rows = ((ex_ns + 5 * HOUR_NS - 1, 400, 1), (ex_ns + 5 * HOUR_NS, 100, 1))
    assert adjusted(trades(*rows), SPLIT)[0] == [1, 1]
    assert adjusted(trades(*rows, instrument=COIN), SPLIT)[0] == [4, 1]


def test_nothing_to_adjust_gives_the_very_same_columns() -> None:
    columns = trades((1, 10_000, 1))
    assert Adjustment([]).of(columns) is columns
    rename = CorporateAction("rename", DAY_NS, new="IBMX", old="IBM")
    none = changes_of([SPLIT], IBM, adjust="none", close_before=lambda *_: Fraction(1))
    named = changes_of([rename], IBM, adjust="all", close_before=lambda *_: Fraction(1))
    assert none == named == []


def test_absent_sides_of_quotes_stay_absent() -> None:
    arrays = {"time_ns": [1], "bid": [0], "bid_size": [0], "ask": [400], "ask_size": [1]}
    quotes = Columns("quotes", IBM, {n: np.array(arrays[n]) for n in arrays})
    changes = changes_of([SPLIT], IBM, adjust="all", close_before=lambda *_: Fraction(1))
    found = Adjustment(changes).of(quotes)
    assert {name: array.tolist() for name, array in found.arrays.items()} == {
        "time_ns": [1],
        "bid": [0],
        "bid_size": [0],
        "ask": [1_000_000],
        "ask_size": [4],
    }


def test_a_dividend_of_the_whole_price_is_refused_and_one_just_below_is_not() -> None:
    columns = trades((1, 10_000, 1))
    with pytest.raises(BadData, match="is no less than the price before it"):
        adjusted(columns, PAID, close="0.25")
    assert adjusted(columns, PAID, close="0.26")[0] == [Decimal("3.846154")]


def test_a_price_that_vanishes_or_a_size_beyond_its_bound_is_refused() -> None:
    small = CorporateAction("split", 2 * DAY_NS, new="100000000")
    with pytest.raises(BadData, match="price must be greater than zero"):
        adjusted(trades((1, 1, 1)), small)
    with pytest.raises(BadData, match="at most 1000000000000000 can be"):
        adjusted(trades((1, 10_000_000, 10**8)), small)


def test_the_lot_is_no_finer_than_the_digits_leave_room_for() -> None:
    coin = adjusted_instrument(Instrument("A.X", lot="0.0000001", currency="USD", price_digits=2))
    assert (coin.price_digits, coin.quantity_digits, coin.lot) == (6, 4, "0.0001")


@given(
    prices=st.lists(st.tuples(*[st.integers(100, 10**7)] * 4), min_size=1, max_size=20),
    new=st.integers(1, 50),
    old=st.integers(1, 50),
    cents=st.integers(1, 99),
)
def test_bars_stay_bars_and_equal_the_exact_product(
    prices: list[tuple[int, int, int, int]], new: int, old: int, cents: int
) -> None:
    opened = np.arange(len(prices), dtype=np.int64)
    ordered = np.array([sorted(row) for row in prices], np.int64)
    columns = Columns(
        "bars",
        IBM,
        {
            "open_time_ns": opened,
            "close_time_ns": opened + 1,
            "open": ordered[:, 1],
            "high": ordered[:, 3],
            "low": ordered[:, 0],
            "close": ordered[:, 2],
            "volume": ordered[:, 3],
        },
    )
    split = CorporateAction("split", DAY_NS, new=str(new), old=str(old))
    paid = CorporateAction("dividend", 2 * DAY_NS, amount=f"0.{cents:02d}")
    changes = changes_of([split, paid], IBM, adjust="all", close_before=lambda *_: Fraction("1.37"))
    found = Adjustment(changes).of(columns)
    factor = Fraction(old, new) * (1 - Fraction(cents, 137))
    for name in ("open", "high", "low", "close"):
        exact = [Fraction(unit) * 10_000 * factor for unit in columns[name].tolist()]
        assert found[name].tolist() == [round(value) for value in exact]
    assert found["volume"].tolist() == [
        round(Fraction(unit * new, old)) for unit in columns["volume"].tolist()
    ]
