"""One control event: journaled, applied, acted on, told; and what is due in time."""

from __future__ import annotations

from typing import Any

from tradewind.core.callbacks import Callbacks
from tradewind.core.emulation import emulated
from tradewind.core.entry import enter_order, submit_command
from tradewind.core.event_marks import FILL as _FILL
from tradewind.core.event_marks import LISTING as _LISTING
from tradewind.core.event_marks import MARKS as _MARKS
from tradewind.core.event_marks import REPORT as _REPORT
from tradewind.core.event_marks import SCHEDULING as _SCHEDULING
from tradewind.core.event_marks import STOP as _STOP
from tradewind.core.market import Listener, Market
from tradewind.core.order_lifecycle import Happening
from tradewind.core.order_messages import order_intended, target_intended
from tradewind.core.orders import Order
from tradewind.core.parent_orders import order_moved
from tradewind.core.posting import post_fill, post_fill_of
from tradewind.core.report_checks import checked_report
from tradewind.core.report_moves import move_order
from tradewind.core.reports import Acceptance, Execution, execution_of
from tradewind.core.state import Account, State, StrategyBook
from tradewind.core.tape import Tape
from tradewind.core.target import Target
from tradewind.core.targets import take_target
from tradewind.core.transitions import Decisions, apply
from tradewind.core.venue_model import NEVER_NS as _NEVER_NS
from tradewind.core.venue_model import VenueModel
from tradewind.model import messages as m
from tradewind.model.messages import (
    AmendOrder,
    CancelOrder,
    OrderDenied,
    SubmitIceberg,
    SubmitOrder,
    TimerFired,
)

CALLBACKS_PER_EVENT_MAX = 10_000
"""Intents and reports one event may cause; a strategy that causes more is stopped."""

# C integers when compiled, which Python cannot see
_CALLBACKS_MAX = CALLBACKS_PER_EVENT_MAX
_ACCEPTED = int(Happening.ACCEPTED)


