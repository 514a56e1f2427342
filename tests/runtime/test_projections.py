"""Rows say what the core's state says, however the journal was cut and however often it is read."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.records import open_records
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import Inconsistent, OutsideError
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import quote_of
from tradewind.model.orders import Liquidity, OrderState, OrderType, Side, Sizing, TargetKind
from tradewind.ports.journal import Group, group_of
from tradewind.ports.records import (
    BadTickRow,
    DenialRow,
    FillRow,
    HaltRow,
    InstrumentRow,
    OrderRow,
    Records,
    Row,
    StrategyRow,
)
from tradewind.runtime.projections import HANDLERS, KINDS, Projection

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
BTC = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.00001")
ROW = m.MarketRecorded(1, "quotes", "GOOG.SIM", "00000001", 0, 1, b"")
SETUP: list[m.ControlEvent] = [
    m.RunStarted(1, "j0", 1, "code"),
    m.InstrumentListed(1, GOOG),
    m.InstrumentListed(1, BTC),
    m.AccountOpened(1, "main", "USD"),
    m.CashDeposited(1, "main", "USD", 10**12),
    m.RateChanged(1, "USDT", "USD", 10**9),
    m.LimitsChanged(1, "account:main", Limits(order_quantity="20"), "test"),
    m.StrategyRegistered(1, "cross", "main", "code", {}),
]


def order_id(number: int) -> str:
    return f"j0-cross-{number}"


def intent(
    number: int, quantity: int = 10, limit_price: int = 0, instrument: str = "GOOG.SIM"
) -> m.OrderIntended:
    kind = OrderType.LIMIT if limit_price else OrderType.MARKET
    return m.OrderIntended(
        5, order_id(number), "cross", instrument, Side.BUY, quantity, kind, limit_price
    )


def fill(number: int, name: str, quantity: int, price: int = 10000) -> m.OrderFilled:
    return m.OrderFilled(7, order_id(number), name, price, quantity, 12345, "USD", Liquidity.TAKER)


def run(events: list[m.ControlEvent]) -> tuple[list[m.Record], State]:
    """The records a core makes of events behind two quotes, and its state."""
    engine = Engine(State())
    for event in SETUP:
        engine.step(event)
    records = engine.take_records()[1]
    for instrument, price in ((GOOG, 10000), (BTC, 6000000)):
        engine.step(quote_of(instrument, 4, price - 1, 500000, price + 1, 500000))
        records.append(ROW)
    for event in events:
        engine.step(event)
    return records + engine.take_records()[1], engine.state


def journal_of(records: list[m.Record], sizes: Iterator[int] | None = None) -> MemoryJournal:
    """A journal of these records in groups of these sizes."""
    journal = MemoryJournal("j0")
    journal.take_over()
    rest = iter(records)
    for size in sizes or itertools.repeat(3):
        part = list(itertools.islice(rest, size))
        if not part:
            break
        journal.append(group_of(part, after_sequence=journal.last_sequence, epoch=1, time_ns=1))
    return journal


def projected(events: list[m.ControlEvent]) -> MemoryRecords:
    """The rows of what a core makes of events."""
    records = MemoryRecords()
    Projection("j0", records).follow(journal_of(run(events)[0]))
    return records


def tables(records: Records) -> list[list[Row]]:
    """Everything a projection has written."""
    return [list(records.rows(kind)) for kind in KINDS]


def the_order(records: Records, number: int = 1) -> OrderRow:
    return records.rows(OrderRow, {"order_id": order_id(number)})[0]


# --- one thing at a time ---------------------------------------------------------------------


def test_an_order_is_told_from_intent_to_last_fill() -> None:
    accepted = m.OrderAccepted(6, order_id(1), "v1")
    row = the_order(projected([intent(1), accepted, fill(1, "f1", 4), fill(1, "f2", 6, 10001)]))
    assert (row.strategy, row.account, row.venue, row.instrument) == (
        "cross", "main", "SIM", "GOOG.SIM",
    )  # fmt: skip
    assert (row.side, row.type, row.state, row.is_open) == ("BUY", "MARKET", "FILLED", 0)
    assert (row.quantity, row.filled_quantity, row.limit_price) == ("10", "10", "")
    assert (row.average_price, row.filled_notional) == ("100.006000", "1000.06")
    assert (row.venue_order_id, row.intended_time_ns, row.changed_time_ns) == ("v1", 5, 7)


def test_a_fill_has_the_digits_of_its_instrument_and_fee() -> None:
    records = projected([intent(1, 123456, 6000000, "BTC/USDT.SIM"), fill(1, "f1", 23456, 5999999)])
    (row,) = records.rows(FillRow)
    assert (row.price, row.quantity, row.fee, row.fee_currency) == (
        "59999.99", "0.23456", "0.012345", "USD",
    )  # fmt: skip
    assert (row.side, row.liquidity, row.strategy, row.account) == (
        "BUY", "TAKER", "cross", "main",
    )  # fmt: skip
    order = the_order(records)
    assert (order.limit_price, order.quantity, order.state) == (
        "60000.00", "1.23456", "PARTIALLY_FILLED",
    )  # fmt: skip


def test_the_largest_numbers_stay_exact() -> None:
    big = 10**15
    records = MemoryRecords()
    written = [*SETUP, intent(1), fill(1, "f1", big, big), fill(1, "f2", 1, big - 1)]
    Projection("j0", records).follow(journal_of(written))
    row = the_order(records)
    assert row.filled_notional == "10000000000000009999999999999.99"
    assert row.average_price == "10000000000000.000000"


def test_an_order_with_fills_works_on_as_partially_filled() -> None:
    unknown, accepted = (
        m.OrderUnknown(8, order_id(1), "silence"),
        m.OrderAccepted(9, order_id(1), ""),
    )
    row = the_order(projected([intent(1), fill(1, "f1", 4), unknown, accepted]))
    assert row.state == "PARTIALLY_FILLED"


def test_the_reason_of_the_end_stays() -> None:
    ends = [m.OrderCanceled(6, order_id(1), "asked"), m.OrderExpired(7, order_id(1), "late")]
    row = the_order(projected([intent(1), *ends]))
    assert (row.state, row.reason) == ("CANCELED", "asked")


def test_a_fill_reported_twice_is_one_row() -> None:
    records = projected([intent(1), fill(1, "f1", 4), fill(1, "f1", 4)])
    assert len(records.rows(FillRow)) == 1
    assert the_order(records).filled_quantity == "4"


def test_a_denial_has_its_numbers_and_ends_the_order() -> None:
    records = projected([intent(1, 21)])
    (denial,) = records.rows(DenialRow)
    assert (denial.strategy, denial.rule, denial.value, denial.limit) == (
        "cross", "max_order_quantity", "21", "20",
    )  # fmt: skip
    assert (the_order(records).state, the_order(records).reason) == ("DENIED", "max_order_quantity")


def test_a_denied_change_leaves_the_order_working() -> None:
    records = projected([intent(1), m.AmendIntended(6, "cross", order_id(1), 21, 0)])
    assert len(records.rows(DenialRow)) == 1
    assert (the_order(records).state, the_order(records).quantity) == ("PENDING_NEW", "10")


def test_an_intent_that_repeats_an_id_changes_nothing() -> None:
    records = projected([intent(1), intent(1, 3)])
    assert (the_order(records).quantity, the_order(records).state) == ("10", "PENDING_NEW")
    assert [row.rule for row in records.rows(DenialRow)] == ["duplicate_id"]


def test_an_intent_for_an_unknown_instrument_is_a_denial_only() -> None:
    records = projected([intent(1, instrument="X.SIM")])
    assert records.rows(OrderRow) == []
    assert [row.rule for row in records.rows(DenialRow)] == ["unknown_instrument"]


def test_a_target_becomes_a_row_when_it_becomes_an_order() -> None:
    target = m.TargetIntended(
        5, order_id(1), "cross", "GOOG.SIM", TargetKind.POSITION, 7, Sizing.AT_FILL
    )
    submit = m.SubmitOrder(
        6, order_id(1), "main", "SIM", "GOOG.SIM", Side.BUY, 7, OrderType.MARKET,
        0, 0, intent(1).time_in_force, intent(1).flags, 0, intent(1).leg,
    )  # fmt: skip
    records = MemoryRecords()
    journal = journal_of([*SETUP, target, submit])
    Projection("j0", records).follow(journal)
    row = the_order(records)
    assert (row.strategy, row.account, row.quantity, row.venue) == ("cross", "main", "7", "SIM")


def test_a_halt_stands_until_it_is_resumed() -> None:
    halts = [m.Halted(5, "all", "loss", "risk"), m.Halted(6, "strategy:cross", "odd", "me")]
    records = projected([*halts, m.Resumed(8, "all", "ann"), m.Resumed(9, "all", "bob")])
    rows = {row.scope: row for row in records.rows(HaltRow)}
    assert (rows["all"].time_ns, rows["all"].resumed_time_ns, rows["all"].resumed_by) == (
        5, 8, "ann",
    )  # fmt: skip
    assert rows["strategy:cross"].resumed_time_ns == 0
    assert records.rows(HaltRow, {"resumed_time_ns": 0})[0].reason == "odd"


def test_a_stopped_strategy_says_why_until_it_runs_again() -> None:
    stopped = m.StrategyStopped(5, "cross", "raised")
    assert projected([stopped]).rows(StrategyRow)[0].reason == "raised"
    again = m.StrategyRegistered(6, "cross", "main", "code2", {})
    row = projected([stopped, again]).rows(StrategyRow)[0]
    assert (row.reason, row.code) == ("", "code2")


def test_bad_ticks_and_instruments_have_rows() -> None:
    finer = Instrument("GOOG.SIM", tick="0.001", lot="1", currency="USD", version=2)
    records = projected(
        [m.BadTick(5, "GOOG.SIM", "crossed", b"\x00raw"), m.InstrumentListed(6, finer)]
    )
    assert records.rows(BadTickRow)[0].raw == b"\x00raw"
    row = records.rows(InstrumentRow, {"instrument": "GOOG.SIM"})[0]
    assert (row.version, row.price_digits) == (2, 3)


def test_every_record_has_its_handler() -> None:
    assert set(HANDLERS) == set(get_args(m.Record))


# --- against the core, in any order and any cutting ------------------------------------------


@st.composite
def events(draw: st.DrawFn) -> m.ControlEvent:
    """What strategies, persons and venues may say about two orders, sensible or not."""
    number = draw(st.integers(1, 2))
    name, quantity, amends = order_id(number), draw(st.integers(1, 25)), draw(st.integers(0, 2))
    kinds: list[Any] = [
        intent(number, quantity, draw(st.sampled_from([0, 9999]))),
        m.CancelIntended(6, "cross", name),
        m.AmendIntended(6, "cross", name, quantity, 9998),
        m.OrderAccepted(6, name, "v"),
        m.OrderRejected(6, name, "refused"),
        fill(number, draw(st.sampled_from("abcd")), quantity),
        m.OrderCanceled(6, name, "asked", draw(st.sampled_from([-1, 0, quantity]))),
        m.OrderExpired(6, name, "day", draw(st.sampled_from([-1, 0, quantity]))),
        m.OrderAmended(6, name, quantity, draw(st.sampled_from([0, 9997])), amends),
        m.OrderRestated(6, name, "v2", quantity, 9996, amends),
        m.CancelRejected(6, name, "late"),
        m.AmendRejected(6, name, "late", amends),
        m.OrderUnknown(6, name, "no answer"),
        m.Halted(6, "strategy:cross", "odd", "me"),
        m.Resumed(6, "strategy:cross", "me"),
    ]
    return draw(st.sampled_from(kinds))


FULL_BEFORE_AN_AMENDMENT_IS_ANSWERED = [
    intent(1, 1),
    m.AmendIntended(6, "cross", order_id(1), 1, 9998),
    fill(1, "a", 1),
]


@settings(max_examples=100)
@example(FULL_BEFORE_AN_AMENDMENT_IS_ANSWERED)
@example([*FULL_BEFORE_AN_AMENDMENT_IS_ANSWERED, m.AmendRejected(6, order_id(1), "late")])
@given(st.lists(events(), min_size=10, max_size=40))
def test_order_rows_equal_the_orders_of_the_core(given_events: list[m.ControlEvent]) -> None:
    timed = [msgspec.structs.replace(event, time_ns=9 + n) for n, event in enumerate(given_events)]
    written, state = run(timed)
    records = MemoryRecords()
    Projection("j0", records).follow(journal_of(written))
    rows = {row.order_id: row for row in records.rows(OrderRow)}
    assert set(rows) == set(state.orders)
    for name, order in state.orders.items():
        row = rows[name]
        assert row.state == OrderState(order.state).name
        assert row.is_open == order.is_open
        assert row.amends == " ".join(map(str, order.amends))
        assert int(row.quantity) == order.quantity
        assert int(row.filled_quantity) == order.filled_quantity
        assert row.changed_time_ns == order.changed_time_ns
        assert row.venue_order_id == order.venue_order_id
        assert row.limit_price == (f"{order.limit_price / 100:.2f}" if order.limit_price else "")
        fills = records.rows(FillRow, {"order_id": name})
        assert {fill.fill_id for fill in fills} == set(order.fill_ids)


@settings(max_examples=50)
@given(st.lists(events(), max_size=25), st.lists(st.integers(1, 6), min_size=60), st.integers(0, 9))
def test_any_cutting_and_any_restart_gives_the_same_tables(
    given_events: list[m.ControlEvent], sizes: list[int], restart_after: int
) -> None:
    written, _state = run(given_events)
    whole, cut = MemoryRecords(), MemoryRecords()
    Projection("j0", whole).follow(journal_of(written, iter([1000])))
    journal = journal_of(written, iter(sizes))
    groups = list(journal.groups())
    for group in groups[:restart_after]:
        Projection("j0", cut).apply([group])
    Projection("j0", cut).apply(groups)
    assert tables(cut) == tables(whole)


def test_rebuilding_gives_the_same_tables_in_sqlite(tmp_path: Path) -> None:
    written, _state = run([intent(n) for n in range(1, 9)] + [fill(n, "f", n) for n in range(1, 9)])
    journal = journal_of(written)
    with closing(open_records(tmp_path)) as records:
        projection = Projection("j0", records)
        projection.follow(journal)
        first = tables(records)
        assert len(records.rows(FillRow)) == 8
        projection.rebuild(journal)
        assert tables(records) == first
        assert projection.sequence == journal.last_sequence


# --- behind, ahead, elsewhere, broken --------------------------------------------------------


def test_a_group_handed_over_twice_changes_nothing() -> None:
    journal = journal_of(run([intent(1), fill(1, "f1", 4)])[0])
    records = MemoryRecords()
    projection = Projection("j0", records)
    groups = list(journal.groups())
    projection.apply(groups)
    before = tables(records)
    projection.apply(groups[2:])
    assert tables(records) == before


def test_a_missing_group_is_noticed() -> None:
    groups = list(journal_of(run([intent(1)])[0]).groups())
    projection = Projection("j0", MemoryRecords())
    projection.apply(groups[:1])
    with pytest.raises(Inconsistent, match="follow the journal first"):
        projection.apply(groups[2:])
    projection.apply(groups)


def test_rows_ahead_of_a_restored_journal_are_built_anew() -> None:
    records = MemoryRecords()
    Projection("j0", records).follow(journal_of(run([intent(1), fill(1, "f1", 10)])[0]))
    shorter = journal_of(run([intent(1)])[0])
    Projection("j0", records).follow(shorter)
    assert records.rows(FillRow) == []
    assert the_order(records).state == "PENDING_NEW"


def test_rows_of_another_journal_give_way() -> None:
    records = projected([intent(1)])
    other = MemoryJournal("j1")
    other.take_over()
    Projection("j1", records).follow(other)
    assert records.rows(OrderRow) == []


class FailingRecords(MemoryRecords):
    """A store that fails once."""

    fails = True

    def write(self, name: str, sequence: int, rows: Any) -> None:
        if self.fails:
            self.fails = False
            raise OutsideError("the disk is full", fault="ours", retry=True)
        super().write(name, sequence, rows)


def test_a_store_that_fails_is_written_again_with_the_same_rows() -> None:
    journal = journal_of(run([intent(1), fill(1, "f1", 4)])[0])
    groups: list[Group] = list(journal.groups())
    good, failing = MemoryRecords(), FailingRecords()
    Projection("j0", good).apply(groups)
    projection = Projection("j0", failing)
    with pytest.raises(OutsideError):
        projection.apply(groups)
    projection.apply(groups)
    assert tables(failing) == tables(good)
