"""Rows and records keep the order in which they happened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.model.columns import REQUIRED, Columns, concatenate
from tradewind.model.instruments import Instrument
from tradewind.model.messages import ClockTicked, MarketRecorded
from tradewind.ports.journal import group_of, numbered
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.row_references import with_rows
from tradewind.runtime.segments import MemorySegments

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


def trades(count: int) -> Columns:
    rows = np.arange(1, count + 1, dtype=np.int64)
    return Columns("trades", GOOG, dict.fromkeys(REQUIRED["trades"], rows))


@given(st.lists(st.sampled_from(["row", "record"]), min_size=1, max_size=40), st.integers(0, 9))
def test_records_keep_their_numbers_and_rows_their_order(order: list[str], after: int) -> None:
    sequences = [after + 1 + n for n, what in enumerate(order) if what == "record"]
    rows = trades(order.count("row"))
    recorder = Recorder(MemorySegments())
    mixed = with_rows(
        recorder,
        rows,
        after_sequence=after,
        sequences=sequences,
        records=[ClockTicked(sequence) for sequence in sequences],
    )
    group = group_of(mixed, after_sequence=after, epoch=1, time_ns=0)
    assert (group.first, group.last) == (after + 1, after + len(order))
    pairs = list(numbered(group))
    assert [n for n, record in pairs if isinstance(record, ClockTicked)] == sequences
    parts = [recorder.read(record) for _, record in pairs if isinstance(record, MarketRecorded)]
    if parts:
        assert concatenate(parts)["price"].tolist() == rows["price"].tolist()


@pytest.mark.parametrize("sequence", [0, 4])
def test_a_record_that_leaves_no_room_for_the_rows_is_refused(sequence: int) -> None:
    recorder = Recorder(MemorySegments())
    with pytest.raises(AssertionError, match="more rows"):
        with_rows(
            recorder, trades(2), after_sequence=0, sequences=[sequence], records=[ClockTicked(1)]
        )
