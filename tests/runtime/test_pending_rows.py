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
