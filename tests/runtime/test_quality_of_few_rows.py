"""A few rows are judged one by one as they would be together."""

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
RANGES = st.sampled_from([PRICES, st.integers(9, 12)])
"""Anything, or prices that go well together, so that a batch is often good as a whole."""
KINDS: list[ColumnKind] = ["bars", "trades", "quotes"]


class Together(Quality):
    """Judges few rows as it does many."""

    def _takes_all(self, columns: Columns) -> bool:
        return False


@settings(max_examples=120)
@given(st.sampled_from(KINDS), st.booleans(), st.data())
def test_few_rows_are_judged_as_many_are(
    kind: ColumnKind, is_table: bool, data: st.DataObject
) -> None:
    few, many = Quality(), Together()
    for _ in range(data.draw(st.integers(1, 4))):
        count = data.draw(st.integers(1, 4))
        rows = [
            [
                data.draw(st.integers(0, 4) if "time" in name else data.draw(RANGES))
                for _ in range(count)
            ]
            for name in REQUIRED[kind]
        ]
        table = np.array(rows, np.int64)
        if is_table:
            columns = Columns.of_table(kind, GOOG, REQUIRED[kind], table)
        else:
            columns = Columns(kind, GOOG, dict(zip(REQUIRED[kind], table, strict=True)))
        good, bad = few.split(columns)
        expected_good, expected_bad = many.split(columns)
        assert bad == expected_bad
        assert len(good) == len(expected_good)
        assert few.last_row == many.last_row
        assert (few.last_time_ns, few.last_price) == (many.last_time_ns, many.last_price)
