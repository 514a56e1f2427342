"""The ledger against the core's own books, and every entry against zero."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_accounts import BTC, GOOG, INSTRUMENTS, SAP, Desk
from tradewind.analysis.ledger import Ledger
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.runtime.run_ledger import ledger_differences, ledger_of_run

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("trade"),
            st.sampled_from(INSTRUMENTS),
            st.integers(-9, 9).filter(bool),
            st.integers(1, 10**6),
            st.integers(-50, 50),
            st.sampled_from(["USD", "BNB", "EUR"]),
        ),
        st.tuples(
            st.just("post"),
            st.sampled_from([one for one in m.ENTRY_KINDS if one != "conversion"]),
            st.integers(-(10**6), 10**6),
        ),
        st.tuples(st.just("deposit"), st.integers(-(10**6), 10**6)),
        st.tuples(st.just("convert"), st.integers(1, 10**6), st.integers(1, 10**6)),
        st.tuples(st.just("dividend"), st.sampled_from(INSTRUMENTS), st.integers(1, 10**9)),
        st.tuples(
            st.just("split"),
            st.sampled_from(INSTRUMENTS),
            st.integers(1, 7),
            st.integers(1, 7),
            st.integers(1, 1000),
        ),
        st.tuples(
            st.just("transfer"), st.sampled_from(INSTRUMENTS), st.integers(-5, 5).filter(bool)
        ),
        st.tuples(st.just("liquidate"), st.sampled_from(INSTRUMENTS), st.integers(1, 500)),
    ),
    max_size=30,
)


def do(desk: Desk, step: Any) -> None:
    """One step of a generated history."""
    word, *rest = step
    if word == "trade":
        instrument, signed, price, fee, currency = rest
        desk.trade(instrument, signed, price, fee=fee, fee_currency=currency)
        return
    events: dict[str, Any] = {
        "post": lambda kind, amount: m.CashPosted(2, "main", "EUR", amount, kind),
        "deposit": lambda amount: m.CashDeposited(2, "main", "USD", amount),
        "convert": lambda sold, bought: m.CashConverted(2, "main", "USD", sold, "EUR", bought),
        "dividend": lambda one, amount: m.DividendPaid(2, one.id, f"{amount}e-9"),
        "split": lambda one, new, old, price: m.InstrumentSplit(2, one.id, new, old, price),
        "transfer": lambda one, quantity: m.PositionTransferred(2, "manual", one.id, quantity, 7),
        "liquidate": lambda one, price: liquidation(desk.state, one, price),
    }
    event = events[word](*rest)
    if event is not None:
        desk.engine.step(event)


def liquidation(state: State, instrument: Instrument, price: int) -> m.PositionLiquidated | None:
    held = state.strategies[0].quantity(state.market(instrument.id).index)
    return m.PositionLiquidated(2, "main", instrument.id, -held, price, 3, "USD") if held else None


def assert_same(ledger: Ledger, state: State) -> None:
    """Every balance and position of the ledger is the core's."""
    assert ledger_differences(ledger, state) == []


def test_a_difference_is_told_by_its_place() -> None:
    desk, ledger = Desk(), Ledger()
    for sequence, record in zip(*desk.engine.take_records(), strict=True):
        ledger.take(sequence, record)
    desk.trade(GOOG, 5, 100)
    found = ledger_differences(ledger, desk.state)
    assert "main cash USD: 1000000000000 and 999995000000" in found
    assert "position of manual in GOOG.SIM" in found


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_ledger_folded_from_records_is_the_cores_at_every_event(steps: list[Any]) -> None:
    desk, ledger = Desk(), Ledger()
    for step in [None, *steps]:
        if step is not None:
            do(desk, step)
        for sequence, record in zip(*desk.engine.take_records(), strict=True):
            ledger.take(sequence, record)
        assert_same(ledger, desk.state)
    for entry in ledger.entries:
        for currency in {currency for _, currency in entry.postings}:
            assert sum(v for (_, one), v in entry.postings.items() if one == currency) == 0


def test_a_fill_reported_twice_and_one_of_nobody_are_no_entries() -> None:
    ledger = Ledger()
    desk = Desk()
    desk.trade(GOOG, 5, 100)
    fill = m.OrderFilled(3, "j0-manual-1", "f", 100, 5, 0, "USD", 1)
    desk.engine.step(fill)
    desk.engine.step(m.OrderFilled(3, "j0-nobody-1", "f", 100, 5, 0, "USD", 1))
    for sequence, record in zip(*desk.engine.take_records(), strict=True):
        ledger.take(sequence, record)
    assert [entry.kind for entry in ledger.entries] == ["deposit", "fill"]
    assert_same(ledger, desk.state)


