"""Sizing against the checks themselves: what it says passes, and one lot more is denied."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradewind as tw
from tests.core.test_accounts import BTC, GOOG, SAP, Desk
from tradewind.core.sizing import risk_quantity
from tradewind.model import messages as m
from tradewind.model.limits import Limits
from tradewind.model.orders import Side

SCOPES = ("firm", "account:main", "strategy:manual")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([GOOG, SAP, BTC]),
    st.integers(100, 10**6),
    st.sampled_from([Side.BUY, Side.SELL]),
    st.lists(
        st.tuples(
            st.sampled_from(SCOPES),
            st.one_of(st.none(), st.integers(1, 1000)),
            st.one_of(st.none(), st.integers(1, 10**7)),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_the_quantity_passes_the_checks_and_a_lot_more_does_not(
    instrument: Any, price: int, side: Side, limits: Any
) -> None:
    desk = Desk()
    desk.mark(instrument, price)
    for scope, risk, size in limits:
        chosen = Limits(
            risk_per_trade=None if risk is None else f"{risk}e-6",
            position_notional=None if size is None else str(size),
        )
        desk.engine.step(m.LimitsChanged(2, scope, chosen, "test"))
    state = desk.state
    market = state.market(instrument.id)
    stop = 0
    units = risk_quantity(state, state.strategies[0], market, entry=price, stop=stop)
    if not any(scope.is_limited for scope in state.scopes()) or units > 10**9:
        return
    if units:
        assert type(desk.trade(instrument, side * units, price)) is m.SubmitOrder
        desk.trade(instrument, -side * units, price)
    more = desk.trade(instrument, side * (units + 2 * market.lot), price)  # one may be rounding
    assert type(more) is m.OrderDenied
    assert more.rule in ("risk_per_trade", "max_position_notional", "no_rate")


def test_what_is_held_already_leaves_less_room_and_a_short_has_the_other_side() -> None:
    desk = Desk()
    desk.mark(GOOG, 100_00)
    desk.engine.step(m.LimitsChanged(2, "firm", Limits(position_notional="5000"), "test"))
    desk.trade(GOOG, 30, 100_00)
    book, market = desk.state.strategies[0], desk.state.market(GOOG.id)
    assert risk_quantity(desk.state, book, market, entry=100_00, stop=90_00) == 20
    assert risk_quantity(desk.state, book, market, entry=100_00, stop=110_00) == 80
    assert risk_quantity(desk.state, book, market, entry=0, stop=90_00) == 0


def test_a_strategy_sizes_by_its_stop() -> None:
    class Sized(tw.Strategy):
        def on_start(self) -> None:
            self.subscribe_bars(self.instrument, "1d")

        def on_bar(self, bar: tw.Bar) -> None:
            if self.position.is_flat:
                self.found = self.risk_quantity(stop="95")
                self.buy(self.found)

    frame = {
        "open_time_ns": [0, 60, 120],
        **{name: [100, 100, 100] for name in ("open", "high", "low", "close")},
        "volume": [9, 9, 9],
    }
    strategy = Sized()
    result = tw.backtest(
        strategy,
        bars=frame,
        instrument=GOOG,
        cash="10000",
        limits=tw.Limits(risk_per_trade="0.1", position_notional="9000"),
    )
    assert strategy.found == 90  # 1,000 / 5 = 200 by risk, 9,000 / 100 by size
    assert result.denied_count == 3  # a market order has no stop: its risk is 20 % of 9,000
    loose = Sized()
    result = tw.backtest(
        loose, bars=frame, instrument=GOOG, cash="10000", limits=tw.Limits(position_notional="900")
    )
    assert [fill.quantity for fill in result.fills] == [9]


@pytest.mark.parametrize("entry", [Decimal(100), "100", 100])
def test_entry_and_stop_are_taken_as_any_number(entry: Any) -> None:
    found: list[Decimal] = []

    class Asks(tw.Strategy):
        def on_start(self) -> None:
            self.subscribe_bars(self.instrument, "1d")

        def on_bar(self, bar: tw.Bar) -> None:
            found.append(self.risk_quantity(entry=entry, stop="98", instrument=GOOG.id))

    frame = {
        "open_time_ns": [0, 60],
        **{name: [100, 100] for name in ("open", "high", "low", "close")},
        "volume": [9, 9],
    }
    tw.backtest(
        Asks(), bars=frame, instrument=GOOG, cash="1000", limits=tw.Limits(risk_per_trade="0.01")
    )
    assert found == [5, 5]