class Stepper(Callbacks):
    """State, who is called, and (in a backtest) a venue inside the loop.

    Every event takes one sequence number, market rows too; what is to be journaled piles up in
    `records` with its `sequences` until `take_records` takes it. Where there is a `tape` it goes
    onto that, and neither records nor decisions are kept as messages.
    """

    __slots__ = (
        "decisions",
        "drained",
        "fills",
        "fired",
        "fired_ns",
        "is_draining",
        "next_due_ns",
        "records",
        "sequences",
        "taken",
        "tape",
        "venue",
    )

    def __init__(
        self, state: State, venue: VenueModel | None = None, tape: Tape | None = None
    ) -> None:
        Callbacks.__init__(self, state)
        self.venue = venue
        self.tape = tape
        self.decisions: Decisions = []
        self.records: list[m.Record] = []
        self.sequences: list[int] = []
        self.fills: list[Execution] | None = None
        self.is_draining = False
        self.drained = 0
        self.taken = 0
        self.fired = 0
        self.fired_ns = -1
        self.next_due_ns = 0

    def advance(self, time_ns: int) -> Decisions:
        """Fire the timers due up to a time, and let the venue inside do what is due."""
        self.decisions = []
        self._advance(time_ns)
        return self.decisions

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
        """Let the tape hand over what it holds."""
        if self.tape is not None:
            self.tape.flush()

    def next_timer_ns(self) -> int:
        """When the next timer is due; `NEVER_NS` without one."""
        timers = self.state.timers
        return timers[0][0] if timers else _NEVER_NS

    # --- control events, callbacks, intents ---------------------------------------------------

    def _control(self, event: Any) -> None:
        """Journal what happened or is wanted, apply it, act on what was decided, tell who asked."""
        kind = type(event)
        if kind is Order:
            self._intend(event)
        elif kind is Target:
            self._aim(event)
        elif kind is Acceptance:
            self._accept(event)
        elif kind is Execution:
            self._fill(event)
        else:
            self._happen(event)

    def _intend(self, order: Order) -> None:
        """An order of a strategy: risk, then the venue."""
        state = self.state
        state.sequence += 1
        book: StrategyBook = state.strategies[order.strategy]
        market: Market = state.markets[order.instrument]
        if self.tape is not None:
            self.tape.order_intended(state.sequence, order, book.name, market.id)
        else:
            self._record(order_intended(order, book.name, market.id))
        held: Decisions | None = None
        if order.stop_price and state.lacking:
            held = emulated(state, order_intended(order, book.name, market.id))
        if held is not None:
            for decision in held:
                self._decide(decision)
        elif (denied := enter_order(state, order)) is None:
            self._submit(order)
        else:
            self._decide(denied)

    def _aim(self, target: Target) -> None:
        """A target of a strategy: it waits for a price, or becomes an order."""
        state = self.state
        state.sequence += 1
        book: StrategyBook = state.strategies[target.strategy]
        market: Market = state.markets[target.instrument]
        if self.tape is not None:
            self.tape.target_intended(state.sequence, target, book.name, market.id)
        else:
            self._record(target_intended(target, book.name, market.id))
        self._sized(take_target(state, target))

    def _sized(self, sized: Any) -> None:
        """Act on what became of a target: an order, a reason why none, or nothing yet."""
        if type(sized) is Order:
            self._submit(sized)
        elif sized is not None:
            self._decide(sized)

    def _submit(self, order: Order) -> None:
        """Journal that an order goes out; a venue inside the loop gets it at once."""
        state = self.state
        state.sequence += 1
        if self.tape is not None:
            account: Account = state.accounts[order.account]
            market: Market = state.markets[order.instrument]
            self.tape.submit_order(
                state.sequence, state.time_ns, order, account.name, market.venue, market.id
            )
        else:
            command = submit_command(state, order)
            self._record(command)
            self.decisions.append(command)
        if self.venue is not None and not self.is_folding:
            self._send(self.venue, order)

    def _accept(self, report: Acceptance) -> None:
        """The venue inside works an order."""
        state = self.state
        state.sequence += 1
        if self.tape is not None:
            self.tape.order_accepted(state.sequence, report)
        else:
            self._record(report.message())
        if report.time_ns > state.time_ns:
            state.time_ns = report.time_ns
        order = state.order(report.order_id)
        if order is None:
            state.note("report_of_unknown_order")
        else:
            order.venue_order_id = report.venue_order_id
            move_order(state, order, _ACCEPTED)
            if self.order_listeners:
                self._tell_order(order, report)

    def _fill(self, report: Execution) -> None:
        """The venue inside executed an order."""
        state = self.state
        state.sequence += 1
        if self.tape is not None:
            self.tape.order_filled(state.sequence, report)
        else:
            self._record(report.message())
        if report.time_ns > state.time_ns:
            state.time_ns = report.time_ns
        order = state.order(report.order_id)
        if order is None:
            post_fill(state, report)
        else:
            post_fill_of(state, order, report)
            if self.fills is not None:
                report.order = order
                self.fills.append(report)
            if state.held or state.parents:
                for decision in order_moved(state, order, report):
                    self._decide(decision)
                self.next_due_ns = 0
            if self.order_listeners:
                self._tell_order(order, report)

    def _happen(self, event: Any) -> None:
        """Any other event, by the table of transitions."""
        state = self.state
        state.sequence += 1
        self._record(event)
        marks: int = _MARKS.get(type(event), 0)
        order = state.orders.get(event.order_id) if marks & _REPORT else None
        for decision in apply(state, event):
            self._decide(decision)
        if marks & _SCHEDULING or state.parents:  # a parent may rest until a time
            self.next_due_ns = 0
        if marks & _STOP:
            number = state.strategy_numbers[event.strategy]
            self._forget(number)
            self.stopping.discard(number)
        if marks & _LISTING and self.venue is not None:
            self.venue.on_listing(event)
        if order is not None:
            if marks & _FILL and self.fills is not None:
                report = execution_of(event)
                report.order = order
                self.fills.append(report)
            self._tell_order(order, event)

    def _decide(self, decision: Any) -> None:
        """Journal a decision; a venue inside the loop gets its commands at once."""
        self.state.sequence += 1
        self._record(decision)
        if self.tape is None:
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
            self._send(venue, self.state.orders[command.order_id])
        elif type(command) is CancelOrder:
            venue.cancel(self.state.time_ns, command.order_id)
        elif type(command) is AmendOrder:
            quantity, price, number = command.quantity, command.limit_price, command.number
            venue.amend(self.state.time_ns, command.order_id, quantity, price, number)
        else:
            assert type(command) is not SubmitIceberg, "the venue inside shows orders whole"
        self.next_due_ns = 0

    def _send(self, venue: VenueModel, order: Order) -> None:
        """Hand an order to the venue inside the loop."""
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
        self.next_due_ns = 0

    def _record(self, record: Any) -> None:
        if self.tape is not None:
            self.tape.record(self.state.sequence, record)
        else:
            self.records.append(record)
            self.sequences.append(self.state.sequence)

    def _tell(self, listeners: list[Listener], event: Any) -> None:
        for listener in listeners:
            self._call(listener[0], listener[1], event)
        if self.intents:
            self._drain()

    def _drain(self) -> None:
        """Apply what callbacks wanted and the venue inside reported, until nothing is left."""
        if self.is_draining or self.is_folding:
            return
        self.is_draining = True
        self.drained = 0
        self.taken = 0
        try:
            self._drain_all()
        finally:
            self.is_draining = False
            if self.taken and self.venue is not None:
                reports = self.venue.reports
                if self.taken == len(reports):
                    reports.clear()
                else:
                    del reports[: self.taken]

    def _drain_all(self) -> None:
        venue = self.venue
        event: Any
        while True:
            if self.intents:
                wanted = self.intents
                self.intents = []
                for event in wanted:
                    self.drained += 1
                    if self.drained > _CALLBACKS_MAX:
                        self._stop_endless(event)
                    self._control(event)
            elif venue is not None and self.taken < len(venue.reports):
                event = venue.reports[self.taken]
                self.taken += 1
                self.drained += 1
                if type(event) is not Acceptance:
                    event = checked_report(self.state, event)
                if self.drained > _CALLBACKS_MAX:
                    self._stop_endless(event)
                self._control(event)
            else:
                break

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
                self._fire(time_ns)
            elif self.venue is not None:
                self.venue.advance(due)
                if due > state.time_ns:
                    state.time_ns = due
                self._drain()

    def _fire(self, time_ns: int) -> None:
        """Fire the next timer; of what it missed before `time_ns` nothing is made up for."""
        due, strategy, name, interval = self.state.timers[0]
        number = self.state.strategy_numbers.get(strategy, -1)
        self.fired = self.fired + 1 if due == self.fired_ns else 1
        self.fired_ns = due
        if self.fired > _CALLBACKS_MAX and number >= 0:
            self._stop(number, RecursionError("it sets timers to one moment without end"))
        missed = max(0, time_ns - due - 1) // interval if interval else 0
        self._control(TimerFired(due, strategy, name, missed))
        listener = self.timer_listeners.get(strategy)
        if listener is not None and number >= 0:
            self._call(number, listener, name)
        self._drain()
