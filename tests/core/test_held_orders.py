"""Held orders under random prices, fills and wishes: what is sold was bought, replays agree."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.repetition import IS_REPETITION
from tradewind.core.engine import Engine
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument
from tradewind.model.market import Trade, trade_of
from tradewind.model.orders import Liquidity, Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
STEPS = 40
EXAMPLES = int(os.environ.get("TRADEWIND_HELD_EXAMPLES", "15" if IS_REPETITION else "60"))


class Bracket:
    """A small model of its own: what an entry of 10 and its two exits may have traded."""

    def __init__(self, number: int) -> None:
        self.ids = [f"j0-manual-{3 * number + place}" for place in (1, 2, 3)]
        self.bought = 0
        self.sold = 0


class Floor:
    """An engine, brackets, and a venue that fills what the program says."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.events: list[Any] = []
        self.decided: list[Any] = []
        self.brackets: list[Bracket] = []
        self.fills = 0
        for event in (
            m.RunStarted(1, "j0", 1, ""),
            m.InstrumentListed(1, GOOG),
            m.AccountOpened(1, "main", "USD"),
            m.CashDeposited(1, "main", "USD", 10**12),
            m.StrategyRegistered(1, "manual", "main", "", {}),
            trade_of(GOOG, 2, 10_000, 5, 0),
        ):
            self.give(event)

    @property
    def state(self) -> State:
        return self.engine.state

    def give(self, event: Any) -> None:
        self.events.append(event)
        self.decided += self.engine.step(event)

    def do(self, step: tuple[int, int, int]) -> None:
        verb, which, amount = step
        time_ns = self.state.time_ns + 1
        if verb == 0 and len(self.brackets) < 5:
            self.open(time_ns)
        elif verb == 1:
            self.give(trade_of(GOOG, time_ns, 9_000 + amount * 20, 5, 0))
        elif self.state.open_orders:
            orders = list(self.state.open_orders.values())
            self.report(orders[which % len(orders)], verb, amount, time_ns)

    def open(self, time_ns: int) -> None:
        bracket = Bracket(len(self.brackets))
        self.brackets.append(bracket)
        entry, profit, loss = bracket.ids
        self.give(m.OrderIntended(time_ns, entry, "manual", GOOG.id, Side.BUY, 10))
        self.give(exit_of(time_ns, profit, entry, m.Trigger.AT_ONCE, limit_price=10_500))
        self.give(exit_of(time_ns, loss, entry, m.Trigger.TRAIL, trail=400))

    def report(self, order: Any, verb: int, amount: int, time_ns: int) -> None:
        identity = order.order_id
        if verb == 2:
            quantity = min(order.leaves_quantity, 1 + amount % 10)
            self.fills += 1
            bracket = next(one for one in self.brackets if identity in one.ids)
            if order.side > 0:
                bracket.bought += quantity
            else:
                bracket.sold += quantity
            paid = (10_000, quantity, 0, "USD", Liquidity.TAKER)
            self.give(m.OrderFilled(time_ns, identity, f"f{self.fills}", *paid))
        elif verb == 3:
            self.give(m.OrderCanceled(time_ns, identity, "", order.filled_quantity))
        elif verb == 4:
            self.give(m.CancelRejected(time_ns, identity, "too late"))
        elif verb == 5:
            self.give(m.CancelIntended(time_ns, "manual", identity))
        elif verb == 6:
            self.give(m.OrderAccepted(time_ns, identity, "v"))


def exit_of(
    time_ns: int, identity: str, entry: str, trigger: m.Trigger, **terms: int
) -> m.ConditionalIntended:
    """One of the two orders that close what an entry bought."""
    strategy, linked = "manual", {"parent": entry, "group": entry}
    return m.ConditionalIntended(
        time_ns, identity, strategy, GOOG.id, Side.SELL, 10, trigger, **terms, **linked
    )


PROGRAMS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 99)),
    min_size=STEPS,
    max_size=STEPS,
)
slow = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(PROGRAMS)
def test_exits_never_sell_more_than_their_entry_bought(program: list[tuple[int, int, int]]) -> None:
    floor = Floor()
    for step in program:
        floor.do(step)
        for bracket in floor.brackets:
            exits = [floor.state.orders.get(one) for one in bracket.ids[1:]]
            working = [one for one in exits if one is not None and one.is_open]
            assert len(working) <= 1
            # children <= parent, with all that still works filled
            most = bracket.sold + sum(one.leaves_quantity for one in working)
            assert bracket.sold <= most <= bracket.bought
        position = floor.state.strategies[0].quantity(0)
        assert position == sum(one.bought - one.sold for one in floor.brackets)
        assert floor.state.markets[0].held_count == len(floor.state.held)


@slow
@given(PROGRAMS)
def test_a_journal_and_a_snapshot_lead_to_the_same(program: list[tuple[int, int, int]]) -> None:
    floor = Floor()
    for step in program:
        floor.do(step)
    stepped = Engine(decode_state(encode_state(floor.state)))
    assert state_hash(stepped.state) == state_hash(floor.state)
    folded, decided = Engine(State()), []
    for event in floor.events:
        if isinstance(event, Trade):
            decided += folded.fold_rows(row_of(event))
        else:
            decided += folded.fold(event)
    assert decided == floor.decided
    assert state_hash(folded.state) == state_hash(floor.state)


def row_of(trade: Trade) -> Columns:
    prices = [trade.price_units / 100]
    frame = {"time_ns": [trade.time_ns], "price": prices, "size": [5], "side": [0]}
    return columns_from("trades", frame, GOOG)
