"""One control event: journaled, applied, acted on, told; and what is due in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.market import Listener
from tradewind.core.orders import Order
from tradewind.core.state import State
from tradewind.core.transitions import Decisions, apply
from tradewind.core.venue_model import NEVER_NS as _NEVER_NS
from tradewind.core.venue_model import VenueModel
from tradewind.model import messages as m
from tradewind.model.messages import (
    AmendOrder,
    CancelOrder,
    OrderDenied,
    SubmitOrder,
    TimerFired,
)

CALLBACKS_PER_EVENT_MAX = 10_000
"""Intents and reports one event may cause; a strategy that causes more is stopped."""

RECORDS_HELD_MAX = 512
"""Records kept before a sink takes them; without a sink the caller takes them."""

# C integers when compiled, which Python cannot see
_HELD_MAX = RECORDS_HELD_MAX
_CALLBACKS_MAX = CALLBACKS_PER_EVENT_MAX

Sink = Callable[[list[int], list[m.Record]], None]
OrderListener = Callable[[tuple[Order, Any]], None]


class Stepper:
    """State, who listens, and (in a backtest) a venue inside the loop.

    Every event takes one sequence number, market rows too; what is to be journaled piles up in
    `records` with its `sequences` until `take_records` or the sink takes it.
    """

    __slots__ = (
        "decisions",
        "drained",
        "fills",
        "fired",
        "fired_ns",
        "intents",
        "is_draining",
        "is_folding",
        "next_due_ns",
        "order_listeners",
        "records",
        "running",
        "sequences",
        "sink",
        "state",
        "stop_listener",
        "stopping",
        "timer_listeners",
        "venue",
    )

    def __init__(
        self, state: State, venue: VenueModel | None = None, sink: Sink | None = None
    ) -> None:
        self.state = state
        self.venue = venue
        self.sink = sink
        self.intents: list[m.Intent | m.StrategyStopped] = []
        self.decisions: Decisions = []
        self.records: list[m.Record] = []
        self.sequences: list[int] = []
        self.order_listeners: dict[int, OrderListener] = {}
        self.timer_listeners: dict[str, Callable[[str], None]] = {}
        self.stop_listener: Callable[[str, BaseException], None] | None = None
        self.fills: list[tuple[m.OrderFilled, Order]] | None = None
        self.is_draining = False
        self.is_folding = False
        self.drained = 0
        self.fired = 0
        self.fired_ns = -1
        self.stopping: set[int] = set()
        self.running = -1
        self.next_due_ns = 0

    def advance(self, time_ns: int) -> Decisions:
        """Fire the timers due up to a time, and let the venue inside do what is due."""
        self.decisions = []
        self._advance(time_ns)
        return self.decisions

    def call(self, strategy: int, function: Callable[[Any], None], event: Any) -> None:
        """Call a strategy outside of an event: its start and its end, guarded as ever."""
        self._call(strategy, function, event)

    def fold(self, event: m.ControlEvent) -> Decisions:
        """Apply a journaled event in recovery: no strategy is called, no timer fires by itself."""
        self.decisions = []
        self.is_folding = True
        self._control(event)
        self.is_folding = False
        return self.decisions

    def take_records(self) -> tuple[list[int], list[m.Record]]:
        """Sequences and records that piled up, handed over."""
        taken = (self.sequences, self.records)
        self.sequences, self.records = [], []
        return taken

    def flush(self) -> None:
        """Give what piled up to the sink."""
        if self.sink is not None and self.records:
            sequences, records = self.take_records()
            self.sink(sequences, records)

    def next_timer_ns(self) -> int:
        """When the next timer is due; `NEVER_NS` without one."""
        timers = self.state.timers
        return timers[0][0] if timers else _NEVER_NS

    # --- control events, callbacks, intents ---------------------------------------------------

    def _control(self, event: Any) -> None:
        """Journal an event, apply it, act on what was decided, tell who asked."""
        state = self.state
        state.sequence += 1
        self._record(event)
        marks: int = _MARKS.get(type(event), 0)
        order = state.orders.get(event.order_id) if marks & _REPORT else None
        for decision in apply(state, event):
            self._decide(decision)
        if marks & _SCHEDULING:
            self.next_due_ns = 0
        if marks & _STOP:
            number = state.strategy_numbers[event.strategy]
            self._forget(number)
            self.stopping.discard(number)
        if marks & _LISTING and self.venue is not None:
            self.venue.list_instrument(event.instrument)
        if order is not None:
            if marks & _FILL and self.fills is not None:
                self.fills.append((event, order))
            self._tell_order(order, event)

    def _decide(self, decision: Any) -> None:
        """Journal a decision; a venue inside the loop gets its commands at once."""
        self.state.sequence += 1
        self._record(decision)
        self.decisions.append(decision)
        if self.is_folding:
            return
        if type(decision) is OrderDenied:
            order = self.state.orders.get(decision.order_id)
            if order is not None:
                self._tell_order(order, decision)
        elif self.venue is not None:
            self._command(self.venue, decision)

    def _command(self, venue: VenueModel, command: Any) -> None:
        """Hand a command to the venue inside the loop."""
        if type(command) is SubmitOrder:
            order: Order = self.state.orders[command.order_id]
            venue.submit(
                self.state.time_ns,
                order.order_id,
                order.instrument,
                order.side,
                order.quantity,
                order.order_type,
                order.limit_price,
                order.stop_price,
                order.time_in_force,
                order.flags,
                order.expire_time_ns,
            )
        elif type(command) is CancelOrder:
            venue.cancel(self.state.time_ns, command.order_id)
        elif type(command) is AmendOrder:
            venue.amend(self.state.time_ns, command.order_id, command.quantity, command.limit_price)
        self.next_due_ns = 0

    def _record(self, record: Any) -> None:
        self.records.append(record)
        self.sequences.append(self.state.sequence)
        if self.sink is not None and len(self.records) >= _HELD_MAX:
            self.flush()

    def _tell(self, listeners: list[Listener], event: Any) -> None:
        for listener in listeners:
            self._call(listener[0], listener[1], event)
        if self.intents:
            self._drain()

    def _tell_order(self, order: Order, event: Any) -> None:
        """Tell the strategy of an order what became of it."""
        listener = self.order_listeners.get(order.strategy)
        if listener is not None and not self.is_folding:
            self._call(order.strategy, listener, (order, event))

    def _call(self, strategy: int, function: Callable[[Any], None], event: Any) -> None:
        """Call a strategy; if it raises, what it wanted is dropped and it is stopped.

        What is no `Exception` (a person's Ctrl-C) goes through; what it wanted is dropped too.
        """
        if not self.stopping or strategy not in self.stopping:
            self._guarded(strategy, function, event)

    def _guarded(self, strategy: int, function: Callable[[Any], None], event: Any) -> None:
        before = len(self.intents)
        is_through = False
        self.running = strategy
        try:
            function(event)
            is_through = True
        except Exception as error:
            del self.intents[before:]
            self._stop(strategy, error)
            is_through = True
        finally:
            self.running = -1
            if not is_through:
                del self.intents[before:]

    def _stop(self, strategy: int, error: BaseException) -> None:
        book = self.state.strategies[strategy]
        if book.is_stopped or strategy in self.stopping:
            return
        self.stopping.add(strategy)
        reason = f"{type(error).__name__}: {error}"
        self._forget(strategy)
        # applied in turn, behind what the running event decided: recovery folds the same order
        self.intents.append(m.StrategyStopped(self.state.time_ns, book.name, reason[:200]))
        if self.stop_listener is not None:
            self.stop_listener(book.name, error)

    def _forget(self, strategy: int) -> None:
        """Take a strategy's listeners away, everywhere; lists that are being told stay as are."""
        for market in self.state.markets:
            market.forget(strategy)
        self.order_listeners.pop(strategy, None)
        self.timer_listeners.pop(self.state.strategies[strategy].name, None)

    def _drain(self) -> None:
        """Apply what callbacks wanted and the venue inside reported, until nothing is left."""
        if self.is_draining or self.is_folding:
            return
        self.is_draining = True
        self.drained = 0
        try:
            self._drain_all()
        finally:
            self.is_draining = False

    def _drain_all(self) -> None:
        venue = self.venue
        while True:
            if self.intents:
                wanted = self.intents
                self.intents = []
                for intent in wanted:
                    self._bounded(intent)
            elif venue is not None and venue.reports:
                self._bounded(venue.reports.pop(0))
            else:
                break

    def _bounded(self, event: Any) -> None:
        self.drained += 1
        if self.drained > _CALLBACKS_MAX and type(event) in _INTENTS:
            number = self.state.strategy_numbers.get(event.strategy, -1)
            if number >= 0:
                self._stop(number, RecursionError("it answers its own orders without end"))
        self._control(event)

    # --- time --------------------------------------------------------------------------------

    def _advance(self, time_ns: int) -> None:
        """Timers and the venue inside, in the order they are due; timers first at equal times."""
        if self.is_folding:
            return
        state = self.state
        while True:
            timer_ns: int = state.timers[0][0] if state.timers else _NEVER_NS
            venue_ns: int = self.venue.next_due_ns if self.venue is not None else _NEVER_NS
            due = min(timer_ns, venue_ns)
            if due > time_ns:
                self.next_due_ns = due
                return
            if timer_ns <= venue_ns:
                self._fire()
            elif self.venue is not None:
                self.venue.advance(due)
                if due > state.time_ns:
                    state.time_ns = due
                self._drain()

    def _fire(self) -> None:
        due, strategy, name, _interval = self.state.timers[0]
        number = self.state.strategy_numbers.get(strategy, -1)
        self.fired = self.fired + 1 if due == self.fired_ns else 1
        self.fired_ns = due
        if self.fired > _CALLBACKS_MAX and number >= 0:
            self._stop(number, RecursionError("it sets timers to one moment without end"))
        self._control(TimerFired(due, strategy, name))
        listener = self.timer_listeners.get(strategy)
        if listener is not None and number >= 0:
            self._call(number, listener, name)
        self._drain()


_INTENTS = frozenset(
    {m.OrderIntended, m.TargetIntended, m.CancelIntended, m.AmendIntended, m.TimerSet}
)

_REPORT, _FILL, _SCHEDULING, _LISTING, _STOP = 1, 2, 4, 8, 16
_MARKS: dict[type, int] = {
    **dict.fromkeys(
        (
            m.OrderAccepted,
            m.OrderRejected,
            m.OrderCanceled,
            m.OrderExpired,
            m.OrderAmended,
            m.CancelRejected,
            m.AmendRejected,
            m.OrderUnknown,
        ),
        _REPORT,
    ),
    m.OrderFilled: _REPORT | _FILL,
    **dict.fromkeys((m.TimerSet, m.TimerFired), _SCHEDULING),
    m.StrategyStopped: _SCHEDULING | _STOP,
    m.InstrumentListed: _LISTING,
}
"""What a control event asks for beyond being applied."""