def test_a_renamed_instrument_keeps_its_position_and_takes_fills_of_older_orders() -> None:
    desk, ledger = Desk(), Ledger()
    desk.trade(GOOG, 5, 100)
    new = Instrument("ALPHA.SIM", tick="0.01", lot="1", currency="USD")
    desk.engine.step(m.InstrumentRenamed(3, "GOOG.SIM", new))
    desk.engine.step(m.OrderFilled(3, "j0-manual-1", "late", 90, 1, 0, "USD", 1))
    desk.trade(new, -2, 120)
    desk.engine.step(m.DividendPaid(3, "GOOG.SIM", "0.5"))
    for sequence, record in zip(*desk.engine.take_records(), strict=True):
        ledger.take(sequence, record)
    assert_same(ledger, desk.state)
    assert ledger.position(("main", "manual", "ALPHA.SIM", 0)).quantity == 4


def test_a_ledger_that_begins_with_a_state_goes_on_as_one_that_saw_it_all() -> None:
    desk = Desk()
    for instrument, signed in ((GOOG, 5), (SAP, -3), (BTC, 700)):
        desk.trade(instrument, signed, 100, fee=7)
    desk.engine.step(m.CashPosted(2, "main", "EUR", 9, "interest"))
    desk.engine.take_records()
    later = Ledger()
    from tradewind.runtime.run_ledger import _introduce

    _introduce(later, desk.state)
    later.open_with(desk.state)
    assert_same(later, desk.state)
    desk.engine.step(m.OrderFilled(3, "j0-manual-1", "f", 100, 5, 0, "USD", 1))  # known already
    desk.trade(GOOG, -9, 130)
    for sequence, record in zip(*desk.engine.take_records(), strict=True):
        later.take(sequence, record)
    assert_same(later, desk.state)


def test_an_entry_that_does_not_balance_is_never_posted() -> None:
    ledger = Ledger()
    with pytest.raises(AssertionError, match="does not balance in USD"):
        ledger.post(m.ClockTicked(0), "odd", "main", {("cash", "USD"): 1, ("fees", "USD"): -2})
    assert ledger.entries == []


def test_the_books_of_the_strategies_of_one_account_add_up_to_it() -> None:
    import tradewind as tw
    from tests.sim.test_clearing import GOOG as SHARE
    from tests.sim.test_clearing import Want, bars, flat

    rows = [flat(100), flat(101), flat(50), flat(52), flat(49)]
    clearing = tw.Clearing(
        charges=[tw.charges.interest(credit="0.1")],
        actions=[
            tw.actions.split(SHARE.id, "1970-01-03", 3, 2),
            tw.actions.dividend(SHARE.id, "1970-01-04", "0.333"),
        ],
    )
    result = tw.backtest(
        [Want("7"), Want("-2"), Want("3")],
        data=[bars(SHARE, rows)],
        cash="10000",
        fees=tw.fees.percent("0.001"),
        clearing=clearing,
    )
    state = result._engine.state
    assert_same(result.ledger, state)
    held = sum(position.quantity for position in result.ledger.positions.values())
    assert held == state.accounts[0].scope.holdings[0].position == 10 - 3 + 4
    by_strategy: dict[str, int] = {}
    for entry in result.ledger.entries:
        for (kind, _), money in entry.postings.items():
            if kind not in ("cash", "positions", "capital"):
                by_strategy[entry.strategy] = by_strategy.get(entry.strategy, 0) + money
    wallet = state.accounts[0].home
    assert sum(by_strategy.values()) == wallet.realized + wallet.fees + wallet.other
    assert set(by_strategy) == {"want", "want1", "want2", ""}  # interest is the account's


def test_a_run_without_movements_has_its_deposit_alone() -> None:
    desk = Desk()
    assert [entry.kind for entry in ledger_of_run(desk.engine).entries] == []


def test_a_run_of_many_days_keeps_the_fills_of_orders_that_the_core_forgot() -> None:
    import tradewind as tw
    from tests.sim.test_clearing import GOOG as SHARE
    from tests.sim.test_clearing import Want, bars, flat

    class Swings(Want):
        def on_bar(self, bar: tw.Bar) -> None:
            self.target_position(3 if self.position.is_flat else 0)

    result = tw.backtest(Swings("0"), data=[bars(SHARE, [flat(100)] * 9)], cash="1000")
    assert len(result.fills) == 8
    assert [entry.kind for entry in result.ledger.entries] == ["deposit"] + 8 * ["fill"]
    assert_same(result.ledger, result._engine.state)
