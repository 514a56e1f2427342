"""What each event does to the state: one function an event, in one table.

Every function takes the state and the event and returns the decisions that follow from it, in
order. State changes only here and in what is called from here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from tradewind.core.account_transitions import (
    account_terms_set,
    cash_converted,
    cash_posted,
    margin_called,
    position_liquidated,
)
from tradewind.core.amend_wishes import amend_intended
from tradewind.core.cancels import cancel_command, is_in
from tradewind.core.corporate_actions import (
    dividend_paid,
    instrument_delisted,
    instrument_renamed,
    instrument_split,
)
from tradewind.core.emulation import emulated, venue_described
from tradewind.core.entry import (
    count_message,
    enter_intent,
    submit_command,
)
from tradewind.core.exposure import Scope
from tradewind.core.held_orders import CORE, conditional_intended
from tradewind.core.held_wishes import cancel_all_intended, end_held_in, expire_held
from tradewind.core.instrument_limits import instrument_scope
from tradewind.core.orders import Order
from tradewind.core.parent_orders import algorithm_intended, end_parents_in, order_moved, parent_due
from tradewind.core.parent_wishes import cancel_kept, foreign_denial, kept
from tradewind.core.replacements import newest_id
from tradewind.core.report_moves import (
    amend_rejected,
    cancel_rejected,
    order_accepted,
    order_amended,
    order_canceled,
    order_expired,
    order_filled,
    order_rejected,
    order_restated,
    order_unknown,
)
from tradewind.core.route import Route
from tradewind.core.state import FIRM, State
from tradewind.core.targets import drop_targets, take_intent
from tradewind.core.venue_cash import VENUE_CASH_TRANSITIONS
from tradewind.core.venue_transitions import (
    instrument_paused,
    instrument_resumed,
    position_transferred,
    venue_differed,
    venue_lost,
    venue_recovered,
)
from tradewind.model import messages as m
from tradewind.model.marking import parse_marking
from tradewind.model.orders import OrderState

Decisions = list[m.Decision]

_NOTHING: Decisions = []

_AWAITING = int(OrderState.AWAITING_FILLS)


def run_started(state: State, event: m.RunStarted) -> Decisions:
    """A new epoch, and how it marks; an older one in the journal would be two leaders at once."""
    assert event.epoch > state.epoch, "an epoch went back"
    state.journal_id = event.journal_id
    state.epoch = event.epoch
    state.set_marking(int(parse_marking(event.mark)))
    return _NOTHING


def instrument_listed(state: State, event: m.InstrumentListed) -> Decisions:
    """A new instrument or version."""
    state.list_instrument(event.instrument)
    for scope in state.scopes():
        scope.set_bounds()
    return _NOTHING


def account_opened(state: State, event: m.AccountOpened) -> Decisions:
    """A new account."""
    state.open_account(event.account, event.currency, int(event.hedging))
    _renew_halt(state, "account:" + event.account)
    return _NOTHING


def cash_deposited(state: State, event: m.CashDeposited) -> Decisions:
    """Cash against capital."""
    state.account(event.account).wallet(event.currency).deposit(event.amount)
    return _NOTHING


def limits_changed(state: State, event: m.LimitsChanged) -> Decisions:
    """New limits for the next order on."""
    scope_of(state, event.scope).set_limits(event.limits)
    return _NOTHING


def rate_changed(state: State, event: m.RateChanged) -> Decisions:
    """A new rate between two currencies, for every holding that uses it."""
    state.rates[event.currency, event.into] = event.rate
    for scope in state.scopes():
        for holding in scope.holdings:
            if holding is not None:
                state.set_rate(holding, scope)
    return _NOTHING


def route_set(state: State, event: m.RouteSet) -> Decisions:
    """A route, or other legs of one; what is known of legs that stay is kept."""
    former = state.routes.pop(event.route, None)
    if event.legs:
        route = state.routes[event.route] = Route(event)
        if former is not None:
            route.take_over(former)
    return _NOTHING


def strategy_registered(state: State, event: m.StrategyRegistered) -> Decisions:
    """A strategy's book, and it may trade again if it was stopped."""
    book = state.register_strategy(event.strategy, event.account)
    book.code = event.code
    book.parameters = dict(event.parameters)
    book.is_stopped = False
    book.stop_reason = ""
    _renew_halt(state, "strategy:" + event.strategy)
    return _NOTHING


