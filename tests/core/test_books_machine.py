"""A state machine over the books: the core against a model in whole fractions, step by step.

`scripts/test` takes 20,000 steps (2,000 more of plain Python), `--long`
a million.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.core.repetition import IS_REPETITION
from tests.core.test_accounts import BTC, DIGITS, GOOG, RATES, SAP, Desk
from tradewind.analysis.ledger import Ledger
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument

INSTRUMENTS = st.sampled_from([GOOG, SAP, BTC])
STEPS_A_RUN = 50
RUNS = 40 if IS_REPETITION else 400
"""400 runs of 50 steps are 20,000; a tenth of them where they repeat."""
LONG_RUNS = 20_000


def rounded(value: Fraction) -> int:
    """Half to even, as a Fraction rounds."""
    return round(value)


class Books:
    """What the rules say, without an eye on speed: positions, and money by kind and currency."""

    def __init__(self) -> None:
        self.positions = {one.id: [0, 0, 0] for one in (GOOG, SAP, BTC)}  # quantity, cost, realized
        self.money: dict[tuple[str, str], int] = {("cash", "USD"): 10**12}
        self.money["capital", "USD"] = -(10**12)

    def post(self, currency: str, **amounts: int) -> None:
        assert sum(amounts.values()) == 0
        for kind, amount in amounts.items():
            self.money[kind, currency] = self.money.get((kind, currency), 0) + amount

    def value(self, instrument: Instrument, quantity: int, price: int) -> int:
        unit = Fraction(instrument.money_factor, instrument.money_divisor)
        return rounded(unit * quantity * price)

    def trade(self, instrument: Instrument, quantity: int, price: int) -> tuple[int, int, int]:
        """Change of cost, profit, and what is paid: close first, then open."""
        held, cost, _ = position = self.positions[instrument.id]
        paid = self.value(instrument, quantity, price)
        profit, kept = 0, cost
        if held * quantity < 0:
            closed = min(abs(held), abs(quantity)) * (1 if held > 0 else -1)
            released = floor(Fraction(cost * closed, held))
            proceeds = -paid if closed == -quantity else self.value(instrument, closed, price)
            profit, kept = proceeds - released, cost - released
            if closed != -quantity:
                kept += paid + proceeds
        else:
            kept += paid
        position[:] = [held + quantity, kept, position[2] + profit]
        return kept - cost, profit, paid


class BooksMachine(RuleBasedStateMachine):
    """Random events into the core, the ledger and the model, which must agree behind each."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.books = Books()
        self.ledger = Ledger()

    @rule(
        one=INSTRUMENTS,
        quantity=st.integers(-20, 20).filter(bool),
        price=st.integers(1, 10**6),
        fee=st.integers(-100, 100),
        fee_currency=st.sampled_from(["USD", "EUR", "BNB"]),
    )
    def trade(
        self, one: Instrument, quantity: int, price: int, fee: int, fee_currency: str
    ) -> None:
        decision = self.desk.trade(one, quantity, price, fee=fee, fee_currency=fee_currency)
        assert type(decision) is m.SubmitOrder
        cost, profit, paid = self.books.trade(one, quantity, price)
        self.books.post(one.currency, cash=-paid, positions=cost, realized=-profit)
        self.books.post(fee_currency, cash=-fee, fees=fee)

    @rule(one=INSTRUMENTS, price=st.integers(1, 10**6))
    def mark(self, one: Instrument, price: int) -> None:
        self.desk.mark(one, price)

    @rule(
        kind=st.sampled_from([kind for kind in m.ENTRY_KINDS if kind not in ("conversion", "fee")]),
        amount=st.integers(-(10**6), 10**6),
        currency=st.sampled_from(["USD", "EUR", "USDT"]),
    )
    def post(self, kind: Any, amount: int, currency: str) -> None:
        self.desk.engine.step(m.CashPosted(2, "main", currency, amount, kind))
        self.books.post(currency, **{"cash": amount, kind: -amount})

    @rule(amount=st.integers(-(10**6), 10**6))
    def deposit(self, amount: int) -> None:
        self.desk.engine.step(m.CashDeposited(2, "main", "USD", amount))
        self.books.post("USD", cash=amount, capital=-amount)

    @rule(sold=st.integers(1, 10**6), bought=st.integers(1, 10**6))
    def convert(self, sold: int, bought: int) -> None:
        self.desk.engine.step(m.CashConverted(2, "main", "USD", sold, "EUR", bought))
        self.books.post("USD", cash=-sold, conversion=sold)
        self.books.post("EUR", cash=bought, conversion=-bought)

    @rule(one=INSTRUMENTS, amount=st.integers(1, 10**9))
    def dividend(self, one: Instrument, amount: int) -> None:
        self.desk.engine.step(m.DividendPaid(2, one.id, f"{amount}e-9"))
        held = Fraction(self.books.positions[one.id][0], 10**one.quantity_digits)
        money = rounded(held * Fraction(amount, 10**9) * 10 ** DIGITS[one.currency])
        self.books.post(one.currency, cash=money, dividend=-money)

    @rule(
        one=INSTRUMENTS,
        new=st.integers(1, 5),
        old=st.integers(1, 5),
        price=st.integers(1, 10**5),
    )
    def split(self, one: Instrument, new: int, old: int, price: int) -> None:
        self.desk.engine.step(m.InstrumentSplit(2, one.id, new, old, price))
        held, cost, _ = position = self.books.positions[one.id]
        exact = Fraction(held * new, old)
        lots = abs(exact) // one.lot_units * one.lot_units
        kept = int(lots) if held > 0 else -int(lots)
        if exact == kept:
            position[0] = kept
            return
        unit = Fraction(one.money_factor, one.money_divisor)
        cash = rounded(unit * (exact - kept) * price)
        released = floor(cost * (exact - kept) / exact)
        position[:] = [kept, cost - released, position[2] + cash - released]
        self.books.post(one.currency, cash=cash, positions=-released, realized=released - cash)

    @rule(one=INSTRUMENTS, price=st.integers(0, 10**5))
    def transfer_out_or_in(self, one: Instrument, price: int) -> None:
        event = m.PositionTransferred(2, "manual", one.id, 3 * one.lot_units, price + 1)
        self.desk.engine.step(event)
        cost, profit, paid = self.books.trade(one, 3 * one.lot_units, price + 1)
        self.books.post(one.currency, capital=-paid, positions=cost, realized=-profit)

    @rule(one=INSTRUMENTS, price=st.integers(1, 10**5), share=st.integers(1, 4))
    def liquidate(self, one: Instrument, price: int, share: int) -> None:
        held = self.books.positions[one.id][0]
        quantity = -(abs(held) // share) * (1 if held > 0 else -1)
        if quantity:
            self.desk.engine.step(
                m.PositionLiquidated(2, "main", one.id, quantity, price, 5, "USD")
            )
            cost, profit, paid = self.books.trade(one, quantity, price)
            self.books.post(one.currency, cash=-paid, positions=cost, realized=-profit)
            self.books.post("USD", cash=-5, fees=5)

    @rule()
    def restart(self) -> None:
        data = encode_state(self.desk.state)
        before = state_hash(self.desk.state)
        assert state_hash(decode_state(data)) == before

    @invariant()
    def all_three_agree(self) -> None:
        for sequence, record in zip(*self.desk.engine.take_records(), strict=True):
            self.ledger.take(sequence, record)
        book, account = self.desk.state.strategies[0], self.desk.state.accounts[0]
        for name, expected in self.books.positions.items():
            number = self.desk.state.market_numbers[name]
            assert book.position(number, 0).snapshot() == expected
            assert self.ledger.position(("main", "manual", name, 0)).snapshot() == expected
        for (kind, currency), money in self.books.money.items():
            assert self.ledger.balance("main", kind, currency) == money, (kind, currency)
            wallet = account.wallets.get(currency)
            named = {"positions": "inventory"}.get(kind, kind)
            if wallet is not None:
                found = wallet.others.get(kind, 0) if kind in m.ENTRY_KINDS else None
                assert (getattr(wallet, named) if found is None else found) == money

    @invariant()
    def equity_is_cash_and_positions_at_their_marks(self) -> None:
        state = self.desk.state
        account, total = state.accounts[0], 0
        for currency, wallet in account.wallets.items():
            value = sum(
                self.books.value(one, self.books.positions[one.id][0], state.market(one.id).mark)
                for one in (GOOG, SAP, BTC)
                if one.currency == currency
            )
            shift = Fraction(10) ** (DIGITS["USD"] - DIGITS[currency])
            exact = Fraction(RATES[currency], 10**9) * (wallet.cash + value) * shift
            total += rounded(exact)
        assert state.equity(account) == total


def run(runs: int) -> None:
    """So many runs of `STEPS_A_RUN` steps each."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        BooksMachine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(900)
def test_the_books_agree_with_the_model_behind_each_of_thousands_of_steps() -> None:
    run(RUNS)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_the_books_agree_with_the_model_behind_each_of_a_million_steps() -> None:
    run(LONG_RUNS)
