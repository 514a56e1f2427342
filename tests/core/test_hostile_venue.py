"""Books, exposure, order states and limits against a venue that does everything but lie."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.hostile_venue import INSTRUMENTS, LIMIT, Step, Struggle
from tests.core.test_positions import Model
from tradewind.core.engine import Engine
from tradewind.core.orders import Order
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model.messages import Halted, OrderFilled
from tradewind.model.orders import OrderState

STEPS: st.SearchStrategy[Step] = st.tuples(
    st.integers(0, 22), st.integers(0, 31), st.integers(1, 5), st.integers(0, 200)
)
PROGRAMS = st.lists(STEPS, min_size=30, max_size=200)

searched = settings(max_examples=100)


@searched
@given(PROGRAMS)
def test_limits_hold_in_the_venues_own_account_at_every_step(program: list[Step]) -> None:
    struggle = Struggle()
    for step in program:
        struggle.do(step)
        for instrument in INSTRUMENTS:
            assert struggle.venue.worst(instrument.id, 1) <= LIMIT
            assert struggle.venue.worst(instrument.id, -1) >= -LIMIT


@searched
@given(PROGRAMS)
def test_books_and_positions_are_the_fold_of_the_fills_that_were_heard(
    program: list[Step],
) -> None:
    struggle = Struggle()
    for step in program:
        struggle.do(step)
        check_books(struggle.state, struggle.heard)


@searched
@given(PROGRAMS)
def test_what_is_open_is_counted_in_every_scope_at_every_step(program: list[Step]) -> None:
    struggle = Struggle()
    for step in program:
        struggle.do(step)
        check_exposure(struggle.state)


@searched
@given(PROGRAMS)
def test_orders_only_move_on_and_never_fill_beyond_their_quantity(program: list[Step]) -> None:
    struggle = Struggle()
    seen: dict[str, tuple[int, int]] = {}
    for step in program:
        struggle.do(step)
        for order in struggle.state.orders.values():
            check_move(order, *seen.get(order.order_id, (OrderState.PENDING_NEW, 0)))
            seen[order.order_id] = (order.state, order.filled_quantity)


@searched
@given(PROGRAMS)
def test_when_everything_has_arrived_both_sides_agree(program: list[Step]) -> None:
    struggle = Struggle()
    for step in program:
        struggle.do(step)
    struggle.settle()
    assert set(struggle.state.anomalies) <= {
        "fill_reported_again",
        "amended_behind_the_end",
        "restated_behind_the_end",
    }
    open_at_venue = {one.order_id for one in struggle.venue.orders.values() if one.is_open}
    assert set(struggle.state.open_orders) == open_at_venue
    for true in struggle.venue.orders.values():
        order = struggle.state.orders[true.order_id]
        assert order.filled_quantity == true.filled
        assert order.quantity == true.quantity
    assert not any(order.amends for order in struggle.state.open_orders.values())


@searched
@given(PROGRAMS, st.integers(0, 149))
def test_a_restored_state_goes_on_as_the_one_it_was_taken_from(
    program: list[Step], place: int
) -> None:
    struggle = Struggle()
    for step in program[:place]:
        struggle.do(step)
    again = Struggle()
    again.engine = type(struggle.engine)(decode_state(encode_state(struggle.state)))
    again.venue, again.heard, again.intents = struggle.venue, struggle.heard, struggle.intents
    assert state_hash(again.state) == state_hash(struggle.state)
    struggle.engine.take_records()
    for step in program[place:]:
        again.do(step)
    _, records = again.engine.take_records()
    for event in records:
        if not type(event).__name__.endswith(("Order", "Denied")):
            struggle.engine.step(event)
    assert state_hash(again.state) == state_hash(struggle.state)


@searched
@given(PROGRAMS)
def test_a_restart_keeps_open_orders_in_their_order(program: list[Step]) -> None:
    struggle = Struggle()
    for step in program:
        struggle.do(step)
    again = Engine(decode_state(encode_state(struggle.state)))
    assert list(again.state.open_orders) == list(struggle.state.open_orders)
    halt = Halted(struggle.state.time_ns, "all", "odd", "test")
    assert again.step(halt) == struggle.engine.step(halt)


def check_books(state: State, heard: list[OrderFilled]) -> None:
    """Ledger and positions from nothing but the fills, in a model of their own."""
    models: dict[tuple[int, int], Model] = {}
    cash = {"USD": 10**12, "EUR": 0}
    for fill in heard:
        order = state.orders[fill.order_id]
        key = (order.strategy, order.instrument)
        model = models.setdefault(key, Model(10_000, 1))
        model.fill(order.side * fill.quantity, fill.price)
        cash["USD"] -= fill.fee
    for (strategy, instrument), model in models.items():
        position = state.strategies[strategy].position(instrument, 0)
        assert (position.quantity, position.cost) == (model.quantity, model.cost)
        cash[INSTRUMENTS[instrument].currency] -= model.paid
    for currency, wallet in state.accounts[0].wallets.items():
        wallet.check()
        assert wallet.cash == cash[currency]
        assert wallet.inventory == sum(
            model.cost for (_, n), model in models.items() if INSTRUMENTS[n].currency == currency
        )
        assert wallet.fees == (7 * len(heard) if currency == "USD" else 0)


def check_exposure(state: State) -> None:
    """Open quantities and positions of every scope, summed over orders and fills."""
    for scope in state.scopes():
        mine = [order for order in state.open_orders.values() if is_of(state, order, scope.name)]
        assert scope.open_orders == len(mine)
        for holding in scope.holdings:
            if holding is None:
                continue
            here = [order for order in mine if order.instrument == holding.market.index]
            assert holding.open_buy == sum(o.reserved for o in here if o.side > 0)
            assert holding.open_sell == sum(o.reserved for o in here if o.side < 0)
            assert holding.position == sum(
                order.side * order.filled_quantity
                for order in state.orders.values()
                if order.instrument == holding.market.index and is_of(state, order, scope.name)
            )
    for order in state.orders.values():
        if order.state == OrderState.AWAITING_FILLS:
            assert order.reserved == order.stated_quantity - order.filled_quantity > 0
        elif order.is_open and order.amends:
            assert order.reserved >= order.leaves_quantity
        elif order.is_open:  # what a partial fill took is released, no more and no less
            assert order.reserved == order.leaves_quantity
        else:
            assert order.reserved == 0


def is_of(state: State, order: Order, scope: str) -> bool:
    """Whether an order counts in a scope; there is one account."""
    return not scope.startswith("strategy:") or scope.endswith(
        ":" + state.strategies[order.strategy].name
    )


_ENDS = "FILLED CANCELED REJECTED EXPIRED AWAITING_FILLS"
NEXT = {
    OrderState.PENDING_NEW: f"NEW PARTIALLY_FILLED PENDING_CANCEL UNKNOWN DENIED {_ENDS}",
    OrderState.NEW: f"PARTIALLY_FILLED PENDING_CANCEL UNKNOWN {_ENDS}",
    OrderState.PARTIALLY_FILLED: f"PENDING_CANCEL UNKNOWN {_ENDS}",
    OrderState.PENDING_CANCEL: f"NEW PARTIALLY_FILLED UNKNOWN {_ENDS}",
    OrderState.AWAITING_FILLS: "CANCELED EXPIRED",
    OrderState.UNKNOWN: f"NEW PARTIALLY_FILLED {_ENDS}",
}


def check_move(order: Order, state_before: int, filled_before: int) -> None:
    """Only moves that make sense; fills only add up."""
    assert filled_before <= order.filled_quantity
    assert order.filled_quantity <= order.quantity or order.amends
    if order.state != state_before:
        assert OrderState(order.state).name in NEXT[OrderState(state_before)].split()
    if order.state == OrderState.FILLED:
        assert order.filled_quantity == order.quantity
    if order.state == OrderState.PARTIALLY_FILLED:
        assert order.filled_quantity > 0