def strategy_stopped(state: State, event: m.StrategyStopped) -> Decisions:
    """No more orders of a strategy; what it wanted and timers are forgotten."""
    book = state.strategy(event.strategy)
    book.is_stopped = True
    book.stop_reason = event.reason
    drop_targets(state, book)
    state.timers = [timer for timer in state.timers if timer[1] != event.strategy]
    heapq.heapify(state.timers)
    return end_parents_in(state, "strategy:" + event.strategy, "its strategy was stopped")


def order_intended(state: State, event: m.OrderIntended) -> Decisions:
    """Risk, then the order; one that its venue has no type for is held."""
    if event.stop_price and state.lacking:
        held = emulated(state, event)
        if held is not None:
            return held
    return [enter_intent(state, event)]


def target_intended(state: State, event: m.TargetIntended) -> Decisions:
    """A target now or at the next price."""
    sized = take_intent(state, event)
    decided = submit_command(state, sized) if isinstance(sized, Order) else sized
    return _NOTHING if decided is None else [decided]


def cancel_intended(state: State, event: m.CancelIntended) -> Decisions:
    """Cancel a working order; one that is done stays as it is."""
    order_id = newest_id(state, event.order_id)
    held = kept(state, order_id)
    if held is not None:
        denied = foreign_denial(state, held, event.strategy)
        return [denied] if denied is not None else cancel_kept(state, held)
    order = state.open_orders.get(order_id)
    if order is None or order.state == _AWAITING:
        return _NOTHING
    if (denied := foreign_denial(state, order, event.strategy)) is not None:
        return [denied]
    count_message(state, order)
    return [cancel_command(state, order)]


def timer_set(state: State, event: m.TimerSet) -> Decisions:
    """A timer on the heap, due now at the earliest; setting a name again moves it."""
    number = state.strategy_numbers.get(event.strategy)
    if number is None or state.strategies[number].is_stopped:
        return _NOTHING
    _drop_timer(state, event.strategy, event.name)
    due_ns = max(event.due_time_ns, state.time_ns)
    timer = (due_ns, event.strategy, event.name, event.interval_ns)
    heapq.heappush(state.timers, timer)
    return _NOTHING


def timer_fired(state: State, event: m.TimerFired) -> Decisions:
    """Off the heap, and on again behind its interval; the core's own end a held order."""
    if event.strategy == CORE:
        is_parent = event.name in state.parents
        return parent_due(state, event.name) if is_parent else expire_held(state, event.name)
    for timer in state.timers:
        if timer[1] == event.strategy and timer[2] == event.name:
            _drop_timer(state, event.strategy, event.name)
            if timer[3] > 0:
                due_ns = timer[0] + timer[3] * (1 + event.missed)
                following = (due_ns, timer[1], timer[2], timer[3])
                heapq.heappush(state.timers, following)
            break
    return _NOTHING


def halted(state: State, event: m.Halted) -> Decisions:
    """Block first, then cancel what works in the scope."""
    state.halts[event.scope] = (event.reason, event.by)
    _set_halt(state, event.scope, event.reason, 1)
    decided = end_held_in(state, event.scope, f"halted: {event.reason}")
    for order in list(state.open_orders.values()):
        if order.state != _AWAITING and is_in(state, order.strategy, order.instrument, event.scope):
            decided.append(cancel_command(state, order))
    return decided + end_parents_in(state, event.scope, f"halted: {event.reason}")


def resumed(state: State, event: m.Resumed) -> Decisions:
    """A person lets orders go again."""
    state.halts.pop(event.scope, None)
    _set_halt(state, event.scope, "", 0)
    return _NOTHING


def bad_tick(state: State, event: m.BadTick) -> Decisions:
    """Counted by reason."""
    state.note("bad_tick:" + event.reason)
    return _NOTHING


def only_time(state: State, event: m.ControlEvent) -> Decisions:
    """Nothing but the time, which `apply` moves for every event."""
    return _NOTHING


