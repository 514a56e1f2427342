"""A row that comes alone is judged as it would be in a batch."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.model.columns import REQUIRED, ColumnKind, Columns
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import UNITS_MAX
from tradewind.runtime.quality import Quality

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
PRICES = st.sampled_from([-1, 0, 1, 9, 10, 11, 99, 100, 101, 1000, 1001, UNITS_MAX, UNITS_MAX + 1])
KINDS: list[ColumnKind] = ["bars", "trades", "quotes"]


class InBatches(Quality):
    """Judges each row as if it came with others."""

    def _takes(self, kind: str, row: tuple[int, ...]) -> bool:
        return False


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.data())
def test_one_row_at_a_time_is_judged_as_in_a_batch(kind: ColumnKind, data: st.DataObject) -> None:
    alone, batched = Quality(), InBatches()
    for _ in range(data.draw(st.integers(1, 8))):
        arrays = {
            name: np.array([data.draw(st.integers(0, 4) if "time" in name else PRICES)], np.int64)
            for name in REQUIRED[kind]
        }
        columns = Columns(kind, GOOG, arrays)
        good, bad = alone.split(columns)
        expected_good, expected_bad = batched.split(columns)
        assert bad == expected_bad
        assert len(good) == len(expected_good)
        assert alone.last_row == batched.last_row
        assert (alone.last_time_ns, alone.last_price) == (batched.last_time_ns, batched.last_price)
