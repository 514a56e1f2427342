"""Pressure: a worker that is late refuses with 429, but not what ends orders or halts."""

from __future__ import annotations

import asyncio
import time

from starlette.testclient import TestClient

from tests.gateway.served import Served
from tradewind.gateway.pressure import LATE_S, LATE_TICKS, ROUTED_MAX, TICK_S, Pressure


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
    assert "wait as Retry-After says" in refused.json()["detail"]
    assert client.delete("/api/v1/orders").status_code == 202
    halt = {"scope": "all", "reason": "too much"}
    key = {"Idempotency-Key": "h1"}
    assert client.post("/api/v1/risk/halt", json=halt, headers=key).status_code == 200
    assert client.get("/health").status_code == 200
    served.services.pressure.routed = 0
    assert served.services.pressure.refused == 1


def test_a_loop_that_comes_around_late_is_under_pressure_until_it_does_not() -> None:
    async def scenario() -> None:
        pressure = Pressure(time.monotonic)
        pressure.start()
        for _ in range(LATE_TICKS):
            assert not pressure.is_high
            await asyncio.sleep(TICK_S / 2)
            time.sleep(LATE_S + 2 * TICK_S)  # Nothing else comes around meanwhile.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert pressure.is_high
        async with asyncio.timeout(30):
            while pressure.is_high:
                await asyncio.sleep(0.01)
        pressure.stop()

    asyncio.run(scenario())
