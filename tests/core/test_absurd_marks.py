"""A price that no position could be worth: a run goes on, and nothing but its value is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.test_accounts import BTC, GOOG, SAP, Desk
from tradewind.core.exposure import VALUE_MAX
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.market import trade_of
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import Side

HELD = 10**10
MANY = tuple(Instrument(f"X{n}.SIM", tick="0.01", lot="1", currency="USD") for n in range(12))


def holding(desk: Desk, instrument: Instrument, side: Side, price: int = 100) -> None:
    """A position far beyond what it could be worth at the largest price."""
    desk.engine.step(trade_of(instrument, 2, price, 1, 0))
    name = f"x-{instrument.id[:4]}-{len(desk.state.orders)}"
    order = m.OrderIntended(2, name, "manual", instrument.id, side, HELD)
    desk.engine.step(order)
    desk.engine.step(m.OrderFilled(2, name, "f", price, HELD, 0, "USD", 2))
    assert desk.state.orders[name].filled_quantity == HELD


def trades(instrument: Instrument, prices: list[int]) -> Columns:
    count = len(prices)
    return Columns(
        "trades",
        instrument,
        {
            "time_ns": np.arange(3, 3 + count),
            "price": np.array(prices),
            "size": np.ones(count, np.int64),
            "side": np.zeros(count, np.int64),
        },
    )


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("instrument", [GOOG, SAP, BTC])
def test_a_run_goes_on_over_an_absurd_price(side: Side, instrument: Instrument) -> None:
    desk = Desk()
    holding(desk, instrument, side)
    account = desk.state.accounts[0]
    before = desk.state.equity(account)
    desk.engine.run(trades(instrument, [UNITS_MAX]))
    wallet = account.wallet(instrument.currency)
    desk.state.equity(account)
    assert wallet.value == side * VALUE_MAX
    desk.engine.run(trades(instrument, [UNITS_MAX - 1, 1, UNITS_MAX, 100]))
    assert desk.state.equity(account) == before


def test_an_order_is_denied_while_a_position_cannot_be_valued() -> None:
    desk = Desk()
    holding(desk, GOOG, Side.BUY)
    desk.engine.run(trades(GOOG, [UNITS_MAX]))
    decided = desk.engine.step(m.OrderIntended(9, "x-9", "manual", GOOG.id, Side.BUY, 1))
    assert [decision.rule for decision in decided] == ["too_large"]  # type: ignore[union-attr]


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_many_absurd_values_stay_within_the_bounds_of_equity(side: Side) -> None:
    desk = Desk()
    for instrument in MANY:
        desk.engine.step(m.InstrumentListed(2, instrument))
        holding(desk, instrument, side)
    account = desk.state.accounts[0]
    before = desk.state.equity(account)
    for price in (UNITS_MAX, 100):
        for instrument in MANY:
            desk.engine.run(trades(instrument, [price]))
            desk.state.time_ns = 2
            assert abs(desk.state.equity(account) - account.home.cash) <= 4 * VALUE_MAX
        assert state_hash(decode_state(encode_state(desk.state))) == state_hash(desk.state)
    assert desk.state.equity(account) == before
