"""A long run costs what a short one does: time by the round trip, and memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from tests.core.test_accounts import GOOG, Desk
from tradewind.core.finished_orders import DONE_ORDERS_MAX
from tradewind.model.orders import Leg

ROUND_TRIPS = 100_000
BLOCK = 10_000
RATIO_MAX = 1.2
LEGS = {0: (Leg.NET, Leg.NET), 1: (Leg.LONG, Leg.SHORT)}


def round_trips(desk: Desk, count: int, legs: tuple[Leg, Leg]) -> None:
    """Open and close, on one leg and then on the other."""
    for number in range(count):
        leg = legs[number % 2]
        signed = -1 if leg == Leg.SHORT else 1
        desk.trade(GOOG, signed, 10_000, leg=leg)
        desk.trade(GOOG, -signed, 10_001, leg=leg)
    desk.engine.take_records()


def seconds_of_block(desk: Desk, legs: tuple[Leg, Leg]) -> float:
    """The best of the block's ten parts, times ten: what the machine does besides falls out."""
    parts = []
    for _ in range(10):
        start = time.perf_counter()
        round_trips(desk, BLOCK // 10, legs)
        parts.append(time.perf_counter() - start)
    return 10 * min(parts)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("hedging", [0, 1], ids=["netting", "hedging"])
def test_the_last_ten_thousand_round_trips_cost_what_the_first_do(hedging: int) -> None:
    desk = Desk(hedging=hedging)
    first = seconds_of_block(desk, LEGS[hedging])
    round_trips(desk, ROUND_TRIPS - 2 * BLOCK, LEGS[hedging])
    last = seconds_of_block(desk, LEGS[hedging])
    assert len(desk.state.orders) == DONE_ORDERS_MAX
    assert last <= RATIO_MAX * first


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_behind_a_hundred_thousand_orders_memory_grows_no_more() -> None:
    desk = Desk()
    tracemalloc.start()
    round_trips(desk, DONE_ORDERS_MAX // 2, LEGS[0])
    full, _ = tracemalloc.get_traced_memory()
    round_trips(desk, BLOCK, LEGS[0])
    later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(desk.state.orders) == DONE_ORDERS_MAX
    assert later < 1.05 * full
