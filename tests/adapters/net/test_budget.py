"""Rate budgets: at the limit and one past it, in both ways of counting."""

from __future__ import annotations

import asyncio
from time import monotonic_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.budget import (
    BACKGROUND_SHARE,
    SECOND_NS,
    WAITING_MAX,
    RateBudget,
    Urgency,
    Window,
)
from tradewind.adapters.net.outcome import NeverSent

MINUTE_NS = 60 * SECOND_NS
BEGIN_NS = 1_723_161_240 * SECOND_NS  # a full minute


def calendar(limit: int = 10) -> RateBudget:
    return RateBudget([Window("weight", 60, limit)])


def rolling(limit: int = 10) -> RateBudget:
    return RateBudget([Window("weight", 60, limit, counting="rolling")])


@pytest.mark.parametrize("make", [calendar, rolling])
def test_a_window_takes_its_limit_and_not_one_more(make: type) -> None:
    budget = make()
    budget.spend({"weight": 9}, BEGIN_NS)
    assert budget.wait_s({"weight": 1}, BEGIN_NS, Urgency.ORDER) == 0
    budget.spend({"weight": 1}, BEGIN_NS)
    assert budget.wait_s({"weight": 1}, BEGIN_NS, Urgency.ORDER) == 60


def test_a_calendar_window_is_empty_again_at_the_full_minute() -> None:
    budget = calendar()
    budget.spend({"weight": 10}, BEGIN_NS + 59 * SECOND_NS)
    assert budget.wait_s({"weight": 10}, BEGIN_NS + 59 * SECOND_NS, Urgency.ORDER) == 1
    assert budget.wait_s({"weight": 10}, BEGIN_NS + MINUTE_NS, Urgency.ORDER) == 0


def test_a_rolling_window_frees_what_was_spent_a_length_ago() -> None:
    budget = rolling()
    budget.spend({"weight": 4}, BEGIN_NS)
    budget.spend({"weight": 6}, BEGIN_NS + 30 * SECOND_NS)
    assert budget.wait_s({"weight": 4}, BEGIN_NS + 40 * SECOND_NS, Urgency.ORDER) == 20
    assert budget.wait_s({"weight": 5}, BEGIN_NS + 40 * SECOND_NS, Urgency.ORDER) == 50
    assert budget.wait_s({"weight": 4}, BEGIN_NS + MINUTE_NS, Urgency.ORDER) == 0


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 20)), max_size=60))
def test_a_rolling_window_is_never_overdrawn(calls: list[tuple[int, int]]) -> None:
    budget, now_ns, spent = rolling(10), BEGIN_NS, []
    for cost, pause_s in calls:
        now_ns += pause_s * SECOND_NS
        now_ns += int(budget.wait_s({"weight": cost}, now_ns, Urgency.ORDER) * SECOND_NS)
        assert budget.wait_s({"weight": cost}, now_ns, Urgency.ORDER) == 0
        budget.spend({"weight": cost}, now_ns)
        spent.append((now_ns, cost))
        assert sum(each for at, each in spent if at > now_ns - MINUTE_NS) <= 10


@pytest.mark.parametrize("make", [calendar, rolling])
def test_background_calls_leave_room_for_orders(make: type) -> None:
    budget = make()
    budget.spend({"weight": int(10 * BACKGROUND_SHARE)}, BEGIN_NS)
    assert budget.wait_s({"weight": 1}, BEGIN_NS, Urgency.BACKGROUND) > 0
    assert budget.wait_s({"weight": 2}, BEGIN_NS, Urgency.ORDER) == 0


def test_a_background_call_that_costs_most_of_the_window_still_fits_an_empty_one() -> None:
    assert calendar().wait_s({"weight": 10}, BEGIN_NS, Urgency.BACKGROUND) == 0
    with pytest.raises(NeverSent, match="never fits"):
        calendar().wait_s({"weight": 11}, BEGIN_NS, Urgency.BACKGROUND)


@pytest.mark.parametrize("make", [calendar, rolling])
def test_the_count_of_the_venue_stands_above_ours_and_never_lowers_it(make: type) -> None:
    budget = make()
    budget.note_used("weight", 60, 7, BEGIN_NS)
    budget.note_used("weight", 60, 3, BEGIN_NS)
    budget.note_used("elsewhere", 60, 99, BEGIN_NS)
    assert [state.used for state in budget.states(BEGIN_NS)] == [7]


def test_a_block_holds_every_call_back_and_a_shorter_one_does_not_end_it() -> None:
    budget = calendar()
    budget.block(30, BEGIN_NS)
    budget.block(5, BEGIN_NS)
    assert budget.wait_s({}, BEGIN_NS + 10 * SECOND_NS, Urgency.CANCEL) == 20
    assert budget.blocked_s(BEGIN_NS + 30 * SECOND_NS) == 0


def test_a_clock_set_back_does_not_lock_a_window_for_ever() -> None:
    for budget in (calendar(), rolling()):
        budget.spend({"weight": 10}, BEGIN_NS + 3_600 * SECOND_NS)
        assert budget.wait_s({"weight": 1}, BEGIN_NS, Urgency.ORDER) == 0


@pytest.mark.parametrize("make", [calendar, rolling])
def test_counts_go_on_in_the_next_process(make: type) -> None:
    budget, later = make(), make()
    budget.spend({"weight": 8}, BEGIN_NS)
    later.restore(budget.states(BEGIN_NS + SECOND_NS))
    assert later.wait_s({"weight": 3}, BEGIN_NS + 2 * SECOND_NS, Urgency.ORDER) > 0
    assert later.wait_s({"weight": 2}, BEGIN_NS + 2 * SECOND_NS, Urgency.ORDER) == 0


def test_the_venue_may_say_other_limits_and_new_windows() -> None:
    budget = calendar()
    budget.set_limit("weight", 60, 20)
    budget.set_limit("orders", 10, 1)
    budget.spend({"weight": 15, "orders": 1}, BEGIN_NS)
    assert budget.wait_s({"weight": 5}, BEGIN_NS, Urgency.ORDER) == 0
    assert budget.wait_s({"orders": 1}, BEGIN_NS, Urgency.ORDER) == 10


class MovedClock:
    """Goes as the machine's clock does, and stands `ahead_ns` behind the full minute now."""

    def __init__(self, ahead_ns: int) -> None:
        self.ahead_ns = BEGIN_NS + ahead_ns - monotonic_ns()

    def now_ns(self) -> int:
        return monotonic_ns() + self.ahead_ns


def test_taking_waits_for_the_next_window_or_gives_up_before_sending() -> None:
    async def scenario() -> None:
        budget, clock = calendar(), MovedClock(0)
        await budget.take({"weight": 10}, clock, urgency=Urgency.ORDER, wait_max_s=1)
        with pytest.raises(NeverSent, match="free again"):
            await budget.take({"weight": 10}, clock, urgency=Urgency.ORDER, wait_max_s=1)
        clock.ahead_ns += 59_800_000_000
        await budget.take({"weight": 10}, clock, urgency=Urgency.ORDER, wait_max_s=1)

    asyncio.run(scenario())


def test_one_caller_too_many_is_refused_instead_of_waiting() -> None:
    async def scenario() -> None:
        budget, clock = calendar(), MovedClock(0)
        budget.block(50, BEGIN_NS)

        def waiter() -> asyncio.Task[None]:
            taking = budget.take({}, clock, urgency=Urgency.ORDER, wait_max_s=60)
            return asyncio.create_task(taking)

        waiting = [waiter() for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(NeverSent):
            await waiter()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(scenario())
