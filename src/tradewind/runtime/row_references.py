"""References to market rows, placed between the records that the rows caused."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.model.columns import Columns
from tradewind.model.messages import Record
from tradewind.runtime.recorder import Recorder


def with_rows(
    recorder: Recorder,
    columns: Columns,
    *,
    after_sequence: int,
    sequences: Sequence[int],
    records: Sequence[Record],
) -> list[Record]:
    """What a group holds of one batch: its records, and references to the rows between them.

    `sequences` and `records` are what the engine gave for the batch (`take_records`), beginning
    behind `after_sequence`; a number that is not among them is a row's. The rows are recorded in
    pieces that end where a record comes, so that recovery folds rows and records in the very
    order they had. `recorder.flush()` is to be called before the group is appended.

    >>> import numpy as np
    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.model.messages import ClockTicked
    >>> from tradewind.runtime.segments import MemorySegments
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> one = np.ones(3, np.int64)
    >>> rows = Columns("trades", goog, {"time_ns": one, "price": one, "size": one, "side": one})
    >>> recorder = Recorder(MemorySegments())
    >>> tick = ClockTicked(1)
    >>> mixed = with_rows(recorder, rows, after_sequence=7, sequences=[10], records=[tick])
    >>> [(type(record).__name__, getattr(record, "count", 1)) for record in mixed]
    [('MarketRecorded', 2), ('ClockTicked', 1), ('MarketRecorded', 1)]
    """
    mixed: list[Record] = []
    row, following = 0, after_sequence + 1
    for sequence, record in zip(sequences, records, strict=True):
        count = sequence - following
        assert 0 <= count <= len(columns) - row, "more rows than the batch has"
        if count > 0:
            mixed.append(recorder.record(columns.cut(row, row + count)))
        mixed.append(record)
        row, following = row + count, sequence + 1
    if row < len(columns):
        mixed.append(recorder.record(columns.cut(row)))
    return mixed
