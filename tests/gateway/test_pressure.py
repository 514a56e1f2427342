"""Pressure: a worker that is late refuses with 429, but not what ends orders or halts."""

from __future__ import annotations

import asyncio

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tradewind.gateway.pressure import LATE, LATE_S, LATE_TICKS, MANY, ROUTED_MAX, TICK_S, Pressure


def test_a_worker_with_too_many_requests_refuses_more_but_not_a_halt(
    served: Served, client: TestClient
) -> None:
    served.add("tom", "trader")
    served.login(client, "tom")
    served.services.pressure.routed = ROUTED_MAX - 1
    assert client.get("/api/v1/fills").status_code == 200
    served.services.pressure.routed = ROUTED_MAX
    refused = client.get("/api/v1/fills")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.json()["detail"] == MANY
    assert client.delete("/api/v1/orders").status_code == 202
    halt = {"scope": "all", "reason": "too much"}
    key = {"Idempotency-Key": "h1"}
    assert client.post("/api/v1/risk/halt", json=halt, headers=key).status_code == 200
    assert client.get("/health").status_code == 200
    served.services.pressure.routed = 0
    assert served.services.pressure.refused == 1


class Clock:
    """Goes on by a step each time that it is read."""

    def __init__(self, step_s: float) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.mark.parametrize(
    ("late_s", "is_high"), [(LATE_S + 1.1 * TICK_S, True), (LATE_S + 0.9 * TICK_S, False)]
)
def test_a_loop_that_comes_around_late_is_under_pressure_until_it_does_not(
    late_s: float, is_high: bool
) -> None:
    """It is due a tick behind the reading before, and late by more than the bound or not."""

    async def scenario() -> None:
        clock = Clock(late_s)
        pressure = Pressure(clock)
        pressure.start()
        read_s = clock.now_s
        async with asyncio.timeout(60):
            while clock.now_s < read_s + 4 * LATE_TICKS * late_s:
                await asyncio.sleep(TICK_S)
            assert pressure.reason == (LATE if is_high else "")
            clock.step_s = 0.0
            while pressure.is_high:
                await asyncio.sleep(TICK_S)
        pressure.stop()

    asyncio.run(scenario())
