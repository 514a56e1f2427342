"""Open time: what is due between two times, whole, at the edges, and however it is cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradewind.analysis.session_clock import OpenHours, SessionClock, clock_of
from tradewind.model.timeframes import UNIT_NS, timerange_ns

HOUR_NS, DAY_NS = UNIT_NS["h"], UNIT_NS["d"]


def at(text: str) -> int:
    """A minute of UTC in nanoseconds."""
    return timerange_ns(f"{text}-")[0] or 0


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A column of integers."""
    return np.array(values, np.int64)


TWO_DAYS = OpenHours(
    ints(at("20240703T1330"), at("20240705T1330")), ints(at("20240703T1700"), at("20240705T2000"))
)
"""New York around a holiday: the day before is short."""


def due(first: str, then: str, step_ns: int) -> int:
    """Bars due between two bars."""
    clock = SessionClock(TWO_DAYS)
    return int(clock.bars_between(ints(at(first)), ints(at(then)), step_ns)[0])


def test_nothing_is_due_over_a_holiday_behind_a_short_day() -> None:
    assert due("20240703T1659", "20240705T1330", UNIT_NS["m"]) == 0
    assert due("20240703T1658", "20240705T1330", UNIT_NS["m"]) == 1
    assert due("20240703T1659", "20240705T1332", UNIT_NS["m"]) == 2


def test_the_first_hour_is_the_one_that_the_session_begins_in() -> None:
    assert due("20240703T1600", "20240705T1330", HOUR_NS) == 0
    assert due("20240703T1600", "20240705T1300", HOUR_NS) == 0
    assert due("20240703T1600", "20240705T1400", HOUR_NS) == 1


def test_each_session_is_due_once_as_a_day() -> None:
    assert due("20240702T0000", "20240708T0000", DAY_NS) == 2
    assert due("20240703T1330", "20240705T1330", DAY_NS) == 0
    assert due("20240703T0000", "20240705T0000", DAY_NS) == 0


def test_bars_before_the_open_and_behind_the_close_make_nothing_due_twice() -> None:
    assert due("20240705T0800", "20240705T1331", UNIT_NS["m"]) == 1
    assert due("20240705T1959", "20240705T2330", UNIT_NS["m"]) == 0


def known(calendar: str, first: str, then: str, step_ns: int) -> int:
    """Bars due between two bars, by the tables."""
    clock = clock_of(calendar, at(first), at(then))
    assert clock is not None
    return int(clock.bars_between(ints(at(first)), ints(at(then)), step_ns)[0])


def test_a_week_of_currencies_has_its_weekend_and_no_other_pause() -> None:
    minute_ns = UNIT_NS["m"]
    assert known("24/5", "20240105T2159", "20240107T2200", minute_ns) == 0
    assert known("24/5", "20240705T2059", "20240707T2100", minute_ns) == 0
    assert known("24/5", "20240105T2159", "20240107T2300", minute_ns) == 60
    assert known("24/5", "20240103T2059", "20240103T2300", minute_ns) == 120
    assert known("24/5", "20240105", "20240108", DAY_NS) == 0
    assert known("24/5", "20240105", "20240110", DAY_NS) == 2


def test_the_exchange_has_its_holidays_and_half_days() -> None:
    minute_ns = UNIT_NS["m"]
    assert known("XNYS", "20241127T2059", "20241129T1430", minute_ns) == 0
    assert known("XNYS", "20241129T1759", "20241202T1430", minute_ns) == 0
    assert known("XNYS", "20241129T1758", "20241202T1430", minute_ns) == 1
    assert known("XNYS", "20010910", "20010917", DAY_NS) == 0, "closed after 11 September"
    assert known("XNYS", "20241224T1430", "20241227T1430", DAY_NS) == 1


def test_what_the_tables_do_not_cover_has_no_clock() -> None:
    assert clock_of("XNYS", at("19891231"), at("20000101")) is None
    assert clock_of("XNYS", at("20200101"), at("20990101")) is None
    assert clock_of("XTKS", at("20200101"), at("20210101")) is None
    assert clock_of("24/7", at("20200101"), at("20210101")) is None


def test_without_sessions_nothing_is_due() -> None:
    clock = SessionClock(OpenHours(ints(), ints()))
    assert clock.if_covered(0, 1) is None
    assert clock.bars_between(ints(0), ints(DAY_NS), HOUR_NS).tolist() == [0]
    assert clock.open_time(ints(5)).tolist() == [0]


@given(
    lengths=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=6),
    step=st.integers(1, 12),
    ends=st.tuples(st.integers(0, 400), st.integers(0, 400)),
)
def test_what_is_due_is_what_counting_every_moment_finds(
    lengths: list[tuple[int, int]], step: int, ends: tuple[int, int]
) -> None:
    edges = np.cumsum(np.array(lengths).ravel())
    hours = OpenHours(edges[0::2], edges[1::2])
    clock = SessionClock(hours)
    moments = [
        moment
        for opened, closed in zip(hours.opened.tolist(), hours.closed.tolist(), strict=True)
        for moment in range(opened, closed)
    ]
    first, then = sorted(ends)
    counted = clock.open_time(ints(first, then))
    assert counted.tolist() == [sum(m < end for m in moments) for end in (first, then)]
    bars = {moment // step for moment in moments}
    expected = sum(first // step < bar < then // step for bar in bars)
    assert clock.bars_between(ints(first), ints(then), step).tolist() == [expected]
