"""What cannot be applied is refused before it is journaled, with one sentence."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tradewind.core.engine import Engine
from tradewind.core.event_checks import BALANCE_MAX, CHECKS, TIME_MAX_NS, TIMERS_MAX
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.transitions import TRANSITIONS
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import quote_of
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import Leg, Liquidity, Side, Sizing, TargetKind

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
HUGE = 10**19


def trading() -> Engine:
    """An engine with an open order, a position of 1, and a hedging and a netting account."""
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 3, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.AccountOpened(1, "other", "USD", True),
        m.CashDeposited(1, "main", "USD", 10**12),
        m.StrategyRegistered(1, "manual", "main", "", {}),
        quote_of(GOOG, 2, 9_999, 5, 10_001, 5),
        intended(1, quantity=1),
        filled(price=10_000, quantity=1),
        intended(2, quantity=3),
    ):
        engine.step(event)
    return engine


def intended(number: int, **terms: Any) -> m.OrderIntended:
    fields = {"side": Side.BUY, "quantity": 1, **terms}
    return m.OrderIntended(3, f"j0-manual-{number}", "manual", "GOOG.SIM", **fields)


def filled(**terms: Any) -> m.OrderFilled:
    fields = {"price": 1, "quantity": 1, "fee": 0, "fee_currency": "USD", **terms}
    return m.OrderFilled(4, "j0-manual-1", "f", liquidity=Liquidity.TAKER, **fields)


def target(**terms: Any) -> m.TargetIntended:
    fields = {"kind": TargetKind.POSITION, "value": 1, "sizing": Sizing.AT_FILL, **terms}
    return m.TargetIntended(3, "j0-manual-9", "manual", "GOOG.SIM", **fields)


def limits(**terms: Any) -> m.LimitsChanged:
    return m.LimitsChanged(3, "firm", Limits(**terms), "test")


def listed(**terms: Any) -> m.InstrumentListed:
    fields = {"tick": "0.01", "lot": "1", "currency": "USD", **terms}
    return m.InstrumentListed(3, Instrument("GOOG.SIM", **fields))


REFUSED = [
    (m.RunStarted(3, "j0", 3, ""), "epoch 3 comes behind 3"),
    (m.ClockTicked(-1), "out of range"),
    (m.ClockTicked(TIME_MAX_NS), "out of range"),
    (listed(stress_move="1.1"), "stress_move is 0 to 1"),
    (listed(min_notional="-1"), "min_notional not negative"),
    (listed(multiplier=10**13), "too large"),
    (listed(multiplier=2), "close them before its multiplier changes"),
    (listed(currency="EUR"), "close them before its currency changes"),
    (listed(price_digits=3), "close them before its price_digits changes"),
    (m.AccountOpened(3, "", "USD"), "needs a name"),
    (m.AccountOpened(3, "main", ""), "needs a name and a currency"),
    (m.AccountOpened(3, "main", "EUR"), "kept in USD"),
    (m.AccountOpened(3, "main", "USD", True), "close them before hedging"),
    (m.CashDeposited(3, "nobody", "USD", 1), "there is no account 'nobody'"),
    (m.CashDeposited(3, "main", "EUR", BALANCE_MAX + 1), "cannot hold so much EUR"),
    (m.CashDeposited(3, "main", "EUR", -BALANCE_MAX - 1), "cannot hold so much EUR"),
    (m.CashDeposited(3, "main", "USD", BALANCE_MAX), "cannot hold so much USD"),
    (m.InstrumentPaused(3, "NOBODY.SIM", ""), "NOBODY.SIM is not listed"),
    (m.InstrumentResumed(3, "NOBODY.SIM"), "NOBODY.SIM is not listed"),
    (m.PositionTransferred(3, "nobody", "GOOG.SIM", 1, 1), "there is no strategy"),
    (m.PositionTransferred(3, "manual", "NOBODY.SIM", 1, 1), "is not listed"),
    (m.PositionTransferred(3, "manual", "GOOG.SIM", 0, 1), "is out of range"),
    (m.PositionTransferred(3, "manual", "GOOG.SIM", 1, 0), "is out of range"),
    (m.PositionTransferred(3, "manual", "GOOG.SIM", 1, UNITS_MAX + 1), "is out of range"),
    (m.PositionTransferred(3, "manual", "GOOG.SIM", 1, 1, Leg.LONG), "has no leg"),
    (m.PositionTransferred(3, "manual", "GOOG.SIM", UNITS_MAX, UNITS_MAX), "cannot hold so much"),
    (m.LimitsChanged(3, "world", Limits(), "test"), "'world' has no limits"),
    (m.LimitsChanged(3, "account:nobody", Limits(), "test"), "there is no account"),
    (m.LimitsChanged(3, "strategy:nobody", Limits(), "test"), "there is no strategy"),
    (limits(leverage="ten"), "leverage: 'ten' is not a number"),
    (limits(order_quantity="-1"), "order_quantity: '-1' is no limit"),
    (limits(capital="nan"), "capital: 'nan' is no limit"),
    (limits(position_notional="inf"), "position_notional: 'inf' is no limit"),
    (limits(open_orders=-1), "open_orders: -1 is out of range"),
    (limits(stale_price_ns=HUGE), "stale_price_ns"),
    (m.RateChanged(3, "EUR", "USD", 0), "a rate of 0"),
    (m.RateChanged(3, "EUR", "USD", HUGE), "a rate of"),
    (m.StrategyRegistered(3, "Cross!", "main", "", {}), "'Cross!' is no strategy name"),
    (m.StrategyRegistered(3, "cross", "nobody", "", {}), "there is no account"),
    (m.StrategyRegistered(3, "manual", "other", "", {}), "manual trades on account main"),
    (m.StrategyStopped(3, "nobody", ""), "there is no strategy"),
    (m.OrderIntended(3, "", "manual", "GOOG.SIM", Side.BUY, 1), "1 to 24 letters"),
    (m.OrderIntended(3, "x" * 25, "manual", "GOOG.SIM", Side.BUY, 1), "1 to 24 letters"),
    (intended(3, side=0), "that there is not"),
    (intended(3, type=9), "that there is not"),
    (intended(3, time_in_force=0), "that there is not"),
    (intended(3, flags=9), "that there is not"),
    (intended(3, leg=2), "that there is not"),
    (intended(3, quantity=HUGE), "a quantity of"),
    (intended(3, limit_price=HUGE), "a limit price of"),
    (intended(3, stop_price=-HUGE), "a stop price of"),
    (intended(3, expire_time_ns=-1), "cannot expire"),
    (intended(3, expire_time_ns=HUGE), "cannot expire"),
    (target(kind=3), "a target has a kind"),
    (target(sizing=0), "a target has a kind"),
    (target(leg=2), "a target has a kind"),
    (target(value=HUGE), "a target of"),
    (m.TargetIntended(3, "", "manual", "GOOG.SIM", 1, 1, 1), "1 to 24 letters"),
    (m.AmendIntended(3, "manual", "j0-manual-2", HUGE, 0), "a quantity of"),
    (m.AmendIntended(3, "manual", "j0-manual-2", 1, HUGE), "a limit price of"),
    (m.TimerSet(3, "manual", "t", -1), "cannot be due"),
    (m.TimerSet(3, "manual", "t", HUGE), "cannot be due"),
    (m.TimerSet(3, "manual", "t", 5, 999_999), "cannot fire every"),
    (m.TimerSet(3, "manual", "t", 5, -1), "cannot fire every"),
    (filled(price=0), "out of range"),
    (filled(quantity=0), "out of range"),
    (filled(price=-5), "out of range"),
    (filled(price=UNITS_MAX + 1), "out of range"),
    (filled(quantity=UNITS_MAX + 1), "out of range"),
    (filled(price=UNITS_MAX, quantity=UNITS_MAX), "cannot hold so much USD"),
    (filled(price=1, quantity=100_000_000_000), "cannot hold 100000000004 units of GOOG.SIM"),
    (filled(fee=BALANCE_MAX + 1), "cannot hold so much USD"),
    (filled(fee=-BALANCE_MAX - 1, fee_currency="BNB"), "cannot hold so much BNB"),
    (m.OrderAmended(3, "j0-manual-2", -1, 0), "out of range"),
    (m.OrderAmended(3, "j0-manual-2", 1, UNITS_MAX + 1), "out of range"),
    (m.Halted(3, "everything", "", "test"), "'everything' cannot be halted"),
    (m.Halted(3, "account:", "", "test"), "cannot be halted"),
    (m.Resumed(3, "desk:one", "test"), "'desk:one' cannot be halted"),
]


def name_of(case: Any) -> str:
    return case.replace(" ", "_") if isinstance(case, str) else type(case).__name__


@pytest.mark.parametrize(("event", "sentence"), REFUSED, ids=name_of)
def test_an_event_that_cannot_be_is_refused_and_nothing_is_journaled(
    event: Any, sentence: str
) -> None:
    engine = trading()
    before = state_hash(engine.state)
    engine.take_records()
    with pytest.raises(UserError) as refusal:
        engine.step(event)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert engine.take_records() == ([], [])
    assert state_hash(engine.state) == before


TAKEN = [
    m.RunStarted(3, "j0", 4, ""),
    m.ClockTicked(0),
    m.ClockTicked(TIME_MAX_NS - 1),
    listed(stress_move="1"),
    listed(tick="0.05", price_digits=2),
    m.AccountOpened(3, "main", "USD"),
    m.AccountOpened(3, "other", "USD"),
    m.CashDeposited(3, "main", "EUR", BALANCE_MAX),
    limits(leverage="0", capital="1e30", order_quantity="0.5", open_orders=0),
    m.RateChanged(3, "EUR", "USD", 1),
    m.RateChanged(3, "EUR", "USD", 10**18),
    intended(3, quantity=10 * UNITS_MAX),
    intended(3, quantity=-5),
    intended(3, limit_price=-5),
    target(value=UNITS_MAX),
    m.AmendIntended(3, "nobody", "j0-manual-2", 10 * UNITS_MAX, 0),
    m.AmendIntended(3, "manual", "j0-manual-2", -5, 0),
    m.AmendIntended(3, "manual", "none", 1, 0),
    m.CancelIntended(3, "nobody", "j0-manual-2"),
    m.CancelIntended(3, "nobody", "none"),
    m.TimerSet(3, "manual", "t", TIME_MAX_NS - 1, 1_000_000),
    m.TimerSet(3, "nobody", "t", 5),
    m.TimerFired(3, "nobody", "t"),
    filled(price=1, quantity=1),
    filled(price=180_000_000_000_000, quantity=1),
    filled(price=1, quantity=90_000_000_000),
    m.OrderFilled(4, "none", "f", 1, 1, 0, "USD", 1),
    m.OrderAmended(3, "j0-manual-2", 0, 0),
    m.OrderAmended(3, "none", 1, 1),
    m.OrderAccepted(3, "none", ""),
    m.OrderUnknown(3, "none", ""),
    m.Halted(3, "account:nobody", "", "test"),
    m.Resumed(3, "venue:NOWHERE", "test"),
    m.VenueLost(3, "NOWHERE", ""),
    m.VenueRecovered(3, "NOWHERE"),
    m.BadTick(3, "NOTHING", "odd", b""),
    m.InstrumentPaused(3, "GOOG.SIM", ""),
    m.InstrumentResumed(3, "GOOG.SIM"),
    m.VenueDiffered(3, "NOWHERE", "", "", "", "", "", ""),
    m.PositionTransferred(3, "manual", "GOOG.SIM", -5, 1),
]


@pytest.mark.parametrize("event", TAKEN, ids=name_of)
def test_an_event_at_the_edge_is_applied_and_the_engine_goes_on(event: Any) -> None:
    engine = trading()
    engine.step(event)
    assert engine.records[-1] is not None
    engine.step(intended(7))
    engine.step(m.OrderCanceled(5, "j0-manual-2"))
    state_hash(engine.state)


def test_ten_thousand_timers_may_wait_and_not_one_more() -> None:
    engine = trading()
    engine.state.timers = [(9, "manual", f"t{number}", 0) for number in range(TIMERS_MAX - 1)]
    engine.step(m.TimerSet(3, "manual", "last", 9))
    with pytest.raises(UserError, match="10000 timers are set already"):
        engine.step(m.TimerSet(3, "manual", "more", 9))


def test_both_tables_know_every_event_of_the_union() -> None:
    events = {kind for part in get_args(m.ControlEvent) for kind in get_args(part) or (part,)}
    assert set(CHECKS) == events
    assert set(TRANSITIONS) == events


def test_a_market_of_a_new_grid_forgets_its_prices_and_its_book() -> None:
    engine = trading()
    engine.step(listed(tick="0.05", price_digits=2))
    market = engine.state.market("GOOG.SIM")
    assert (market.mark, market.bid, market.ask, market.book.tick) == (0, 0, 0, 5)
    engine.step(quote_of(market.instrument, 5, 9_995, 5, 10_005, 5))
    assert market.mark == 10_000
