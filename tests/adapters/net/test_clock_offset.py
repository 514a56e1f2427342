"""Clock offset: the estimate is within its error, whatever the way took."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.clock_offset import SAMPLES_MAX, ClockOffset

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
