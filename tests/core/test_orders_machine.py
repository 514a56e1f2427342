"""A state machine over the life of orders: the core against a small model, report by report.

The model was written from docs/reference/order-states.md, not from the core. Reports come in any
order, late, twice, and behind the end. `scripts/test` takes 20,000 steps (2,000 more of plain
Python), `--long` a million.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.core.repetition import IS_REPETITION
from tradewind.core.engine import Engine
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderState, Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
STEPS_A_RUN = 50
RUNS = 40 if IS_REPETITION else 400
"""400 runs of 50 steps are 20,000; a tenth of them where they repeat."""
LONG_RUNS = 20_000
PRICE = 100_00

WORKING = {"PENDING_NEW", "NEW", "PARTIALLY_FILLED", "PENDING_CANCEL", "UNKNOWN"}
UNSEEN = {"PENDING_NEW", "UNKNOWN"}
CANCELABLE = {"PENDING_NEW", "NEW", "PARTIALLY_FILLED"}
AWAITING = "AWAITING_FILLS"

WHICH = st.integers(0, 5)
"""Which of the newest orders."""


@dataclass
class Told:
    """One order as the page of states says that it must be."""

    name: str
    side: Side
    quantity: int
    status: str = "PENDING_NEW"
    filled: int = 0
    stated: int = 0
    ends_as: str = ""
    fill_ids: set[str] = field(default_factory=set)

    @property
    def reserved(self) -> int:
        """What may still be filled."""
        if self.status == AWAITING:
            return max(0, self.stated - self.filled)
        return self.quantity - self.filled if self.status in WORKING else 0

    def works(self) -> None:
        """The venue has it."""
        self.status = "PARTIALLY_FILLED" if self.filled else "NEW"

    def fill(self, quantity: int) -> None:
        """Money moved, whatever the state."""
        self.filled += quantity
        if self.status == AWAITING and self.filled < self.stated:
            return
        if self.filled == self.quantity:
            self.status = "FILLED"
        elif self.status == AWAITING:
            self.status = self.ends_as
        elif self.status in UNSEEN or self.status == "NEW":
            self.status = "PARTIALLY_FILLED"

    def end(self, ends_as: str, stated: int) -> None:
        """The venue works it no more, and counts `stated` filled (-1: it did not say)."""
        if self.status not in WORKING and self.status != AWAITING:
            return
        if stated > self.filled:
            self.status, self.stated, self.ends_as = AWAITING, stated, ends_as
        elif stated >= 0 or self.status != AWAITING:
            self.status = ends_as


class OrdersMachine(RuleBasedStateMachine):
    """Random reports into the core and the model, which must agree behind each."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(State())
        self.orders: list[Told] = []
        self.fills = 0
        for event in (
            m.RunStarted(0, "j0", 1, ""),
            m.InstrumentListed(0, GOOG),
            m.AccountOpened(0, "main", "USD"),
            m.StrategyRegistered(0, "cross", "main", "", {}),
        ):
            self.engine.step(event)

    def chosen(self, which: int) -> Told:
        return self.orders[-1 - which % len(self.orders)]

    @rule(side=st.sampled_from(Side), quantity=st.integers(1, 5))
    def intend(self, side: Side, quantity: int) -> None:
        name = f"j0-cross-{len(self.orders) + 1}"
        decided = self.engine.step(m.OrderIntended(0, name, "cross", GOOG.id, side, quantity))
        assert [type(one) for one in decided] == [m.OrderDenied] or decided[0].order_id == name
        if isinstance(decided[0], m.SubmitOrder):
            self.orders.append(Told(name, side, quantity))

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH)
    def accept(self, which: int) -> None:
        order = self.chosen(which)
        self.engine.step(m.OrderAccepted(0, order.name, "v1"))
        if order.status in UNSEEN:
            order.works()

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH)
    def reject(self, which: int) -> None:
        order = self.chosen(which)
        self.engine.step(m.OrderRejected(0, order.name, "no"))
        if order.status in WORKING:
            order.status = "REJECTED"

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH, part=st.integers(1, 5))
    def fill(self, which: int, part: int) -> None:
        order = self.chosen(which)
        quantity = min(part, order.quantity - order.filled)
        if quantity == 0:
            return
        self.fills += 1
        name = f"f{self.fills}"
        self.engine.step(m.OrderFilled(0, order.name, name, PRICE, quantity, 0, "USD", 1))
        order.fill_ids.add(name)
        order.fill(quantity)

    @precondition(lambda self: any(one.fill_ids for one in self.orders))
    @rule(which=WHICH, part=st.integers(1, 5))
    def fill_again(self, which: int, part: int) -> None:
        order = self.chosen(which)
        for name in sorted(order.fill_ids)[:1]:
            self.engine.step(m.OrderFilled(0, order.name, name, PRICE, part, 0, "USD", 1))

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH, more=st.integers(-1, 3), is_expiry=st.booleans())
    def end(self, which: int, more: int, is_expiry: bool) -> None:
        order = self.chosen(which)
        stated = -1 if more < 0 else min(order.filled + more, order.quantity)
        kind = m.OrderExpired if is_expiry else m.OrderCanceled
        self.engine.step(kind(0, order.name, "", stated))
        order.end("EXPIRED" if is_expiry else "CANCELED", stated)

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        order = self.chosen(which)
        decided = self.engine.step(m.CancelIntended(0, "cross", order.name))
        assert bool(decided) == (order.status in WORKING)
        if order.status in CANCELABLE:
            order.status = "PENDING_CANCEL"

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH)
    def cancel_refused(self, which: int) -> None:
        order = self.chosen(which)
        self.engine.step(m.CancelRejected(0, order.name, "no"))
        if order.status in UNSEEN or order.status == "PENDING_CANCEL":
            order.works()

    @precondition(lambda self: bool(self.orders))
    @rule(which=WHICH)
    def lose(self, which: int) -> None:
        order = self.chosen(which)
        decided = self.engine.step(m.OrderUnknown(0, order.name, "no answer"))
        is_open = order.status in WORKING or order.status == AWAITING
        assert [type(one) for one in decided] == [m.QueryOrder] * is_open
        if order.status in WORKING:
            order.status = "UNKNOWN"

    @rule()
    def restart(self) -> None:
        before = state_hash(self.engine.state)
        self.engine = Engine(decode_state(encode_state(self.engine.state)))
        assert state_hash(self.engine.state) == before

    @invariant()
    def every_order_is_as_the_page_says(self) -> None:
        state = self.engine.state
        for told in self.orders:
            order = state.orders[told.name]
            seen = (OrderState(order.state).name, order.filled_quantity, order.reserved)
            assert seen == (told.status, told.filled, told.reserved), told
            is_open = told.status in WORKING or told.status == AWAITING
            assert (told.name in state.open_orders) == is_open == bool(order.is_open)

    @invariant()
    def what_is_open_and_held_is_the_sum_over_the_orders(self) -> None:
        state = self.engine.state
        book = state.strategies[0]
        held = sum(one.side * one.filled for one in self.orders)
        opened = {
            side: sum(one.reserved for one in self.orders if one.side is side) for side in Side
        }
        count = sum(one.status in WORKING or one.status == AWAITING for one in self.orders)
        for scope in book.scopes:
            holding = state.holding(scope, state.markets[0], book.account)
            seen = (holding.position, holding.open_buy, holding.open_sell, scope.open_orders)
            assert seen == (held, opened[Side.BUY], opened[Side.SELL], count)


def run(runs: int) -> None:
    """So many runs of `STEPS_A_RUN` steps each."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OrdersMachine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(900)
def test_orders_are_as_the_model_says_behind_each_of_thousands_of_steps() -> None:
    run(RUNS)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_orders_are_as_the_model_says_behind_each_of_a_million_steps() -> None:
    run(LONG_RUNS)
