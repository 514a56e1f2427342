"""Records: what people and screens ask for, as rows built from the journal.

Prices, quantities and money are decimal text with all their digits ("" where there is none),
times are integers of nanoseconds in UTC. `sequence` is the journal's number of the record that
changed the row last. Everything here can be built again; nothing is decided from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

ROWS_MAX = 100_000
"""The most rows one question is answered with."""


class Row(msgspec.Struct, frozen=True):
    """Base of all rows; tables and columns are named after the struct and its fields."""

    sequence: int


class InstrumentRow(Row, frozen=True):
    """The newest version of an instrument."""

    instrument: str
    version: int
    tick: str
    lot: str
    price_digits: int
    quantity_digits: int
    currency: str
    base: str
    kind: str


class StrategyRow(Row, frozen=True):
    """A strategy on its account; `reason` says why it stopped, "" while it runs."""

    strategy: str
    account: str
    code: str
    reason: str = ""


class OrderRow(Row, frozen=True):
    """One order; side, type, state, time in force and leg are the names of `model.orders`.

    `venue` is "" until the order was sent. `filled_notional` is the exact sum of price times
    quantity, `average_price` its quotient with four digits more than the instrument's prices.
    The last four are what `core.orders` keeps of an end that overtook fills (its state and what
    is filled by then) and of amendments (the numbers of those on their way, how many left).

    A parent's type is its algorithm, its state WORKED until it ends. It has no notional and no
    average price: those of its children, which are rows too, are their own. `stated_quantity` holds
    its terms of before the last amendment. Fills of its children leave its `sequence`.
    """

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
    ends_as: str = ""
    stated_quantity: str = ""
    amends: str = ""
    amends_sent: int = 0


class FillRow(Row, frozen=True):
    """One execution of an order; the fee is positive where we pay."""

    order_id: str
    fill_id: str
    time_ns: int
    account: str
    strategy: str
    instrument: str
    side: str
    price: str
    quantity: str
    fee: str
    fee_currency: str
    liquidity: str


class PositionRow(Row, frozen=True):
    """A position of a strategy; money is in the instrument's currency."""

    account: str
    strategy: str
    instrument: str
    leg: str
    time_ns: int
    quantity: str
    average_price: str
    realised: str


class BalanceRow(Row, frozen=True):
    """Cash of an account in one currency."""

    account: str
    currency: str
    time_ns: int
    cash: str


class EquityRow(Row, frozen=True):
    """What an account was worth at a time, in its currency; exposure is gross."""

    account: str
    time_ns: int
    currency: str
    equity: str
    cash: str
    unrealised: str
    exposure: str


class DenialRow(Row, frozen=True):
    """An order, or a change of one, that our risk refused."""

    time_ns: int
    order_id: str
    strategy: str
    rule: str
    value: str
    limit: str


class HaltRow(Row, frozen=True):
    """A halt, from `number`, its place in the journal; resumed at 0 while it stands."""

    number: int
    scope: str
    time_ns: int
    reason: str
    by: str
    resumed_time_ns: int = 0
    resumed_by: str = ""


class BadTickRow(Row, frozen=True):
    """Market data that was refused."""

    time_ns: int
    instrument: str
    reason: str
    raw: bytes


KEYS: dict[type[Row], tuple[str, ...]] = {
    InstrumentRow: ("instrument",),
    StrategyRow: ("strategy",),
    OrderRow: ("order_id",),
    FillRow: ("order_id", "fill_id"),
    PositionRow: ("account", "strategy", "instrument", "leg"),
    BalanceRow: ("account", "currency"),
    EquityRow: ("account", "time_ns"),
    DenialRow: ("sequence",),
    HaltRow: ("number",),
    BadTickRow: ("sequence",),
}
"""The fields that tell rows of a table apart: a row with the same key replaces the old one."""

RowType = TypeVar("RowType", bound=Row)


class Records(Protocol):
    """A store of rows; each projection writes under its own name, exactly once a sequence."""

    def sequence(self, name: str) -> int:
        """How far a projection has written; 0 where it has not."""

    def write(self, name: str, sequence: int, rows: Sequence[Row]) -> None:
        """Put rows and the projection's sequence in one transaction.

        At a sequence that the projection has written already nothing happens, so the same
        group may be handed over twice.
        """

    def clear(self, name: str, kinds: Sequence[type[Row]]) -> None:
        """Forget a projection and empty its tables, to build them again."""

    def thin_equity(self, *, before_time_ns: int, step_ns: int) -> None:
        """Of the equity samples of an account before a time, keep the first in each step."""

    def rows(
        self,
        kind: type[RowType],
        where: Mapping[str, str | int] | None = None,
        *,
        before: int = 0,
        limit: int = ROWS_MAX,
    ) -> list[RowType]:
        """Rows whose fields have these values, those changed last first.

        `before` > 0 leaves out rows of that sequence and later: the last one of a page is where
        the next page begins.
        """

    def rows_of(self, kind: type[RowType], keys: Sequence[tuple[str | int, ...]]) -> list[RowType]:
        """The rows of these keys (as `key_of` gives them) that there are, in no order.

        One question for all; at most `KEYS_MAX` of them.
        """

    def close(self) -> None:
        """Let go of files."""


KEYS_MAX = 500
"""Keys of one question."""


def key_of(row: Row) -> tuple[object, ...]:
    """What tells a row apart in its table.

    >>> key_of(BalanceRow(5, "paper", "USD", 0, "100.000000"))
    ('paper', 'USD')
    """
    return tuple(getattr(row, name) for name in KEYS[type(row)])


def check_question(kind: type[Row], where: Mapping[str, str | int], limit: int) -> None:
    """Refuse, as a programmer's error, fields that the rows do not have and limits too wide."""
    assert set(where) <= set(kind.__struct_fields__), f"{kind.__name__} has no {sorted(where)}"
    assert 0 < limit <= ROWS_MAX, f"limit {limit} is not from 1 to {ROWS_MAX}"
