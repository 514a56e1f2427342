"""Answers about trading: orders, fills, positions, accounts, strategies, venues, risk."""

from __future__ import annotations

from typing import Any

from tradewind.api.answer import Aged, Answer, Page


class Order(Answer, frozen=True, kw_only=True):
    """An order as the engine has it now."""

    order_id: str
    strategy: str
    instrument: str
    side: str
    type: str
    state: str
    quantity: str
    filled_quantity: str
    leaves_quantity: str
    limit_price: str
    average_price: str
    time_ns: int
    time: str


class OpenOrders(Aged, frozen=True, kw_only=True):
    """Orders that still work, or may."""

    orders: list[Order]


class StoredOrder(Answer, frozen=True, kw_only=True):
    """An order as it was written down, the finished ones too; `sequence` changed it last."""

    sequence: int
    order_id: str
    strategy: str
    account: str
    venue: str
    instrument: str
    side: str
    type: str
    state: str
    is_open: int
    quantity: str
    filled_quantity: str
    limit_price: str
    stop_price: str
    average_price: str
    filled_notional: str
    time_in_force: str
    leg: str
    venue_order_id: str
    reason: str
    intended_time_ns: int
    intended_time: str
    changed_time_ns: int
    changed_time: str


class OrdersPage(Page, frozen=True, kw_only=True):
    """Orders, newest change first."""

    rows: list[StoredOrder]


class Fill(Answer, frozen=True, kw_only=True):
    """One execution of an order; the fee is positive where we pay."""

    sequence: int
    order_id: str
    fill_id: str
    time_ns: int
    time: str
    account: str
    strategy: str
    instrument: str
    side: str
    price: str
    quantity: str
    fee: str
    fee_currency: str
    liquidity: str


class FillsPage(Page, frozen=True, kw_only=True):
    """Fills, newest first."""

    rows: list[Fill]


class Denial(Answer, frozen=True, kw_only=True):
    """An order that our risk refused: the rule, the value it saw, the limit it has."""

    sequence: int
    time_ns: int
    time: str
    order_id: str
    strategy: str
    rule: str
    value: str
    limit: str


class DenialsPage(Page, frozen=True, kw_only=True):
    """Denials, newest first."""

    rows: list[Denial]


class OrderEvent(Answer, frozen=True, kw_only=True):
    """One thing that happened to an order, as the journal has it; `event` is its kind."""

    sequence: int
    time_ns: int
    time: str
    event: str
    body: dict[str, Any]


class OrderHistory(StoredOrder, frozen=True, kw_only=True):
    """One order with everything that happened to it, oldest first."""

    fills: list[Fill]
    denials: list[Denial]


class OrderEvents(Answer, frozen=True, kw_only=True):
    """What the journal still holds of an order, oldest first."""

    order_id: str
    events: list[OrderEvent]
    is_whole: bool


class Placed(Answer, frozen=True, kw_only=True):
    """The order's id and the journal's sequence of what was asked."""

    order_id: str
    sequence: int


class OrderPlaced(Answer, frozen=True, kw_only=True):
    """The order's id, those of its bracket's exits, and the journal's sequence of the intent."""

    order_id: str
    exit_ids: list[str]
    sequence: int


class CanceledAll(Answer, frozen=True, kw_only=True):
    """The orders whose cancel was asked for, and the sequence of the request."""

    order_ids: list[str]
    sequence: int


class Acted(Answer, frozen=True, kw_only=True):
    """The journal's sequence of what was asked."""

    sequence: int


class Scoped(Acted, frozen=True, kw_only=True):
    """What was asked of a scope, and its sequence."""

    scope: str


class Position(Answer, frozen=True, kw_only=True):
    """A position; `unrealised` is in account currency."""

    account: str
    instrument: str
    leg: str
    quantity: str
    average_price: str
    market_price: str
    unrealised: str


class Positions(Aged, frozen=True, kw_only=True):
    """Positions that are not flat."""

    positions: list[Position]


class Account(Answer, frozen=True, kw_only=True):
    """An account in its currency; `exposure` is gross."""

    account: str
    currency: str
    equity: str
    cash: str
    realised: str
    unrealised: str
    exposure: str


class Accounts(Aged, frozen=True, kw_only=True):
    """The accounts one may see."""

    accounts: list[Account]


