"""Rows of parents: from intent to end, beside the rows of their children."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.runtime.test_projections import journal_of, run, tables
from tests.runtime.test_state_rows import pruned_behind
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended
from tradewind.model.instruments import Instrument
from tradewind.model.market import quote_of
from tradewind.model.orders import Liquidity, Side
from tradewind.model.route_messages import route
from tradewind.ports.records import DenialRow, FillRow, OrderRow
from tradewind.runtime.projections import Projection
from tradewind.testing.journal_suite import append

PARENT = "j0-cross-1"
FAR = Instrument("GOOG.FAR", tick="0.01", lot="10", currency="USD")


def wanted(**terms: Any) -> AlgorithmIntended:
    given: dict[str, Any] = {"limit_price": 9_900, "display": 4} | terms
    return AlgorithmIntended(
        5, PARENT, "cross", "GOOG.SIM", Side.BUY, 10, Algorithm.ICEBERG, **given
    )


def filled(child: int, quantity: int, time_ns: int = 7) -> m.OrderFilled:
    name = f"{PARENT}.{child}"
    return m.OrderFilled(time_ns, name, f"f{child}", 9_900, quantity, 0, "USD", Liquidity.MAKER)


def amended(quantity: int, limit_price: int = 0, *, owner: str = "cross") -> m.AmendIntended:
    return m.AmendIntended(6, owner, PARENT, quantity, limit_price)


def projected(*events: m.ControlEvent) -> MemoryRecords:
    records = MemoryRecords()
    Projection("j0", records).follow(journal_of(run(list(events))[0]))
    return records


def parent_row(records: MemoryRecords) -> OrderRow:
    return records.rows(OrderRow, {"order_id": PARENT})[0]


def terms_of(row: OrderRow) -> tuple[str, str, str]:
    return row.state, row.quantity, row.limit_price


def test_a_parent_is_told_from_its_intent_to_its_last_child() -> None:
    row = parent_row(projected(wanted()))
    assert (row.state, row.is_open, row.type) == ("WORKED", 1, "ICEBERG")
    assert (row.strategy, row.account, row.instrument, row.side) == (
        "cross", "main", "GOOG.SIM", "BUY",
    )  # fmt: skip
    assert (row.quantity, row.filled_quantity, row.limit_price) == ("10", "0", "99.00")
    assert row.reason == "the core works it: ICEBERG, 4 of 10 shown at a time"
    row = parent_row(projected(wanted(), filled(1, 4), filled(2, 3)))
    assert (row.state, row.filled_quantity, row.changed_time_ns) == ("WORKED", "7", 7)
    row = parent_row(projected(wanted(), filled(1, 4), filled(2, 4), filled(3, 2, 9)))
    assert (row.state, row.is_open, row.filled_quantity) == ("FILLED", 0, "10")
    assert (row.reason, row.intended_time_ns, row.changed_time_ns) == ("filled", 5, 9)


def test_a_parent_that_was_canceled_says_why_and_takes_what_its_child_fills_late() -> None:
    ended = [
        wanted(),
        filled(1, 3),
        m.CancelIntended(8, "cross", PARENT),
        m.OrderCanceled(9, f"{PARENT}.1", "asked"),
    ]
    row = parent_row(projected(*ended))
    assert (row.state, row.is_open, row.filled_quantity) == ("CANCELED", 0, "3")
    assert (row.reason, row.changed_time_ns) == ("canceled", 9)
    late = m.OrderFilled(10, f"{PARENT}.1", "late", 9_900, 1, 0, "USD", Liquidity.MAKER)
    row = parent_row(projected(*ended, late))
    assert (row.state, row.filled_quantity) == ("CANCELED", "4")


def test_the_notional_of_all_rows_counts_each_fill_once() -> None:
    records = projected(wanted(), filled(1, 4), filled(2, 4), filled(3, 2))
    rows = records.rows(OrderRow)
    assert len(rows) == 4
    assert sum(float(row.filled_notional) for row in rows) == 990.0
    assert len(records.rows(FillRow)) == 3
    assert (parent_row(records).filled_notional, parent_row(records).average_price) == ("0", "")


def test_a_parent_that_risk_refused_is_denied() -> None:
    records = projected(m.Halted(4, "all", "by hand", "me"), wanted())
    row = parent_row(records)
    assert (row.state, row.is_open, row.reason) == ("DENIED", 0, "halted")
    assert [denial.order_id for denial in records.rows(DenialRow)] == [PARENT]


def test_an_amended_parent_has_the_new_terms_and_is_full_by_them() -> None:
    row = parent_row(projected(wanted(), filled(1, 4), amended(8, 9_800)))
    assert terms_of(row) == ("WORKED", "8", "98.00")
    row = parent_row(projected(wanted(), filled(1, 4), amended(8), filled(2, 4)))
    assert (row.state, row.quantity, row.filled_quantity) == ("FILLED", "8", "8")


@pytest.mark.parametrize(
    "refused",
    [
        amended(3),
        amended(9, owner="other"),
        m.CancelIntended(6, "other", PARENT),
        wanted(),
    ],
)
def test_what_was_refused_leaves_a_parent_with_the_terms_it_has(refused: m.ControlEvent) -> None:
    other = m.StrategyRegistered(2, "other", "main", "code", {})
    for before, terms in (([], ("10", "99.00")), ([amended(8, 9_800)], ("8", "98.00"))):
        for behind in ([], [m.ClockTicked(7)], [filled(1, 2)]):
            records = projected(other, wanted(), *before, refused, *behind)
            assert len(records.rows(DenialRow)) == 1
            assert terms_of(parent_row(records)) == ("WORKED", *terms)


def test_a_report_that_names_a_parent_is_no_venues_word_on_it() -> None:
    reports: list[m.ControlEvent] = [
        m.OrderAccepted(6, PARENT, "v1"),
        m.OrderCanceled(6, PARENT, "gone"),
        m.OrderAmended(6, PARENT, 3, 0, 1),
        m.OrderRestated(6, PARENT, "v", 3, 0, 1),
        m.OrderFilled(6, PARENT, "f", 9_900, 1, 0, "USD", Liquidity.MAKER),
        m.OrderUnknown(6, PARENT, "silence"),
    ]
    records = MemoryRecords()
    journal = journal_of([*run([wanted()])[0], *reports])
    Projection("j0", records).follow(journal)
    assert parent_row(records) == parent_row(projected(wanted()))


def test_a_routed_parent_counts_the_legs_in_its_own_digits() -> None:
    fine = Instrument("GOOG.FINE", tick="0.01", lot="0.001", currency="USD")
    order = AlgorithmIntended(
        5, PARENT, "cross", fine.id, Side.BUY, 15_000, Algorithm.AT_ONCE, route="goog"
    )
    offers = [
        quote_of(fine, 4, 9_999, 5_000, 10_001, 5_000),
        quote_of(FAR, 4, 9_999, 10, 10_000, 10),
    ]
    events: list[Any] = [
        m.InstrumentListed(2, fine),
        m.InstrumentListed(2, FAR),
        route("goog", (fine.id, "0", 0), (FAR.id, "0", 0)),
        *offers,
        order,
    ]
    half = projected(*events, filled(1, 5_000))
    sent = {row.order_id: row.quantity for row in half.rows(OrderRow)}
    assert sent == {PARENT: "15.000", f"{PARENT}.1": "5.000", f"{PARENT}.2": "10"}
    assert (parent_row(half).state, parent_row(half).filled_quantity) == ("WORKED", "5.000")
    whole = parent_row(projected(*events, filled(1, 5_000), filled(2, 10)))
    assert (whole.state, whole.filled_quantity, whole.instrument) == ("FILLED", "15.000", fine.id)


STORY: list[m.ControlEvent] = [
    wanted(), filled(1, 4), amended(3), amended(8, 9_800), m.OrderCanceled(8, f"{PARENT}.2", ""),
    amended(2), m.ClockTicked(2 * 10**9), filled(3, 4),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_any_cutting_and_a_restart_behind_each_group_give_the_same_rows(size: int) -> None:
    written = run(STORY)[0]
    whole, cut = MemoryRecords(), MemoryRecords()
    Projection("j0", whole).follow(journal_of(written, itertools.repeat(1_000)))
    for group in journal_of(written, itertools.repeat(size)).groups():
        Projection("j0", cut).apply([group])
    assert tables(cut) == tables(whole)
    assert parent_row(whole).state == "FILLED"


def test_no_row_is_lost_between_pages() -> None:
    records = projected(wanted(), filled(1, 4), filled(2, 4), filled(3, 1))
    found, before = [], 0
    while page := records.rows(OrderRow, before=before, limit=1):
        found.append(page[0].order_id)
        before = page[0].sequence
    assert sorted(found) == [PARENT, *(f"{PARENT}.{number}" for number in (1, 2, 3))]


def test_a_parent_outlives_the_past_of_a_pruned_journal() -> None:
    before = [wanted(), filled(1, 4), amended(9, 9_800)]
    journal = pruned_behind(before)
    records = MemoryRecords()
    Projection("j0", records).follow(journal)
    row, whole = parent_row(records), parent_row(projected(*before))
    assert terms_of(row) == terms_of(whole) == ("WORKED", "9", "98.00")
    assert (row.filled_quantity, row.account, row.is_open) == ("4", "main", 1)
    append(journal, [m.ParentEnded(100, PARENT, 4, "canceled")])
    Projection("j0", records).follow(journal)
    assert (parent_row(records).state, parent_row(records).reason) == ("CANCELED", "canceled")
