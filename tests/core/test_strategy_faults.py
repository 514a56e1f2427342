"""Strategies that raise, answer themselves without end, or are interrupted."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.core.engine import Engine
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.stepper import CALLBACKS_PER_EVENT_MAX
from tradewind.core.venue_model import VenueModel
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import quote_of
from tradewind.model.orders import Liquidity, Side, Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class InstantVenue(VenueModel):
    """Fills every order whole at 100 and refuses every cancel, at once."""

    def submit(self, time_ns: int, order_id: str, *terms: Any) -> None:
        name = f"f-{order_id}"
        self.reports.append(
            m.OrderFilled(time_ns, order_id, name, 10_000, terms[2], 0, "USD", Liquidity.TAKER)
        )


class RefusingVenue(VenueModel):
    """Works every order for ever and refuses every cancel."""

    def submit(self, time_ns: int, order_id: str, *terms: Any) -> None:
        self.reports.append(m.OrderAccepted(time_ns, order_id, "v"))

    def cancel(self, time_ns: int, order_id: str) -> None:
        self.reports.append(m.CancelRejected(time_ns, order_id, "no"))


class Watcher(Strategy):
    """Keeps what it was told; base of the bad ones."""

    def on_start(self) -> None:
        self.subscribe_quotes(self.instrument)
        self.told: list[str] = []

    def on_quote(self, quote: Any) -> None:
        self.told.append("quote")


def engine_with(*strategies: Strategy, venue: VenueModel | None = None) -> Engine:
    engine = Engine(State(), venue)
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 10**12),
    ):
        engine.step(event)
    for number, strategy in enumerate(strategies):
        attach(
            engine,
            strategy,
            name=f"s{number}",
            account="main",
            instruments=[GOOG],
            sizing=Sizing.AT_SIGNAL,
        )
    return engine


def quote(engine: Engine, time_ns: int = 5) -> None:
    engine.step(quote_of(GOOG, time_ns, 9_999, 5, 10_001, 5))


def stopped(engine: Engine) -> list[str]:
    return [book.stop_reason for book in engine.state.strategies if book.is_stopped]


class Raising(Watcher):
    """Wants an order in a callback, then raises in it."""

    where: str = "on_quote"

    def on_quote(self, quote: Any) -> None:
        super().on_quote(quote)
        if self.where == "on_timer":
            self.set_timer("now", self.time_ns)
        else:
            self.buy(1)
        self._raise_in("on_quote")

    def on_order(self, order: Any) -> None:
        self._raise_in("on_order")

    def on_fill(self, fill: Any) -> None:
        self._raise_in("on_fill")

    def on_timer(self, name: str) -> None:
        self._raise_in("on_timer")

    def _raise_in(self, here: str) -> None:
        if here == self.where:
            self.sell(7)
            raise ZeroDivisionError(here)


@pytest.mark.parametrize("where", ["on_quote", "on_order", "on_fill", "on_timer"])
def test_a_strategy_that_raises_anywhere_is_stopped_and_what_it_wanted_there_is_dropped(
    where: str,
) -> None:
    engine = engine_with(Raising(where=where), venue=InstantVenue())
    quote(engine)
    quote(engine, 6)
    assert stopped(engine) == [f"ZeroDivisionError: {where}"]
    assert all(order.quantity == 1 for order in engine.state.orders.values())


def test_the_others_are_told_of_the_event_at_which_one_raised() -> None:
    bad, good, last = Raising(), Watcher(), Watcher()
    engine = engine_with(bad, good, last)
    quote(engine)
    assert (bad.told, good.told, last.told) == (["quote"], ["quote"], ["quote"])
    quote(engine, 6)
    assert (bad.told, good.told, last.told) == (["quote"], ["quote"] * 2, ["quote"] * 2)


class EndlessBuyer(Watcher):
    """Buys again on every fill."""

    def on_quote(self, quote: Any) -> None:
        self.buy(1)

    def on_fill(self, fill: Any) -> None:
        self.buy(1)


class EndlessCanceler(Watcher):
    """Cancels again whenever a cancel was refused."""

    def on_quote(self, quote: Any) -> None:
        self.buy(1, limit=90)

    def on_order(self, order: Any) -> None:
        self.cancel(order.order_id)


class EndlessTimer(Watcher):
    """Sets a timer to the moment in which one fires."""

    def on_quote(self, quote: Any) -> None:
        self.set_timer("again", self.time_ns)

    def on_timer(self, name: str) -> None:
        self.told.append(name)
        self.set_timer("again", self.time_ns)


class EndlessTarget(Watcher):
    """Turns its position round on every fill."""

    def on_quote(self, quote: Any) -> None:
        self.target_position(1)

    def on_fill(self, fill: Any) -> None:
        self.target_position(-1 if self.position.is_long else 1)


class EndlessAmender(Watcher):
    """Amends whenever it hears of its order, and is denied each time."""

    def on_quote(self, quote: Any) -> None:
        self.buy(1, limit=90)

    def on_order(self, order: Any) -> None:
        self.amend(order.order_id, quantity=0, limit=90)


@pytest.mark.parametrize(
    ("strategy", "venue"),
    [
        (EndlessBuyer(), InstantVenue()),
        (EndlessTarget(), InstantVenue()),
        (EndlessCanceler(), RefusingVenue()),
        (EndlessAmender(), RefusingVenue()),
        (EndlessTimer(), VenueModel()),
    ],
    ids=["buyer", "target", "canceler", "amender", "timer"],
)
def test_a_strategy_that_answers_itself_without_end_is_stopped(
    strategy: Strategy, venue: VenueModel
) -> None:
    other = Watcher()
    engine = engine_with(strategy, other, venue=venue)
    quote(engine)
    quote(engine, 6)
    (reason,) = stopped(engine)
    assert "without end" in reason
    assert len(engine.records) < 5 * CALLBACKS_PER_EVENT_MAX
    assert other.told == ["quote"] * 2


class Interrupted(Watcher):
    """A person presses Ctrl-C while it computes, once."""

    def on_quote(self, quote: Any) -> None:
        self.told.append("quote")
        self.buy(1)
        if len(self.told) == 1:
            raise KeyboardInterrupt


def test_an_interrupt_goes_through_and_leaves_an_engine_that_works() -> None:
    strategy = Interrupted()
    engine = engine_with(strategy, venue=InstantVenue())
    with pytest.raises(KeyboardInterrupt):
        quote(engine)
    assert not engine.state.orders
    quote(engine, 6)
    assert strategy.position.quantity == 1
    assert not stopped(engine)


class InterruptedInAFill(Watcher):
    """The same, in an answer to an answer."""

    def on_quote(self, quote: Any) -> None:
        self.buy(1)

    def on_fill(self, fill: Any) -> None:
        self.told.append("fill")
        self.buy(1)
        if len(self.told) == 1:
            raise KeyboardInterrupt


def test_an_interrupt_while_draining_leaves_an_engine_that_drains() -> None:
    strategy = InterruptedInAFill()
    engine = engine_with(strategy, venue=InstantVenue())
    with pytest.raises(KeyboardInterrupt):
        quote(engine)
    before = strategy.position.quantity
    strategy.told = ["interrupted"] * 2
    quote(engine, 6)
    assert strategy.position.quantity > before


class Leaving(Watcher):
    """Sets timers and is stopped by a person."""

    def on_quote(self, quote: Any) -> None:
        super().on_quote(quote)
        self.set_timer("later", self.time_ns + 10)

    def on_timer(self, name: str) -> None:
        self.told.append(name)


def test_a_stopped_strategy_gets_no_more_events_and_no_timers() -> None:
    strategy = Leaving()
    engine = engine_with(strategy)
    quote(engine)
    engine.step(m.StrategyStopped(6, "s0", "a person"))
    quote(engine, 50)
    assert strategy.told == ["quote"]
    assert not engine.state.timers


def test_a_timer_in_the_past_fires_now_and_time_does_not_go_back() -> None:
    class Late(Leaving):
        def on_quote(self, quote: Any) -> None:
            self.set_timer("late", 2)

    engine = engine_with(Late())
    quote(engine)
    quote(engine, 6)
    times = [record.time_ns for record in engine.records]
    assert times == sorted(times)
    assert m.TimerFired(5, "s0", "late") in engine.records


class Careless(Watcher):
    """Asks for what cannot be and goes on."""

    def on_quote(self, quote: Any) -> None:
        for bad in (
            {"quantity": "0.5"},
            {"quantity": "much"},
            {"quantity": 10**16},
            {"quantity": 1, "limit": "0.001"},
            {"quantity": 1, "flags": 9},
            {"quantity": 1, "time_in_force": 77},
            {"quantity": 1, "expire_time_ns": 2**63},
            {"quantity": 1, "expire_time_ns": -1},
        ):
            with pytest.raises(UserError):
                self.buy(**bad)
        with pytest.raises(UserError):
            self.set_timer("fast", self.time_ns, 1)
        with pytest.raises(UserError):
            self.set_timer("never", 2**63)
        self.told.append(self.buy(1))


def test_what_cannot_be_wanted_is_refused_where_it_is_asked_and_takes_no_order_id() -> None:
    strategy = Careless()
    engine = engine_with(strategy)
    quote(engine)
    quote(engine, 6)
    assert strategy.told == ["j0-s0-1", "j0-s0-2"]
    assert engine.state.strategies[0].intents == 2
    assert not stopped(engine)


def test_orders_from_on_order_and_on_fill_come_in_the_order_they_were_wanted() -> None:
    class Answering(Watcher):
        def on_quote(self, quote: Any) -> None:
            if not self.told:
                self.buy(1)
                self.sell(1)

        def on_fill(self, fill: Any) -> None:
            self.told.append(f"fill {fill.order.order_id}")
            if len(self.told) < 5:
                self.buy(2)

        def on_order(self, order: Any) -> None:
            self.told.append(f"order {order.order_id} {order.filled_quantity}")

    strategy = Answering()
    engine = engine_with(strategy, venue=InstantVenue())
    quote(engine)
    assert strategy.told[:4] == [
        "fill j0-s0-1",
        "order j0-s0-1 1",
        "fill j0-s0-2",
        "order j0-s0-2 1",
    ]
    assert strategy.told[4:] == [
        "fill j0-s0-3",
        "order j0-s0-3 2",
        "fill j0-s0-4",
        "order j0-s0-4 2",
    ]


def test_a_person_orders_while_a_strategy_runs_and_both_are_journaled_alike() -> None:
    hashes = []
    for _ in range(2):
        engine = engine_with(EndlessBuyer(), venue=RefusingVenue())
        engine.step(m.StrategyRegistered(4, "person", "main", "", {}))
        engine.step(m.OrderIntended(4, "j0-person-1", "person", "GOOG.SIM", Side.BUY, 1))
        quote(engine)
        hashes.append(state_hash(engine.state))
    assert hashes[0] == hashes[1]
    assert list(engine.state.open_orders) == ["j0-person-1", "j0-s0-1"]


class TwiceTold(Watcher):
    """Has two functions for the same quotes; the first raises."""

    def on_start(self) -> None:
        super().on_start()
        self._view.listen("quotes", self.instrument, self.second)

    def on_quote(self, quote: Any) -> None:
        raise ZeroDivisionError

    def second(self, quote: Any) -> None:
        self.told.append("second")


def test_a_strategy_that_raised_is_told_nothing_more_of_that_event() -> None:
    strategy = TwiceTold()
    engine = engine_with(strategy)
    quote(engine)
    assert strategy.told == []
    assert len(stopped(engine)) == 1
