"""Parents under random prices, reports and wishes: children never exceed them, replays agree."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.repetition import IS_REPETITION
from tradewind.core.engine import Engine
from tradewind.core.parent_terms import AlgorithmTerms, algorithm_intent_of
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument
from tradewind.model.market import Trade, trade_of
from tradewind.model.orders import Liquidity, Side
from tradewind.model.route_messages import route

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
ALSO = Instrument("GOOG.ALT", tick="0.05", lot="2", currency="USD")
BOTH = route("both", (GOOG.id, "0.001", 2), (ALSO.id, "0", 50), miss_cost="0.001", stale_s=20)
SECOND_NS = 10**9
STEPS = 50
EXAMPLES = int(os.environ.get("TRADEWIND_PARENT_EXAMPLES", "15" if IS_REPETITION else "60"))
KINDS: list[dict[str, Any]] = [
    {"algorithm": "twap", "seconds": 30, "slices": 5},
    {"algorithm": "twap", "seconds": 20, "slices": 4, "limit": "101", "at_end": "cross"},
    {"algorithm": "vwap", "seconds": 40, "curve": (3, 1, 0, 4), "participation": "0.5"},
    {"algorithm": "pov", "participation": "0.25", "min_child": 3},
    {"algorithm": "iceberg", "display": 7, "limit": "99"},
    {"algorithm": "at_once", "route": "both"},
    {"algorithm": "twap", "seconds": 15, "slices": 3, "route": "both", "limit": "100.03"},
    {"algorithm": "shortfall", "seconds": 25, "curve": (5, 3, 2), "at_end": "cross"},
    {"algorithm": "iceberg", "display": 9, "limit": "99", "seconds": 20, "at_end": "cross"},
    {"algorithm": "iceberg", "display": 30, "limit": "99"},
]
SHOWN_BY_VENUE = (8, 9)
"""Those of them that begin while their venue has icebergs of its own."""


class Worked:
    """A small model of its own: what of one parent was sent, filled, and is over."""

    def __init__(self, quantity: int) -> None:
        self.quantity = quantity
        self.open: dict[str, int] = {}
        self.filled = 0

    @property
    def most(self) -> int:
        """All that works filled."""
        return self.filled + sum(self.open.values())


class Floor:
    """An engine, parents, and a venue that answers what the program says."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.events: list[Any] = []
        self.decided: list[Any] = []
        self.parents: dict[str, Worked] = {}
        self.fills = 0
        self.amended: dict[str, m.AmendOrder] = {}
        for event in (
            m.RunStarted(1, "j0", 1, ""),
            m.InstrumentListed(1, GOOG),
            m.InstrumentListed(1, ALSO),
            BOTH,
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
        """One event; what it fires first is an event of its own, as in a journal."""
        self.fire(event.time_ns)
        self.take(event)

    def fire(self, time_ns: int) -> None:
        while self.engine.next_timer_ns() <= time_ns:
            due_ns, strategy, name, _ = self.state.timers[0]
            self.take(m.TimerFired(due_ns, strategy, name))

    def take(self, event: Any) -> None:
        self.events.append(event)
        decided = (
            self.engine.fold(event) if isinstance(event, m.TimerFired) else self.engine.step(event)
        )
        self.decided += decided
        for decision in decided:
            if isinstance(decision, m.AmendOrder):
                self.amended[decision.order_id] = decision
            elif isinstance(decision, m.SubmitOrder):
                identity = decision.order_id.rpartition(".")[0]
                worked = self.parents[identity]
                worked.open[decision.order_id] = decision.quantity
                # at every moment, not at the end, and of what is wanted now
                assert worked.most <= self.state.parents[identity].quantity <= worked.quantity

    def do(self, step: tuple[int, int, int]) -> None:
        verb, which, amount = step
        time_ns = self.state.time_ns + (amount % 7) * SECOND_NS // 2
        if verb == 0 and len(self.parents) < 4:
            self.open_one(time_ns, which)
        elif verb in (1, 2):
            place = (GOOG, ALSO)[which % 2]
            price = (9_800 + amount * 4) // place.tick_units * place.tick_units
            self.give(trade_of(place, time_ns, price, 1 + amount, 0))
        elif verb == 3 and self.state.parents:
            self.wish(list(self.state.parents)[which % len(self.state.parents)], amount, time_ns)
        elif self.state.open_orders:
            orders = list(self.state.open_orders.values())
            self.report(orders[which % len(orders)], verb, amount, time_ns)

    def open_one(self, time_ns: int, which: int) -> None:
        identity = f"j0-manual-{len(self.parents) + 1}"
        self.parents[identity] = Worked(100)
        place = which % len(KINDS)
        self.give(m.VenueDescribed(time_ns, "SIM", has_icebergs=place in SHOWN_BY_VENUE))
        terms = AlgorithmTerms(side=Side.BUY, quantity=100, **KINDS[place])
        self.give(algorithm_intent_of(terms, time_ns, identity, "manual", GOOG))

    def wish(self, identity: str, amount: int, time_ns: int) -> None:
        self.fire(time_ns)
        if identity not in self.state.parents:
            return
        if amount % 3 == 0:
            self.give(m.CancelIntended(time_ns, "manual", identity))
        elif amount % 3 == 1:
            has_limit = self.state.parents[identity].limit_price > 0
            limit = (9_900 + amount) if has_limit and amount % 2 else 0
            wanted = 60 + amount
            worked = self.parents[identity]
            before, parent = worked.most, self.state.parents[identity]
            worked.quantity = max(worked.quantity, wanted)
            self.give(m.AmendIntended(time_ns, "manual", identity, wanted, limit))
            # from here on nothing is sent beyond it, whatever had left before
            worked.quantity = max(parent.quantity, before)
        elif amount % 9 == 2:
            self.give(m.Halted(time_ns, "strategy:manual", "test", "test"))
            self.give(m.Resumed(time_ns, "strategy:manual", "test"))

    def report(self, order: Any, verb: int, amount: int, time_ns: int) -> None:
        identity = order.order_id
        worked = self.parents[identity.rpartition(".")[0]]
        if order.amends and (verb in (7, 9) or not order.leaves_quantity):
            self.answer(order, worked, time_ns)
        elif verb in (4, 5):
            quantity = min(order.leaves_quantity, 1 + amount)
            self.fills += 1
            worked.filled += quantity
            worked.open[identity] -= quantity
            paid = (10_000, quantity, 0, "USD", Liquidity.TAKER)
            self.give(m.OrderFilled(time_ns, identity, f"f{self.fills}", *paid))
        elif verb == 6:
            worked.open.pop(identity)
            kind = (m.OrderCanceled, m.OrderExpired)[amount % 2]
            self.give(kind(time_ns, identity, "", order.filled_quantity))
        elif verb == 7:
            self.give(m.CancelRejected(time_ns, identity, "too late"))
        elif verb == 8:
            self.give(m.OrderUnknown(time_ns, identity, "no answer"))
        else:
            self.give(m.OrderAccepted(time_ns, identity, "v"))

    def answer(self, order: Any, worked: Worked, time_ns: int) -> None:
        """A venue lowers what is not filled yet, three times; then it refuses."""
        asked = self.amended[order.order_id]
        if asked.quantity <= order.filled_quantity or asked.number > 3:
            self.give(m.AmendRejected(time_ns, order.order_id, "no", asked.number))
            return
        worked.open[order.order_id] = asked.quantity - order.filled_quantity
        terms = (asked.quantity, asked.limit_price, asked.number)
        self.give(m.OrderAmended(time_ns, order.order_id, *terms))


PROGRAMS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)),
    min_size=STEPS,
    max_size=STEPS,
)
slow = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
)


