"""Circuit breaker and back-off: when a service is left alone, and when it is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.backoff import Backoff
from tradewind.adapters.net.breaker import FAILURES_MAX, Breaker
from tradewind.adapters.net.outcome import NeverSent


def breaker() -> Breaker:
    return Breaker("rest", Backoff(least_s=1.0, most_s=8.0, chance=lambda: 1.0))


def opened(at_s: float) -> Breaker:
    one = breaker()
    for _ in range(FAILURES_MAX):
        one.failed("504", at_s)
    return one


def test_it_opens_at_its_failures_and_not_one_before() -> None:
    one = breaker()
    for _ in range(FAILURES_MAX - 1):
        one.failed("504", 0.0)
    one.check(0.0)
    one.failed("504", 0.0)
    with pytest.raises(NeverSent, match=r"left alone for 1\.0 s: 504"):
        one.check(0.0)


def test_a_success_in_between_begins_the_count_anew() -> None:
    one = breaker()
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            one.failed("504", 0.0)
        one.succeeded()
    assert one.snapshot(0.0).state == "closed"


def test_one_call_at_a_time_tries_a_half_open_breaker() -> None:
    one = opened(0.0)
    one.check(1.0)
    with pytest.raises(NeverSent, match="being tried"):
        one.check(1.0)
    one.undecided()
    one.check(1.0)


def test_a_failed_try_opens_it_for_longer_and_a_good_one_closes_it() -> None:
    one = opened(0.0)
    assert one.snapshot(0.0).state == "open"
    one.check(1.0)
    assert one.snapshot(1.0).state == "half_open"
    one.failed("504", 1.0)
    assert one.snapshot(1.0).retry_in_s == 2.0
    one.check(3.0)
    one.succeeded()
    snapshot = one.snapshot(3.0)
    assert (snapshot.state, snapshot.failures, snapshot.reason, snapshot.opened) == (
        "closed",
        0,
        "",
        1,
    )


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=80))
def test_a_wait_lies_between_its_bounds_however_often_it_failed(chances: list[float]) -> None:
    backoff = Backoff(least_s=0.5, most_s=30.0, chance=iter(chances).__next__)
    for number in range(len(chances)):
        assert 0.5 <= backoff.next_s() <= min(30.0, 0.5 * 2**number)
