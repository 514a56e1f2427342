"""Read models: what the engine tells those who watch it, as plain JSON-ready dicts.

Money, prices and quantities are decimal text with all their digits, "" where there is none; times
are integers of nanoseconds in UTC; `sequence` is that of the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

import msgspec

from tradewind.model.instruments import Instrument


class MarketRow(TypedDict):
    """The market of one instrument; `age_ms` is how long its newest price has been there."""

    instrument: str
    bid: str
    ask: str
    last: str
    age_ms: int


class OrderRow(TypedDict):
    """One order; side, type and state are the names of `model.orders`."""

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


class HeldStory(TypedDict):
    """One order that the core holds, as `ports.records.OrderRow` will have it once it is sent.

    `sequence` is the journal's of now. `stop_price` is the price that lets it go, of a stop that
    trails as it stands now; `reason` says what it waits for.
    """

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
    changed_time_ns: int


class OpenOrders(TypedDict):
    """The orders that still work, or may, as of a sequence of the journal."""

    sequence: int
    orders: list[OrderRow]


class PositionRow(TypedDict):
    """One position; `unrealised` is in account currency."""

    account: str
    instrument: str
    leg: str
    quantity: str
    average_price: str
    market_price: str
    unrealised: str


class AccountRow(TypedDict):
    """One account in its currency; `exposure` is gross."""

    account: str
    currency: str
    equity: str
    cash: str
    realised: str
    unrealised: str
    exposure: str


class StrategyRow(TypedDict):
    """One strategy; `reason` says why it stopped, "" while it runs."""

    strategy: str
    account: str
    reason: str


class HaltRow(TypedDict):
    """One halt that stands."""

    scope: str
    reason: str
    by: str


class VenueRow(TypedDict):
    """How a venue stands: `state` is trading or lost, `circuit` that of its connection."""

    venue: str
    state: str
    reason: str
    circuit: str
    connections: int
    clock_offset_ms: str
    reconciled_ns: int


class DifferenceRow(TypedDict):
    """One thing on which we and a venue disagreed at the last look, and the rule that followed."""

    venue: str
    kind: str
    subject: str
    ours: str
    theirs: str
    rule: str
    reason: str
    time_ns: int


class ExposureRow(TypedDict):
    """An account's exposure in its currency; `leverage` is gross by equity, "" without equity."""

    account: str
    currency: str
    equity: str
    gross: str
    net: str
    leverage: str
    instruments: dict[str, str]


class Health(TypedDict):
    """Whether the engine does its work, and one sentence for each thing that keeps it from it.

    `degraded` has one for each thing that fails beside trading, which goes on: `ok` stays true.
    """

    ok: bool
    reasons: list[str]
    degraded: list[str]
    venues: list[VenueRow]


class Status(TypedDict):
    """All that the live view and the page show; `orders` are the open ones, newest first."""

    version: str
    mode: str
    sequence: int
    time_ns: int
    uptime_s: int
    market: list[MarketRow]
    orders: list[OrderRow]
    positions: list[PositionRow]
    accounts: list[AccountRow]
    strategies: list[StrategyRow]
    venues: list[VenueRow]
    differences: list[DifferenceRow]
    halts: list[HaltRow]
    counts: dict[str, int]
    health: Health


class Listing(msgspec.Struct, frozen=True):
    """What can be traded: the instruments, the journal that new order ids belong to, the account
    of each strategy by name, and the listings of each route.
    """

    journal_id: str
    instruments: list[Instrument]
    accounts: dict[str, str]
    routes: dict[str, list[str]] = {}


class Metric(msgspec.Struct, frozen=True):
    """One number for a monitoring system; a counter only grows.

    A histogram's `value` is the sum of what was observed; `buckets` are pairs of an upper bound
    ("+Inf" the last) and how many observations were at or below it.

    >>> Metric("equity", "gauge", "Equity.", 100000.0, {"account": "paper"}).labels
    {'account': 'paper'}
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    value: float
    labels: dict[str, str] = {}
    buckets: tuple[tuple[str, float], ...] = ()


class Update(msgspec.Struct, frozen=True):
    """One change: `name` is quote, order, fill, position, account, halt, risk or health."""

    name: str
    sequence: int
    body: dict[str, object]


DROPPABLE = frozenset({"quote"})
"""Updates that the next of their name makes obsolete: a slow reader may miss them."""

COLUMNS: dict[str, dict[str, str]] = {
    "accounts": {
        "account": "account",
        "equity": "equity",
        "currency": "currency",
        "unrealised": "unrealised",
        "realised": "realised",
        "cash": "cash",
        "exposure": "exposure",
    },
    "market": {
        "instrument": "instrument",
        "bid": "bid",
        "ask": "ask",
        "last": "last",
        "age_ms": "age ms",
    },
    "positions": {
        "instrument": "instrument",
        "quantity": "quantity",
        "unrealised": "unrealised",
        "average_price": "average price",
        "market_price": "market price",
        "leg": "leg",
        "account": "account",
    },
    "orders": {
        "order_id": "order",
        "instrument": "instrument",
        "side": "side",
        "leaves_quantity": "leaves",
        "limit_price": "limit",
        "state": "state",
        "type": "type",
        "quantity": "quantity",
        "filled_quantity": "filled",
        "average_price": "average price",
        "strategy": "strategy",
    },
    "venues": {
        "venue": "venue",
        "state": "state",
        "reason": "because",
        "circuit": "circuit",
        "connections": "connections",
        "clock_offset_ms": "clock ms",
    },
    "differences": {
        "subject": "difference",
        "kind": "kind",
        "ours": "we say",
        "theirs": "venue says",
        "rule": "rule",
        "reason": "so",
        "venue": "venue",
    },
    "strategies": {"strategy": "strategy", "account": "account", "reason": "stopped because"},
}
"""The tables of a status and the heading of each column, dearest first."""


def shown_tables(status: Status) -> list[str]:
    """The tables to show: those about venues only where there is something to say."""
    tables: Mapping[str, object] = status
    return [title for title in COLUMNS if title not in _OPTIONAL or tables[title]]


_OPTIONAL = frozenset({"venues", "differences"})
