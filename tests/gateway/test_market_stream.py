"""The channel of prices: what changed comes soon, to who wants it, and again behind a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.gateway.test_channels import subscribed, until
from tests.runtime.memory_engine import MemoryEngine, running
from tests.runtime.test_control import serving
from tradewind.gateway import market_stream
from tradewind.gateway.market_stream import MarketStream
from tradewind.gateway.told import Told

PATIENCE_S = 60.0


@pytest.fixture
def reader(served: Served, client: TestClient, engine: MemoryEngine) -> TestClient:
    served.add("ann", "researcher", ("paper",))
    served.login(client, "ann")
    return client


def bids(message: dict[str, Any]) -> list[str]:
    """The best bids of a message."""
    return [row["bid"] for row in message["body"]["market"]]


def until_bid(socket: Any, bid: str) -> dict[str, Any]:
    """The first message of prices with this one."""
    while bids(found := until(socket, "market")) != [bid]:
        pass
    return found


def wait(is_reached: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + PATIENCE_S
    while not is_reached():
        assert time.monotonic() < ends_s, "it was waited for in vain"
        time.sleep(0.01)


def test_a_price_that_changed_is_told(reader: TestClient, engine: MemoryEngine) -> None:
    with reader.websocket_connect("/ws") as socket:
        subscribed(socket, "market")
        assert bids(until(socket, "market")) == ["59999.90"]
        engine.quote("60000.00")
        assert until_bid(socket, "60000.00")["sequence"] == 0


def test_the_engine_is_followed_only_while_somebody_wants_prices(
    reader: TestClient, engine: MemoryEngine
) -> None:
    with reader.websocket_connect("/ws") as other:
        subscribed(other, "order")
        with reader.websocket_connect("/ws") as socket:
            subscribed(socket, "market")
            until(socket, "market")
            assert engine.market.follower_count == 1
        wait(lambda: engine.market.follower_count == 0)
        with reader.websocket_connect("/ws") as socket:
            subscribed(socket, "market")
            assert bids(until(socket, "market")) == [engine.bid]


def test_prices_come_again_behind_a_restart_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_stream, "AGAIN_S", 0.05)
    told: list[Told] = []

    async def play() -> None:
        stream = MarketStream(tmp_path, told.append, lambda: 1)
        running_stream = asyncio.create_task(stream.run())
        for bid in ("1.00", "2.00"):
            engine = MemoryEngine()
            engine.bid = bid
            async with serving(tmp_path, engine), asyncio.timeout(PATIENCE_S):
                while not told or bid not in str(told[-1].body):
                    await asyncio.sleep(0.01)
        running_stream.cancel()
        await asyncio.gather(running_stream, return_exceptions=True)

    asyncio.run(play())


def test_where_many_listen_prices_wait_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand seconds for a client: what comes behind the first message is told by no other."""
    monkeypatch.setattr(market_stream, "CLIENT_S", 1_000.0)
    told: list[Told] = []
    engine = MemoryEngine()

    async def play() -> None:
        stream = MarketStream(tmp_path, told.append, lambda: 1)
        stream._told_s = -1_000.0
        running_stream = asyncio.create_task(stream.run())
        async with asyncio.timeout(PATIENCE_S):
            while not told:
                await asyncio.sleep(0.01)
            engine.quote("7.00")
            while "7.00" not in str(stream._rows):
                await asyncio.sleep(0.01)
        assert len(told) == 1
        stream._tell()
        running_stream.cancel()
        await asyncio.gather(running_stream, return_exceptions=True)

    with running(tmp_path, engine):
        asyncio.run(play())
    assert "7.00" in str(told[1].body)