class EquityPoint(Answer, frozen=True, kw_only=True):
    """What an account was worth at a time."""

    sequence: int
    account: str
    time_ns: int
    time: str
    currency: str
    equity: str
    cash: str
    unrealised: str
    exposure: str


class EquityPage(Page, frozen=True, kw_only=True):
    """Equity of an account, newest first."""

    rows: list[EquityPoint]


class Strategy(Answer, frozen=True, kw_only=True):
    """A strategy of the run; `reason` says why it stopped, "" while it runs."""

    strategy: str
    account: str
    reason: str


class Strategies(Aged, frozen=True, kw_only=True):
    """Strategies of the run, the stopped ones too."""

    strategies: list[Strategy]


class StrategyAsked(Acted, frozen=True, kw_only=True):
    """What was asked of a strategy, and its sequence."""

    strategy: str


class StrategyClass(Answer, frozen=True, kw_only=True):
    """A strategy of the library with the defaults of its parameters."""

    name: str
    summary: str
    parameters: dict[str, str]


class StrategyClasses(Answer, frozen=True, kw_only=True):
    """The library."""

    classes: list[StrategyClass]


class Venue(Answer, frozen=True, kw_only=True):
    """How a venue stands: `state` is trading or lost, `circuit` that of its connection."""

    venue: str
    state: str
    reason: str
    circuit: str
    connections: int
    clock_offset_ms: str
    reconciled_ns: int


class Venues(Aged, frozen=True, kw_only=True):
    """How each venue stands."""

    venues: list[Venue]


class Difference(Answer, frozen=True, kw_only=True):
    """One thing on which we and a venue disagreed at the last look, and the rule that followed."""

    venue: str
    kind: str
    subject: str
    ours: str
    theirs: str
    rule: str
    reason: str
    time_ns: int
    time: str


class Differences(Aged, frozen=True, kw_only=True):
    """The differences that stand."""

    differences: list[Difference]


class Reconciled(Acted, frozen=True, kw_only=True):
    """The differences that a look found, and the sequence that it was as of."""

    differences: list[Difference]


class Halt(Answer, frozen=True, kw_only=True):
    """A halt, from `number` in the journal; resumed at 0 while it stands."""

    sequence: int
    number: int
    scope: str
    time_ns: int
    time: str
    reason: str
    by: str
    resumed_time_ns: int
    resumed_time: str
    resumed_by: str


class HaltsPage(Page, frozen=True, kw_only=True):
    """Halts, newest first."""

    rows: list[Halt]


class StandingHalt(Answer, frozen=True, kw_only=True):
    """A halt that stands."""

    scope: str
    reason: str
    by: str


class ScopeLimits(Answer, frozen=True, kw_only=True):
    """The limits of a scope that are set; what is left out leaves the check to wider scopes."""

    scope: str
    limits: dict[str, Any]


class LimitsShown(Aged, frozen=True, kw_only=True):
    """The limits of every scope."""

    limits: list[ScopeLimits]


class LimitsChanged(Acted, frozen=True, kw_only=True):
    """The scope's limits from that sequence on."""

    scope: str
    limits: dict[str, Any]


class RiskRules(Aged, frozen=True, kw_only=True):
    """Levels by measure, scenarios by name, terms by account, the code of each strategy."""

    levels: dict[str, dict[str, str]]
    scenarios: dict[str, dict[str, str]]
    terms: dict[str, dict[str, Any] | None]
    code: dict[str, Any]


class RiskRuleChanged(Acted, frozen=True, kw_only=True):
    """The rules from that sequence on, as `RiskRules` has them."""

    levels: dict[str, dict[str, str]]
    scenarios: dict[str, dict[str, str]]
    terms: dict[str, dict[str, Any] | None]
    code: dict[str, Any]


class Exposure(Answer, frozen=True, kw_only=True):
    """Exposure of an account in its currency, and its shares of equity ("" without equity)."""

    account: str
    currency: str
    equity: str
    gross: str
    net: str
    leverage: str
    instruments: dict[str, str]


class Exposures(Aged, frozen=True, kw_only=True):
    """Exposure of each account."""

    accounts: list[Exposure]


class Decision(Answer, frozen=True, kw_only=True):
    """What risk said to an order: `is_passed`, or the rules that refused it."""

    order_id: str
    is_passed: bool
    state: str
    denials: list[Denial]
    sentence: str
