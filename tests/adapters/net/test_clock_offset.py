"""Clock offset: the estimate is within its error, whatever the way took."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.clock_offset import MOVED_NS, SAMPLES_MAX, ClockOffset

WAYS = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))


@given(st.integers(-(10**13), 10**13), st.lists(WAYS, min_size=1, max_size=20))
def test_the_estimate_is_within_half_a_round_trip(
    true_ns: int, ways: list[tuple[int, int]]
) -> None:
    offset, now_ns = ClockOffset(), 10**18
    for there_ns, back_ns in ways:
        offset.add(
            sent_ns=now_ns,
            venue_ns=now_ns + there_ns + true_ns,
            received_ns=now_ns + there_ns + back_ns,
        )
        now_ns += there_ns + back_ns + 1
        assert abs(offset.offset_ns - true_ns) <= offset.error_ns + 1


def test_the_shortest_round_trip_of_the_last_samples_counts() -> None:
    offset = ClockOffset()
    offset.add(sent_ns=0, venue_ns=5, received_ns=0)
    for number in range(1, SAMPLES_MAX):
        offset.add(sent_ns=0, venue_ns=number * 100, received_ns=100)
    assert (offset.offset_ns, offset.error_ns) == (5, 0)
    offset.add(sent_ns=0, venue_ns=999, received_ns=100)
    assert offset.error_ns == 50


def test_a_clock_that_went_back_meanwhile_tells_nothing() -> None:
    offset = ClockOffset()
    offset.add(sent_ns=100, venue_ns=500, received_ns=50)
    assert not offset.is_known


def test_a_clock_that_was_set_is_believed_at_once_and_the_way_back_too() -> None:
    offset = ClockOffset()
    offset.add(sent_ns=0, venue_ns=1_000, received_ns=1_000)
    for moved_ns in (2 * 10**9, 0):
        offset.add(sent_ns=0, venue_ns=moved_ns + 500_000, received_ns=10**6)
        assert offset.offset_ns == moved_ns


@given(st.integers(0, MOVED_NS - 1), st.integers(0, 10**9))
def test_what_drift_and_the_way_explain_moves_no_clock(drift_ns: int, way_ns: int) -> None:
    offset = ClockOffset()
    offset.add(sent_ns=0, venue_ns=0, received_ns=0)
    offset.add(sent_ns=0, venue_ns=way_ns + drift_ns, received_ns=way_ns)
    assert offset.offset_ns in (0, drift_ns)
    assert offset.error_ns == 0
