"""Pending rows lie over the store's, and only what may change again is remembered."""

from typing import Any

import msgspec
import pytest

from tradewind.adapters.memory.records import MemoryRecords
from tradewind.ports.records import FillRow, HaltRow, InstrumentRow, OrderRow, Row
from tradewind.runtime.pending_rows import PendingRows


def row_of(kind: type[Any], **fields: object) -> Any:
    """A row with nothing in its fields but these."""
    plain = {field.name: field.type() for field in msgspec.structs.fields(kind)}
    return kind(**plain | fields)


@pytest.mark.parametrize(
    ("row", "key", "is_remembered"),
    [
        (row_of(OrderRow, order_id="o", is_open=1), ["o"], True),
        (row_of(OrderRow, order_id="o", is_open=0), ["o"], False),
        (row_of(FillRow, order_id="o", fill_id="f"), ["o", "f"], False),
        (row_of(InstrumentRow, instrument="A.SIM"), ["A.SIM"], True),
    ],
)
def test_a_row_that_may_change_again_needs_no_question(
    row: Row, key: list[str], is_remembered: bool
) -> None:
    pending = PendingRows(MemoryRecords())
    pending.put(row)
    assert pending.take() == [row]
    assert (pending.find(type(row), *key) == row) == is_remembered
    pending.forget()
    assert pending.find(type(row), *key) is None


def test_changed_rows_lie_over_those_of_the_store() -> None:
    records = MemoryRecords()
    records.write("other", 2, [row_of(HaltRow, number=n, scope="all") for n in (1, 2)])
    pending = PendingRows(records)
    pending.put(row_of(HaltRow, number=2, scope="all", reason="new"))
    pending.put(row_of(HaltRow, number=3, scope="firm"))
    found = {row.number: row.reason for row in pending.find_all(HaltRow, "scope", "all")}
    assert found == {1: "", 2: "new"}


class Counting(MemoryRecords):
    """Counts the questions for rows."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0

    def rows(self, *words: Any, **options: Any) -> Any:
        self.questions += 1
        return super().rows(*words, **options)

    def rows_of(self, *words: Any, **options: Any) -> Any:
        self.questions += 1
        return super().rows_of(*words, **options)


def test_what_was_asked_ahead_is_not_asked_again_there_or_not() -> None:
    records = Counting()
    records.write("other", 2, [row_of(OrderRow, order_id="old", is_open=1)])
    pending = PendingRows(records)
    pending.ask_ahead(OrderRow, [("old",), ("new",), ("new",)])
    assert pending.find(OrderRow, "old") is not None
    assert pending.find(OrderRow, "new") is None
    assert records.questions == 1
    pending.put(row_of(OrderRow, order_id="new"))
    assert pending.find(OrderRow, "new") is not None
    pending.take()
    assert pending.find(OrderRow, "new") is None, "it is not open and was not written here"
    assert records.questions == 2
