"""Accounts: legs of a hedging one, wallets of several currencies, and how much is remembered."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_positions import Model
from tradewind.core.engine import Engine
from tradewind.core.finished_orders import DONE_ORDER_AGE_MAX_NS, DONE_ORDERS_MAX
from tradewind.core.orders import Order
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import trade_of
from tradewind.model.orders import Leg, Liquidity, OrderState, Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SAP = Instrument("SAP.SIM", tick="0.01", lot="1", currency="EUR")
BTC = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001")
INSTRUMENTS = (GOOG, SAP, BTC)
RATES = {"USD": 10**9, "EUR": 1_100_000_000, "USDT": 999_000_000, "BNB": 600 * 10**9}
DIGITS = {"USD": 6, "EUR": 6, "USDT": 8, "BNB": 8}


class Desk:
    """An engine whose orders are filled at once, at the price one says."""

    def __init__(self, *, hedging: int = 0) -> None:
        self.engine = Engine(State())
        self.count = 0
        for event in (
            m.RunStarted(1, "j0", 1, ""),
            *(m.InstrumentListed(1, one) for one in INSTRUMENTS),
            m.AccountOpened(1, "main", "USD", bool(hedging)),
            m.CashDeposited(1, "main", "USD", 10**12),
            m.StrategyRegistered(1, "manual", "main", "", {}),
            *(m.RateChanged(1, one, "USD", rate) for one, rate in RATES.items() if one != "USD"),
        ):
            self.engine.step(event)

    @property
    def state(self) -> State:
        return self.engine.state

    def trade(self, instrument: Instrument, signed: int, price: int, **terms: Any) -> Any:
        """One order, filled whole if it is not denied; the decision."""
        self.count += 1
        leg, fee = terms.get("leg", Leg.NET), terms.get("fee", 0)
        order_id = f"j0-manual-{self.count}"
        side = Side.BUY if signed > 0 else Side.SELL
        intent = m.OrderIntended(2, order_id, "manual", instrument.id, side, abs(signed), leg=leg)
        (decision,) = self.engine.step(intent)
        if type(decision) is m.SubmitOrder:
            currency = terms.get("fee_currency", instrument.currency)
            self.engine.step(
                m.OrderFilled(2, order_id, "f", price, abs(signed), fee, currency, Liquidity.TAKER)
            )
        return decision

    def mark(self, instrument: Instrument, price: int) -> None:
        """A public trade."""
        self.engine.step(trade_of(instrument, 2, price, 1, 0))


LEG_TRADES = st.lists(
    st.tuples(st.sampled_from([Leg.LONG, Leg.SHORT]), st.integers(-9, 9), st.integers(1, 10**6)),
    max_size=40,
)


@settings(max_examples=60)
@given(LEG_TRADES)
def test_the_legs_of_a_hedging_account_are_two_positions_that_never_cross(
    trades: list[tuple[Leg, int, int]],
) -> None:
    desk = Desk(hedging=1)
    models = {Leg.LONG: Model(10_000, 1), Leg.SHORT: Model(10_000, 1)}
    for leg, signed, price in trades:
        if signed == 0:
            continue
        decision = desk.trade(GOOG, signed, price, leg=leg)
        overclosed = (models[leg].quantity + signed) * leg < 0
        assert (type(decision) is m.OrderDenied) == overclosed
        if not overclosed:
            models[leg].fill(signed, price)
    book = desk.state.strategies[0]
    for leg, model in models.items():
        position = book.position(0, leg)
        assert position.snapshot() == [model.quantity, model.cost, model.realized]
    wallet = desk.state.accounts[0].home
    assert wallet.cash == 10**12 - models[Leg.LONG].paid - models[Leg.SHORT].paid
    assert wallet.inventory == models[Leg.LONG].cost + models[Leg.SHORT].cost
    assert book.quantity(0) == models[Leg.LONG].quantity + models[Leg.SHORT].quantity


def test_the_position_mode_changes_only_where_nothing_is_held_or_open() -> None:
    desk = Desk()
    desk.trade(GOOG, 1, 100)
    hedging = m.AccountOpened(2, "main", "USD", True)
    with pytest.raises(UserError, match="close them before hedging"):
        desk.engine.step(hedging)
    desk.trade(GOOG, -1, 100)
    desk.engine.step(hedging)
    assert desk.trade(GOOG, 1, 100).rule == "leg"


TRADES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-9, 9).filter(bool),
        st.integers(1, 10**6),
        st.integers(-50, 50),
        st.sampled_from(["", "BNB"]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(TRADES, st.lists(st.integers(1, 10**6), min_size=3, max_size=3))
def test_equity_is_every_wallet_and_position_at_its_rate_and_mark(
    trades: list[tuple[int, int, int, int, str]], marks: list[int]
) -> None:
    desk = Desk()
    cash = dict.fromkeys(DIGITS, 0) | {"USD": 10**12}
    held = [0, 0, 0]
    for number, signed, price, fee, fee_currency in trades:
        instrument = INSTRUMENTS[number]
        currency = fee_currency or instrument.currency
        desk.trade(instrument, signed, price, fee=fee, fee_currency=currency)
        cash[currency] -= fee
        cash[instrument.currency] -= signed * price * instrument.money_factor
        held[number] += signed
    for instrument, price, quantity in zip(INSTRUMENTS, marks, held, strict=True):
        desk.mark(instrument, price)
        cash[instrument.currency] += quantity * price * instrument.money_factor
    expected = sum(
        round(Fraction(amount * RATES[one], 10**9) * Fraction(10**6, 10 ** DIGITS[one]))
        for one, amount in cash.items()
    )
    account = desk.state.accounts[0]
    assert desk.state.equity(account) == expected
    for wallet in account.wallets.values():
        wallet.check()


def test_a_fee_in_another_currency_opens_its_wallet() -> None:
    desk = Desk()
    desk.trade(BTC, 5, 100, fee=7, fee_currency="BNB")
    wallet = desk.state.accounts[0].wallets["BNB"]
    assert (wallet.cash, wallet.fees) == (-7, 7)


def finished(number: int, time_ns: int) -> Order:
    order = Order(f"o{number}", 0, 0, 0, 1, 1)
    order.state = OrderState.CANCELED
    order.changed_time_ns = time_ns
    return order


def test_a_hundred_thousand_finished_orders_are_remembered_and_not_one_more() -> None:
    state = State()
    for number in range(DONE_ORDERS_MAX + 1):
        assert len(state.orders) == number
        order = finished(number, 0)
        state.orders[order.order_id] = order
        state.finish(order)
    assert len(state.orders) == len(state.done) == DONE_ORDERS_MAX
    assert "o0" not in state.orders
    assert "o1" in state.orders


def test_a_finished_order_is_forgotten_behind_a_day() -> None:
    state = State()
    for number, time_ns in enumerate([0, DONE_ORDER_AGE_MAX_NS, DONE_ORDER_AGE_MAX_NS + 1]):
        state.time_ns = time_ns
        order = finished(number, time_ns)
        state.orders[order.order_id] = order
        state.finish(order)
        assert ("o0" in state.orders) == (number < 2)


def test_an_open_order_is_never_forgotten() -> None:
    desk = Desk()
    desk.engine.step(m.OrderIntended(2, "j0-manual-1", "manual", "GOOG.SIM", Side.BUY, 1))
    desk.engine.step(m.ClockTicked(DONE_ORDER_AGE_MAX_NS * 3))
    desk.count = 1
    desk.trade(GOOG, 1, 100)
    assert "j0-manual-1" in desk.state.orders
