"""The projection of the journal: its records turned into rows, exactly once, from any sequence on.

Rows of positions, balances and equity need the core's arithmetic: `runtime/core_rows.py` takes them
from the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any

import msgspec

from tradewind.core.snapshot import decode_state
from tradewind.model import messages as m
from tradewind.model.errors import Inconsistent
from tradewind.ports.journal import Group, JournalReader, numbered
from tradewind.ports.records import (
    BadTickRow,
    DenialRow,
    FillRow,
    HaltRow,
    InstrumentRow,
    OrderRow,
    Records,
    StrategyRow,
)
from tradewind.runtime import kept_amendments, order_rows, parent_rows
from tradewind.runtime.pending_rows import PendingRows
from tradewind.runtime.recovery import oldest_snapshot, parts_of
from tradewind.runtime.state_rows import instrument_row, rows_without_past

KINDS = (InstrumentRow, StrategyRow, OrderRow, FillRow, DenialRow, HaltRow, BadTickRow)
GROUPS_AT_ONCE = 256
"""Groups written in one transaction when catching up."""


ASKED_AHEAD_MIN = 4
"""Orders and fills of a batch from which on their rows are asked for in one question."""


class Projection:
    """Follows one journal into one store.

    >>> from tradewind.adapters.memory.records import MemoryRecords
    >>> from tradewind.ports.journal import group_of
    >>> records = MemoryRecords()
    >>> halted = m.Halted(5, "all", "by hand", "me")
    >>> projection = Projection("j0", records)
    >>> projection.apply([group_of([halted], after_sequence=0, epoch=1, time_ns=5)])
    >>> records.rows(HaltRow)[0].reason, projection.sequence
    ('by hand', 1)
    """

    def __init__(self, journal_id: str, records: Records) -> None:
        self._name = f"messages of {journal_id}"
        self._records = records
        self._pending = PendingRows(records)
        self.sequence = records.sequence(self._name)
        if self.sequence == 0:
            # The tables may hold what another journal's projection left.
            records.clear(self._name, KINDS)

    def apply(self, groups: Iterable[Group]) -> None:
        """Write what groups changed, in one transaction; those already written do nothing.

        Raises `Inconsistent` where a group is missing. When the store fails nothing is changed,
        and the same groups may be handed over again.
        """
        with ExitStack() as undo:
            undo.callback(self._pending.forget)
            last, given = self.sequence, list(groups)
            self._ask_ahead(given)
            for group in given:
                if group.last > last:
                    self._project(group, last)
                    last = group.last
            if last > self.sequence:
                self._records.write(self._name, last, self._pending.take())
            self.sequence = last
            undo.pop_all()

    def follow(self, journal: JournalReader) -> None:
        """Catch up with the journal; where it is shorter than the rows, begin anew.

        Where it was pruned beyond the rows, they begin with what its oldest snapshot knows.
        """
        if self.sequence > journal.last_sequence:
            self.rebuild(journal)
            return
        if self.sequence < journal.first_sequence - 1:
            self._begin_behind(journal)
        groups = journal.groups(self.sequence)
        while batch := list(islice(groups, GROUPS_AT_ONCE)):
            self.apply(batch)

    def rebuild(self, journal: JournalReader) -> None:
        """Empty the tables and build them again from the journal's beginning."""
        self._pending.forget()
        self._records.clear(self._name, KINDS)
        self.sequence = 0
        self.follow(journal)

    def _begin_behind(self, journal: JournalReader) -> None:
        oldest = oldest_snapshot(journal)
        if oldest is None:
            raise Inconsistent("the journal was pruned and has no whole snapshot: restore a backup")
        state = decode_state(parts_of(oldest).state)
        # What happened to older rows in between is not known, so they would be wrong for ever.
        self._records.clear(self._name, KINDS)
        self._records.write(self._name, oldest.sequence, list(rows_without_past(state)))
        self._pending.forget()
        self.sequence = oldest.sequence

    def _ask_ahead(self, groups: Sequence[Group]) -> None:
        """Ask once for what orders and fills are looked up by; new ones are not there yet."""
        orders: list[tuple[str]] = []
        fills: list[tuple[str, str]] = []
        for group in groups:
            for _, record in numbered(group):
                if isinstance(record, (m.OrderIntended, m.OrderFilled)):
                    orders.append((record.order_id,))
                if isinstance(record, m.OrderFilled):
                    fills.append((record.order_id, record.fill_id))
        if len(orders) >= ASKED_AHEAD_MIN:
            self._pending.ask_ahead(OrderRow, orders)
            self._pending.ask_ahead(FillRow, fills)

    def _project(self, group: Group, last: int) -> None:
        if group.first != last + 1:
            raise Inconsistent(
                f"the rows end at {last} and a group begins at {group.first}: "
                "follow the journal first"
            )
        for number, record in numbered(group):
            HANDLERS[type(record)](self._pending, number, record)