@slow
@given(PROGRAMS)
def test_children_never_exceed_their_parent(program: list[tuple[int, int, int]]) -> None:
    floor = Floor()
    for step in program:
        floor.do(step)
        for identity, worked in floor.parents.items():
            assert worked.most <= worked.quantity
            parent = floor.state.parents.get(identity)
            if parent is not None:
                assert parent.filled_quantity == worked.filled
                working = {one: worked.open[one] for one in parent.working}
                # one that filled while an amendment was under way waits for the answer to that
                waits = [one for one in working if floor.state.orders[one].amends]
                assert {one: left for one, left in working.items() if left or one not in waits} == {
                    one: left for one, left in worked.open.items() if left
                }
        places = [place for one in floor.state.parents.values() for place in one.places]
        for market in floor.state.markets:
            assert market.held_count == places.count(market.index)
    book = floor.state.strategies[0]
    filled = sum(one.filled for one in floor.parents.values())
    assert book.quantity(0) + book.quantity(1) == filled
    assert not floor.state.anomalies


@slow
@given(PROGRAMS)
def test_every_sequence_recovers_to_the_same(program: list[tuple[int, int, int]]) -> None:
    floor = Floor()
    hashes = []
    for step in program:
        floor.do(step)
        hashes.append((len(floor.events), len(floor.decided), state_hash(floor.state)))
        # a snapshot taken anywhere is the state
        assert state_hash(decode_state(encode_state(floor.state))) == hashes[-1][2]
    folded, decided = Engine(State()), []
    given = 0
    for count, decisions, expected in hashes:
        for event in floor.events[given:count]:
            if isinstance(event, Trade):
                decided += folded.fold_rows(row_of(event))
            else:
                decided += folded.fold(event)
        given = count
        assert len(decided) == decisions
        assert state_hash(folded.state) == expected
        folded = Engine(decode_state(encode_state(folded.state)))  # killed and recovered
    assert decided == floor.decided


def test_at_the_end_of_a_quiet_window_nothing_is_left() -> None:
    floor = Floor()
    for which in range(4):
        floor.open_one(floor.state.time_ns, which)
    for order in list(floor.state.open_orders.values()):
        floor.give(m.OrderAccepted(floor.state.time_ns, order.order_id, "v"))
    floor.give(m.Halted(floor.state.time_ns + 1, "all", "test", "test"))
    for order in list(floor.state.open_orders.values()):
        floor.give(m.OrderCanceled(floor.state.time_ns, order.order_id, "", 0))
    assert not floor.state.parents
    assert not floor.state.timers
    ended = [one.reason for one in floor.decided if isinstance(one, m.ParentEnded)]
    assert ended == ["halted: test"] * 4


def row_of(trade: Trade) -> Columns:
    prices, sizes = [trade.price_units / 100], [trade.size_units]
    frame = {"time_ns": [trade.time_ns], "price": prices, "size": sizes, "side": [0]}
    return columns_from("trades", frame, trade.instrument)


WISHES = st.tuples(
    st.sampled_from([3, 3, 3, 4, 6, 8, 9, 9]), st.just(0), st.sampled_from([4, 10, 16, 28, 7, 40])
)


@slow
@given(st.lists(WISHES, min_size=20, max_size=20))
def test_an_iceberg_of_the_venue_never_exceeds_its_parent(
    program: list[tuple[int, int, int]],
) -> None:
    floor = Floor()
    floor.open_one(floor.state.time_ns, SHOWN_BY_VENUE[1])
    for step in program:
        floor.do(step)
        (worked,) = floor.parents.values()
        assert worked.most <= worked.quantity
    assert isinstance(floor.decided[2], m.SubmitIceberg)
    assert worked.filled == floor.state.strategies[0].quantity(0)
