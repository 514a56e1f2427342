"""Transaction costs against numbers calculated by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tradewind as tw
from tests.sim.test_clearing import GOOG, Want, bars, flat
from tradewind.analysis.market_path import MarketPath
from tradewind.analysis.tca import FillOf, OrderStory, Tca, transaction_costs

SECOND = 10**9


def quotes(*rows: tuple[float, float, float]) -> tw.Columns:
    """Quotes of (second, bid, ask)."""
    frame = {
        "time_ns": [int(second * SECOND) for second, _, _ in rows],
        "bid": [bid for _, bid, _ in rows],
        "bid_size": [1] * len(rows),
        "ask": [ask for _, _, ask in rows],
        "ask_size": [1] * len(rows),
    }
    return tw.columns_from("quotes", frame, GOOG)


def trades(*rows: tuple[float, float, int]) -> tw.Columns:
    """Prints of (second, price, size)."""
    frame = {
        "time_ns": [int(second * SECOND) for second, _, _ in rows],
        "price": [price for _, price, _ in rows],
        "size": [size for _, _, size in rows],
        "side": [0] * len(rows),
    }
    return tw.columns_from("trades", frame, GOOG)


def story(side: int = 1, **terms: Any) -> OrderStory:
    """12 wanted at second 10; 4 and 6 filled at seconds 12 and 14; ended at 20."""
    fields: dict[str, Any] = {
        "order_id": "j0-one-1",
        "strategy": "one",
        "account": "main",
        "instrument": GOOG,
        "side": side,
        "quantity": 12,
        "intended_ns": 10 * SECOND,
        "tick_ns": 10 * SECOND - 1_000,
        "sent_ns": 10 * SECOND + 300,
        "acked_ns": 10 * SECOND + 5_000_000,
        "ended_ns": 20 * SECOND,
        "fills": [
            FillOf(12 * SECOND, 100_12, 4, 500_000, "USD"),
            FillOf(14 * SECOND, 100_20, 6, 300_000, "USD"),
        ],
    }
    return OrderStory(**(fields | terms))


MARKET = (
    quotes((9, 100.00, 100.10), (11, 100.08, 100.12), (13, 100.10, 100.20), (19, 100.20, 100.30)),
    trades((5, 90, 100), (10, 100.05, 5), (12, 100.14, 10), (14, 100.18, 5), (15, 120, 100)),
)


def costs(*stories: OrderStory, market: Any = MARKET) -> Tca:
    return transaction_costs(stories, {GOOG.id: MarketPath(market)})


def test_the_costs_of_an_order_are_those_calculated_by_hand() -> None:
    (cost,) = costs(story()).orders
    assert cost.arrival_price == "100.050000"  # (100.00 + 100.10) / 2
    assert cost.average_price == "100.168000"  # (4 x 100.12 + 6 x 100.20) / 10
    assert cost.notional == "1001.680000"
    assert cost.slippage == "1.180000"  # 4 x 0.07 + 6 x 0.15
    assert cost.slippage_bps == "11.7941"  # 1.18 / 1000.5
    assert cost.spread_paid == "0.380000"  # 4 x (100.12 - 100.10) + 6 x (100.20 - 100.15)
    assert cost.timing == "0.800000"  # 4 x (100.10 - 100.05) + 6 x (100.15 - 100.05)
    assert cost.opportunity == "0.400000"  # 2 left x (100.25 - 100.05)
    assert cost.fees == "0.800000"
    assert cost.shortfall == "2.380000"  # 1.18 + 0.40 + 0.80
    assert cost.shortfall_bps == "23.7881"  # 2.38 / 1000.5
    assert cost.interval_vwap == "100.127500"  # (5 x 100.05 + 10 x 100.14 + 5 x 100.18) / 20
    assert cost.vwap_slippage == "0.405000"  # 10 x (100.168 - 100.1275)
    assert cost.vwap_slippage_bps == "4.0448"  # 0.405 / 1001.275
    assert (cost.quantity, cost.filled_quantity, cost.side) == ("12", "10", "BUY")
    assert (cost.tick_to_decision_ns, cost.decision_to_send_ns) == (1_000, 300)
    assert (cost.tick_to_send_ns, cost.send_to_ack_ns) == (1_300, 4_999_700)
    assert (cost.ack_to_fill_ns, cost.send_to_fill_ns) == (1_995_000_000, 1_999_999_700)


def test_a_sale_at_the_same_prices_gains_what_a_purchase_pays_but_fees() -> None:
    (cost,) = costs(story(side=-1)).orders
    assert (cost.slippage, cost.spread_paid, cost.timing) == ("-1.180000", "-0.380000", "-0.800000")
    assert (cost.opportunity, cost.fees, cost.shortfall) == ("-0.400000", "0.800000", "-0.780000")
    assert cost.vwap_slippage == "-0.405000"


def test_totals_weigh_orders_by_their_arrival_value() -> None:
    second = story(
        order_id="j0-one-2",
        quantity=10,
        fills=[FillOf(12 * SECOND, 100_05, 10, 0, "USD")],
        acked_ns=10 * SECOND + 301,
    )
    found = costs(story(), second, story(order_id="j0-one-3", fills=[], ended_ns=0, acked_ns=0))
    (total,) = found.totals
    assert (total.orders, total.filled_orders) == (3, 2)
    assert total.notional == "2002.180000"  # 1001.68 + 1000.50
    assert total.slippage == "1.180000"
    assert total.slippage_bps == "5.8971"  # 1.18 / 2001
    assert total.shortfall == "2.380000"
    latency = {one.part: one for one in found.latency}
    assert latency["send_to_ack"].count == 2
    assert (latency["send_to_ack"].p50_ns, latency["send_to_ack"].max_ns) == (1, 4_999_700)
    assert latency["tick_to_send"].count == 3


def test_what_cannot_be_known_is_left_empty() -> None:
    (cost,) = costs(story(fills=[FillOf(12 * SECOND, 100_12, 4, 7, "BNB")]), market=()).orders
    assert (cost.arrival_price, cost.slippage, cost.interval_vwap) == ("", "", "")
    assert (cost.average_price, cost.fees) == ("100.120000", "0.000000")
    assert cost.other_fees == {"BNB": "0.00000007"}


def test_depth_gives_the_middle_of_the_book() -> None:
    frame = {
        "time_ns": [5, 5, 6, 7],
        "side": [1, -1, 1, 1],
        "price": [100, 101, 100.5, 100.5],
        "size": [1, 1, 1, 0],
        "flags": [2, 3, 1, 1],
    }
    path = MarketPath([tw.columns_from("depth", frame, GOOG)])
    assert [path.middle(time) for time in (4, 5, 6, 7)] == [None, 10050, 10075, 10050]


def test_a_backtest_pays_the_slippage_it_was_given() -> None:
    rows = [flat(100), (102, 103, 101, 103), flat(104)]
    result = tw.backtest(
        Want("10"),
        data=[bars(GOOG, rows)],
        cash="10000",
        slippage=tw.slippage.ticks(5),
        fees=tw.fees.percent("0.001"),
    )
    (cost,) = result.tca().orders
    assert cost.arrival_price == "100.000000"  # the close it was decided on
    assert cost.average_price == "102.050000"  # the next open, five ticks worse
    assert (cost.timing, cost.spread_paid) == ("20.000000", "0.500000")
    assert cost.slippage == "20.500000"
    assert cost.fees == "1.020500"
    (again,) = result.tca(bars(GOOG, rows)).orders
    assert again == cost


PRICES = st.integers(9_000, 11_000)


@given(
    st.lists(st.tuples(PRICES, st.integers(1, 50)), min_size=1, max_size=8),
    st.sampled_from([1, -1]),
)
def test_timing_and_spread_paid_are_the_slippage(fills: Any, side: int) -> None:
    done = [
        FillOf((11 + place) * SECOND, price, quantity, 0, "USD")
        for place, (price, quantity) in enumerate(fills)
    ]
    (cost,) = costs(story(side=side, fills=done, ended_ns=0)).orders
    parts = Decimal(cost.timing) + Decimal(cost.spread_paid)
    assert parts == pytest.approx(Decimal(cost.slippage), abs=Decimal("0.000002"))
