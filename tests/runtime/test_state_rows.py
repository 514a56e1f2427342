"""Rows of a pruned journal begin with what its oldest snapshot knows."""

import msgspec

from tests.runtime.test_projections import fill, intent, journal_of, order_id, run
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.model import messages as m
from tradewind.ports.records import HaltRow, InstrumentRow, OrderRow, Records, Row, StrategyRow
from tradewind.runtime.projections import Projection
from tradewind.runtime.recovery import snapshot_of
from tradewind.testing.journal_suite import append


def pruned_behind(events: list[m.ControlEvent]) -> MemoryJournal:
    """A journal of which only what stands behind these events is kept."""
    written, state = run(events)
    journal = journal_of(written)
    snapshot = snapshot_of(state, {}, b"")
    journal.save_snapshot(snapshot)
    append(journal, [m.ClockTicked(99)])
    journal.save_snapshot(msgspec.structs.replace(snapshot, sequence=journal.last_sequence))
    assert journal.prune(journal.last_sequence) > 0
    return journal


def test_rows_of_a_pruned_journal_begin_with_what_its_oldest_snapshot_knows() -> None:
    before = [
        intent(1, 10, 9999),
        m.OrderAccepted(6, order_id(1), "v1"),
        fill(1, "a", 4),
        msgspec.structs.replace(intent(2, 50), time_ns=8),
        m.Halted(8, "strategy:cross", "odd", "me"),
    ]
    journal = pruned_behind(before)
    whole, begun = MemoryRecords(), MemoryRecords()
    Projection("j0", whole).follow(journal_of(run(before)[0]))
    Projection("j0", begun).follow(journal)
    for kind in (InstrumentRow, StrategyRow, OrderRow):
        assert facts(begun, kind) == facts(whole, kind)
    assert [(row.scope, row.reason) for row in begun.rows(HaltRow)] == [("strategy:cross", "odd")]
    append(journal, [fill(1, "b", 6), m.Resumed(100, "strategy:cross", "me")])
    Projection("j0", begun).follow(journal)
    order = begun.rows(OrderRow, {"order_id": order_id(1)})[0]
    assert (order.state, order.filled_quantity) == ("FILLED", "10")
    assert begun.rows(HaltRow)[0].resumed_by == "me"


def facts(records: Records, kind: type[Row]) -> set[Row]:
    """Rows without where they were changed last, and what a snapshot does not keep."""
    plain = {"sequence": 0} | ({"reason": "", "average_price": ""} if kind is OrderRow else {})
    rows = (msgspec.structs.replace(row, **plain) for row in records.rows(kind))
    return {
        msgspec.structs.replace(row, filled_notional=f"{float(row.filled_notional):g}")
        if isinstance(row, OrderRow)
        else row
        for row in rows
    }


def test_rows_that_a_pruned_journal_left_behind_are_begun_anew() -> None:
    journal = pruned_behind([intent(1, 10)])
    records = MemoryRecords()
    records.write("messages of j0", 2, [StrategyRow(2, "gone", "main", "")])
    Projection("j0", records).follow(journal)
    assert [row.strategy for row in records.rows(StrategyRow)] == ["cross"]
