"""The channels of the stream beside orders: who gets what, and what is missed by nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tests.runtime.test_control import ORDER
from tests.wiring.test_paper_hour import paper
from tests.wiring.test_running_strategies import trading
from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.ports.jobs import Job
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import PlaceRequest
from tradewind.runtime.desk import Desk
from tradewind.runtime.read_models import Update
from tradewind.testing.virtual_time import run_virtually


@pytest.fixture
def reader(served: Served, client: TestClient, engine: MemoryEngine) -> TestClient:
    served.add("ann", "researcher", ("paper",))
    served.login(client, "ann")
    return client


def subscribed(socket: Any, *channels: str, since: int = 0) -> dict[str, Any]:
    """Subscribe and return the first message."""
    socket.send_json({"type": "subscribe", "channels": list(channels), "since": since})
    found: dict[str, Any] = socket.receive_json()
    return found


def until(socket: Any, kind: str) -> dict[str, Any]:
    """The next message of a channel."""
    while (found := socket.receive_json())["type"] != kind:
        pass
    message: dict[str, Any] = found
    return message


def test_profit_and_loss_is_the_accounts_own_and_of_ones_accounts(
    reader: TestClient, engine: MemoryEngine
) -> None:
    row = dict(engine.status()["accounts"][0])
    with reader.websocket_connect("/ws") as socket:
        subscribed(socket, "pnl")
        engine.tell("account", row | {"account": "other"})
        engine.tell("account", row)
        told = until(socket, "pnl")["body"]
    assert told["account"] == "paper"
    assert set(told) == {"account", "currency", "equity", "realised", "unrealised"}


@pytest.mark.parametrize("name", ["fill", "risk"])
def test_fills_and_denials_of_others_are_not_told(
    reader: TestClient, engine: MemoryEngine, name: str
) -> None:
    with reader.websocket_connect("/ws") as socket:
        subscribed(socket, name)
        engine.tell(name, {"strategy": "other", "order_id": "j0-other-1"})
        engine.tell(name, {"strategy": "cross", "order_id": "j0-cross-1", "time_ns": 1})
        told = until(socket, name)
    assert told["body"]["order_id"] == "j0-cross-1"
    assert told["body"]["time"].startswith("1970-01-01T00:00:00")


def test_an_alert_is_told_when_it_begins_and_when_it_ends(
    reader: TestClient, engine: MemoryEngine, served: Served
) -> None:
    with reader.websocket_connect("/ws") as socket:
        subscribed(socket, "alert")
        engine.degraded = ["the records stand still"]
        served.now_ns += 10**9
        assert until(socket, "alert")["body"] == {
            "sentence": "the records stand still",
            "is_standing": True,
        }
        engine.degraded = []
        served.now_ns += 10**9
        assert until(socket, "alert")["body"]["is_standing"] is False


def test_one_hears_of_ones_own_jobs_only(reader: TestClient, served: Served) -> None:
    def job(job_id: str, user_id: str) -> Job:
        return Job(
            job_id=job_id, kind="backtest", user_id=user_id, user_name="x", request="{}",
            created_time_ns=1,
        )  # fmt: skip

    with reader.websocket_connect("/ws") as socket:
        subscribed(socket, "job")
        served.jobs.add(job("theirs", "id-bob"))
        served.jobs.add(job("mine", "id-ann"))
        told = until(socket, "job")["body"]
    assert (told["job_id"], told["created_time"][:4]) == ("mine", "1970")


def test_the_journal_is_for_who_may_read_the_audit_trail(reader: TestClient) -> None:
    with reader.websocket_connect("/ws") as socket:
        socket.send_json({"type": "subscribe", "channels": ["journal"]})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert (closed.value.code, "audit" in (closed.value.reason or "")) == (4400, True)


def test_the_journal_is_told_from_a_sequence_on_without_a_gap(tmp_path: Path) -> None:
    run_virtually(paper(tmp_path, 20, lambda desk: None))
    engine = MemoryEngine()
    with running(tmp_path, engine):
        served = Served(tmp_path, engine)
        served.add("rob", "risk")
        with served.client() as client:
            served.login(client, "rob")
            with client.websocket_connect("/ws") as socket:
                found = [subscribed(socket, "journal", since=5)]
                while found[-1]["sequence"] < 200:
                    found.append(until(socket, "journal"))
    sequences = [each["sequence"] for each in found]
    assert sequences == sorted(set(sequences))
    assert sequences[0] > 5
    assert {each["body"]["event"] for each in found} >= {"OrderIntended", "SubmitOrder"}
    assert all(each["body"]["event"] != "MarketRecorded" for each in found)


def test_no_record_is_lost_between_the_past_and_what_comes(tmp_path: Path) -> None:
    """A client that comes back at any moment gets every control record, once and in order."""
    home = tmp_path / "home"

    async def both(desk: Desk) -> None:
        await asyncio.sleep(20)

    run_virtually(trading(home, both))
    engine = MemoryEngine()
    with running(home, engine):
        served = Served(home, engine)
        stream = served.app.state.stream
        whole, last = stream._sources.records(0)
        assert [each.sequence for each in whole] == sorted({each.sequence for each in whole})
        for after in (0, whole[3].sequence, whole[-2].sequence, last):
            found, _ = stream._sources.records(after)
            wanted = [each.sequence for each in whole if each.sequence > after]
            assert [each.sequence for each in found] == wanted


def test_every_channel_comes_in_messagepack_too(reader: TestClient, engine: MemoryEngine) -> None:
    with reader.websocket_connect("/ws?format=msgpack") as socket:
        socket.send_json({"type": "subscribe", "channels": ["market"]})
        assert msgspec.msgpack.decode(socket.receive_bytes())["type"] == "snapshot"
        assert msgspec.msgpack.decode(socket.receive_bytes())["type"] == "market"


def test_without_a_channel_named_nobody_gets_the_journal_or_jobs(
    reader: TestClient, served: Served, engine: MemoryEngine
) -> None:
    with reader.websocket_connect("/ws") as socket:
        subscribed(socket)
        ask(served.home, PlaceRequest(ORDER))
        kinds = {socket.receive_json()["type"] for _ in range(4)}
    assert kinds <= {"market", "order", "alert"}


def test_an_engine_tells_fills_and_denials_by_themselves(tmp_path: Path) -> None:
    updates: list[Update] = []

    async def talk(desk: Desk) -> None:
        subscription = desk.subscribe()

        async def take() -> None:
            async for update in subscription:
                updates.append(update)

        taking = asyncio.create_task(take())
        await asyncio.sleep(60)
        taking.cancel()

    run_virtually(trading(tmp_path, talk))
    fills = [update.body for update in updates if update.name == "fill"]
    assert fills
    assert all(float(str(fill["price"])) > 0 for fill in fills)
    assert {fill["strategy"] for fill in fills} <= {"ma_cross", "mean_rev", "maker", "accum"}


@pytest.fixture
def without_streaming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: MemoryEngine
) -> Iterator[int]:
    """The port of a gateway's process that has no library for WebSockets."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['websockets'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    process = GatewayProcess(tmp_path, claim_port(0))
    process.start(0.0)
    yield process.port
    process.stop()


def test_the_gateway_serves_where_it_cannot_stream(without_streaming: int) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", without_streaming, timeout=60)
    connection.request("GET", "/api/v1/health")
    parts = json.loads(connection.getresponse().read())["parts"]
    assert parts["engine"]["ok"]
    assert "websockets is missing" in parts["stream"]["reasons"][0]
    connection.request("GET", "/api/v1/positions")
    assert connection.getresponse().status == 200
    connection.close()
