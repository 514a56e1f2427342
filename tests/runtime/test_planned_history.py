"""Several histories as one: the suite of the port, and which store a question goes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.adapters.memory.history import MemoryHistory
from tradewind.model.errors import OutsideError
from tradewind.ports.history import Entry, Series
from tradewind.runtime.planned_history import PlannedHistory, Store
from tradewind.testing.history_suite import (
    BITCOIN,
    DAY_NS,
    GOOG,
    PAID,
    START_NS,
    HistorySuite,
    bars,
    same,
    trades,
)

DAILY = Series("bars", GOOG.id, "1d")


class TestPlannedHistory(HistorySuite):
    def make(self, folder: Path) -> PlannedHistory:
        return planned(MemoryHistory(), MemoryHistory())


def planned(*histories: MemoryHistory) -> PlannedHistory:
    """A plan over stores of which the first is the nearest."""
    names = ("files", "database", "bucket")
    return PlannedHistory([Store(names[n], each, n) for n, each in enumerate(histories)])


def holding(opens: range) -> MemoryHistory:
    history = MemoryHistory()
    if len(opens):
        history.write(bars(opens), timeframe="1d")
    return history


def asked(plan: PlannedHistory, first: int | None = None, end: int | None = None) -> str:
    """Where a question for some days goes, and why."""
    times = (None if day is None else START_NS + day * DAY_NS for day in (first, end))
    choice = plan.choose(DAILY, *times)
    return f"{choice.store.name}: {choice.reason}"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((0, 5), "files: it is the nearest of those that have all of it (also database)"),
        ((3, 4), "files: it is the nearest of those that have all of it (also database)"),
        ((0, 10), "database: it has more of that time than files"),
        ((None, None), "database: it has more of that time than files"),
        ((4, 6), "database: it has more of that time than files"),
        ((-9, 5), "files: it is the nearest of those that have all of it (also database)"),
    ],
)
def test_the_nearest_store_that_has_a_time_answers_and_says_why(
    days: tuple[int | None, int | None], said: str
) -> None:
    plan = planned(holding(range(5)), holding(range(10)))
    assert asked(plan, *days) == said


def test_a_store_with_holes_in_the_same_time_is_not_asked() -> None:
    holes = MemoryHistory()
    holes.write(bars(range(2)), timeframe="1d")
    holes.write(bars(range(4, 5)), timeframe="1d")
    plan = planned(holes, holding(range(5)))
    assert asked(plan) == "database: it has more rows in that time than files"


def test_one_store_that_has_it_and_none() -> None:
    assert asked(planned(holding(range(0)), holding(range(5)))) == "database: no other store has it"
    assert asked(planned(holding(range(0)), holding(range(0)))) == "files: no store has it"


def test_rows_come_from_the_store_that_is_chosen_and_writes_go_to_the_first() -> None:
    small, large = holding(range(5)), holding(range(10))
    plan = planned(small, large)
    everything = plan.read("bars", GOOG.id, timeframe="1d")
    assert same(everything, large.read("bars", GOOG.id, timeframe="1d"))
    assert sum(map(len, plan.batches("bars", GOOG.id, timeframe="1d"))) == 10
    assert [entry.rows for entry in plan.entries()] == [10]
    plan.write(trades(START_NS))
    assert small.instrument(BITCOIN.id) == BITCOIN == plan.instrument(BITCOIN.id)
    assert Series("trades", BITCOIN.id) not in {entry.series for entry in large.entries()}
    large.write_actions(GOOG.id, [PAID])
    assert plan.actions(GOOG.id) == [PAID]


def test_a_store_that_does_not_answer_is_an_error_and_never_fewer_rows() -> None:
    class Away(MemoryHistory):
        def entries(self) -> list[Entry]:
            raise OutsideError("the store does not answer", fault="theirs", retry=True)

    with pytest.raises(OutsideError, match="does not answer"):
        planned(holding(range(5)), Away()).read("bars", GOOG.id, timeframe="1d")