TRANSITIONS: dict[type, Callable[[State, Any], Decisions]] = {
    m.RunStarted: run_started,
    m.InstrumentListed: instrument_listed,
    m.AccountOpened: account_opened,
    m.CashDeposited: cash_deposited,
    m.LimitsChanged: limits_changed,
    m.RateChanged: rate_changed,
    m.RouteSet: route_set,
    m.StrategyRegistered: strategy_registered,
    m.StrategyStopped: strategy_stopped,
    m.OrderIntended: order_intended,
    m.TargetIntended: target_intended,
    m.ConditionalIntended: conditional_intended,
    m.AlgorithmIntended: algorithm_intended,
    m.CancelAllIntended: cancel_all_intended,
    m.CancelIntended: cancel_intended,
    m.AmendIntended: amend_intended,
    m.TimerSet: timer_set,
    m.TimerFired: timer_fired,
    m.OrderAccepted: order_accepted,
    m.OrderRejected: order_rejected,
    m.OrderFilled: order_filled,
    m.OrderCanceled: order_canceled,
    m.OrderExpired: order_expired,
    m.OrderAmended: order_amended,
    m.OrderRestated: order_restated,
    m.CancelRejected: cancel_rejected,
    m.AmendRejected: amend_rejected,
    m.OrderUnknown: order_unknown,
    m.OrdersLeft: only_time,
    m.VenueDescribed: venue_described,
    m.VenueLost: venue_lost,
    m.VenueRecovered: venue_recovered,
    m.InstrumentPaused: instrument_paused,
    m.InstrumentResumed: instrument_resumed,
    m.VenueDiffered: venue_differed,
    m.PositionTransferred: position_transferred,
    m.AccountTermsSet: account_terms_set,
    **VENUE_CASH_TRANSITIONS,
    m.CashPosted: cash_posted,
    m.CashConverted: cash_converted,
    m.DividendPaid: dividend_paid,
    m.InstrumentSplit: instrument_split,
    m.InstrumentRenamed: instrument_renamed,
    m.InstrumentDelisted: instrument_delisted,
    m.MarginCalled: margin_called,
    m.PositionLiquidated: position_liquidated,
    m.RiskLevelReached: only_time,
    m.RiskRuleChanged: only_time,
    m.Halted: halted,
    m.Resumed: resumed,
    m.BadTick: bad_tick,
    m.ClockTicked: only_time,
    m.MarketRecorded: only_time,
}


def apply(state: State, event: m.ControlEvent) -> Decisions:
    """One event through the state: time moves, the table decides the rest."""
    if event.time_ns > state.time_ns:
        state.time_ns = event.time_ns
    decided = TRANSITIONS[type(event)](state, event)
    if (state.held or state.parents) and isinstance(event, m.Report):
        order = state.orders.get(event.order_id)
        if order is not None:
            return [*decided, *order_moved(state, order, event)]
    return decided


def scope_of(state: State, name: str) -> Scope:
    """The scope a text names: `firm`, or an account, strategy, instrument or venue by name."""
    kind, _, rest = name.partition(":")
    if kind == "account":
        return state.account(rest).scope
    if kind == "strategy":
        return state.strategy(rest).scope
    if kind == "venue":
        return state.venue(rest)
    if kind == "instrument":
        return instrument_scope(state, rest)
    assert name == FIRM, f"no such scope: {name}"
    return state.firm


def _drop_timer(state: State, strategy: str, name: str) -> None:
    kept = [timer for timer in state.timers if timer[1] != strategy or timer[2] != name]
    if len(kept) != len(state.timers):
        state.timers = kept
        heapq.heapify(state.timers)


def _renew_halt(state: State, scope: str) -> None:
    """A halt that was called before its account or strategy was there holds from now on."""
    if scope in state.halts:
        _set_halt(state, scope, state.halts[scope][0], 1)


def _set_halt(state: State, scope: str, reason: str, is_halted: int) -> None:
    kind, _, rest = scope.partition(":")
    halted_scope = state.firm if scope == "all" else None
    if kind == "account" and rest in state.account_numbers:
        halted_scope = state.account(rest).scope
    if kind == "strategy" and rest in state.strategy_numbers:
        halted_scope = state.strategy(rest).scope
    if halted_scope is not None:
        halted_scope.is_halted = bool(is_halted)
        halted_scope.halt_reason = reason
        if not is_halted and halted_scope.flow is not None:
            halted_scope.flow.resume()