def instrument_listed(rows: PendingRows, number: int, event: m.InstrumentListed) -> None:
    """A new instrument or version."""
    rows.put(instrument_row(number, event.instrument))


def instrument_renamed(rows: PendingRows, number: int, event: m.InstrumentRenamed) -> None:
    """An instrument under another id; rows of before keep the one they had."""
    rows.put(instrument_row(number, event.instrument))


def strategy_registered(rows: PendingRows, number: int, event: m.StrategyRegistered) -> None:
    """A strategy runs, again if it was stopped."""
    rows.put(StrategyRow(number, event.strategy, event.account, event.code))


def strategy_stopped(rows: PendingRows, number: int, event: m.StrategyStopped) -> None:
    """A strategy runs no more."""
    row = rows.find(StrategyRow, event.strategy)
    if row is not None:
        rows.put(msgspec.structs.replace(row, sequence=number, reason=event.reason))


def halted(rows: PendingRows, number: int, event: m.Halted) -> None:
    """A halt stands."""
    rows.put(HaltRow(number, number, event.scope, event.time_ns, event.reason, event.by))


def resumed(rows: PendingRows, number: int, event: m.Resumed) -> None:
    """All halts of the scope are lifted."""
    for row in rows.find_all(HaltRow, "scope", event.scope):
        if row.resumed_time_ns == 0:
            rows.put(
                msgspec.structs.replace(
                    row, sequence=number, resumed_time_ns=event.time_ns, resumed_by=event.by
                )
            )


def bad_tick(rows: PendingRows, number: int, event: m.BadTick) -> None:
    """Market data was refused."""
    rows.put(BadTickRow(number, event.time_ns, event.instrument, event.reason, event.raw))


def no_row(rows: PendingRows, number: int, record: m.Record) -> None:
    """Leave the rows as they are: nobody asks for these by themselves."""


HANDLERS: dict[type, Callable[[PendingRows, int, Any], None]] = {
    m.InstrumentListed: instrument_listed,
    m.InstrumentRenamed: instrument_renamed,
    m.StrategyRegistered: strategy_registered,
    m.StrategyStopped: strategy_stopped,
    m.Halted: halted,
    m.Resumed: resumed,
    m.BadTick: bad_tick,
    m.OrderIntended: order_rows.order_intended,
    m.AlgorithmIntended: parent_rows.parent_intended,
    m.AmendIntended: kept_amendments.amend_intended,
    m.ParentEnded: parent_rows.parent_ended,
    m.SubmitOrder: order_rows.order_submitted,
    m.SubmitIceberg: order_rows.order_submitted,
    m.OrderDenied: order_rows.order_denied,
    m.OrderAccepted: order_rows.order_accepted,
    m.OrderRejected: order_rows.order_rejected,
    m.OrderCanceled: order_rows.order_ended,
    m.OrderExpired: order_rows.order_ended,
    m.OrderUnknown: order_rows.order_unknown,
    m.OrderFilled: order_rows.order_filled,
    m.OrderAmended: order_rows.order_amended,
    m.OrderRestated: order_rows.order_restated,
    m.OrderHeld: order_rows.order_held,
    m.HeldOrderEnded: order_rows.held_ended,
    m.CancelOrder: order_rows.cancel_sent,
    m.AmendOrder: order_rows.amend_sent,
    m.CancelRejected: order_rows.cancel_rejected,
    m.AmendRejected: order_rows.amend_rejected,
    **dict.fromkeys(
        [
            m.RunStarted,
            m.AccountOpened,
            m.CashDeposited,
            m.LimitsChanged,
            m.RateChanged,
            m.TargetIntended,
            m.CancelIntended,
            m.ConditionalIntended,
            m.CancelAllIntended,
            m.RouteSet,
            m.OrdersLeft,
            m.VenueDescribed,
            m.OrderRouted,
            m.ChildSent,
            m.TimerSet,
            m.TimerFired,
            m.ClockTicked,
            m.MarketRecorded,
            m.VenueLost,
            m.VenueRecovered,
            m.InstrumentPaused,
            m.InstrumentResumed,
            m.VenueDiffered,
            m.PositionTransferred,
            m.AccountTermsSet,
            m.AccountSpread,
            m.CashTransferred,
            m.CashPosted,
            m.CashConverted,
            m.DividendPaid,
            m.InstrumentSplit,
            m.InstrumentDelisted,
            m.MarginCalled,
            m.PositionLiquidated,
            m.RiskLevelReached,
            m.RiskRuleChanged,
            m.QueryOrder,
        ],
        no_row,
    ),
}
"""What each record does to the rows."""
