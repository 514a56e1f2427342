"""The stream: a snapshot, then updates; what one may see; who is slow, who comes back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tests.runtime.test_control import ORDER
from tradewind.gateway import stream
from tradewind.model.messages import Halted
from tradewind.runtime.broadcast import Broadcast
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import HaltRequest, PlaceRequest

SUBSCRIBE = {"type": "subscribe", "channels": ["order", "position", "account", "halt"]}


@pytest.fixture
def reader(served: Served, client: TestClient) -> TestClient:
    served.add("ann", "trader")
    served.login(client, "ann")
    return client


def test_a_client_gets_a_snapshot_and_then_what_happens(
    reader: TestClient, served: Served, engine: MemoryEngine
) -> None:
    with reader.websocket_connect("/ws") as socket:
        socket.send_json(SUBSCRIBE)
        snapshot = socket.receive_json()
        assert (snapshot["type"], snapshot["sequence"]) == ("snapshot", 0)
        assert snapshot["body"]["positions"] == engine.positions()
        ask(served.home, PlaceRequest(ORDER))
        update = socket.receive_json()
        assert (update["type"], update["sequence"]) == ("order", 1)


def test_market_prices_come_again_and_again(reader: TestClient, engine: MemoryEngine) -> None:
    with reader.websocket_connect("/ws") as socket:
        socket.send_json({"type": "subscribe", "channels": ["market"]})
        assert socket.receive_json()["type"] == "snapshot"
        for _ in range(2):
            update = socket.receive_json()
            assert update["body"]["market"][0]["bid"] == "59999.90"


def test_who_comes_back_gets_what_was_missed(
    reader: TestClient, served: Served, engine: MemoryEngine
) -> None:
    with reader.websocket_connect("/ws") as first:
        first.send_json(SUBSCRIBE)
        first.receive_json()
        for number in range(3):
            ask(served.home, PlaceRequest(msgspec.structs.replace(ORDER, order_id=f"j-p-{number}")))
            first.receive_json()
        with reader.websocket_connect("/ws") as second:
            second.send_json(SUBSCRIBE | {"since": 1})
            assert [second.receive_json()["sequence"] for _ in range(2)] == [2, 3]
        with reader.websocket_connect("/ws") as third:
            third.send_json(SUBSCRIBE | {"since": -5})
            assert third.receive_json()["type"] == "snapshot"


def test_without_a_login_there_is_no_stream(client: TestClient, engine: MemoryEngine) -> None:
    with pytest.raises(WebSocketDisconnect) as ended, client.websocket_connect("/ws"):
        pass
    assert ended.value.code == stream.NOT_ALLOWED


def test_updates_of_other_accounts_do_not_come(
    served: Served, client: TestClient, engine: MemoryEngine
) -> None:
    served.add("bob", "viewer", ("other",))
    served.login(client, "bob")
    with client.websocket_connect("/ws") as socket:
        socket.send_json(SUBSCRIBE)
        assert socket.receive_json()["body"]["positions"] == []
        ask(served.home, PlaceRequest(ORDER))
        ask(served.home, HaltRequest("all", "x", "ann"))
        publish(engine, "account", {"account": "paper"})
        publish(engine, "account", {"account": "other"})
        assert socket.receive_json()["body"] == {"account": "other"}


@pytest.mark.parametrize(
    "message",
    ["{", '{"type": "dance"}', '{"type": "subscribe", "channels": ["secrets"]}', "x" * 5_000],
)
def test_a_message_that_is_none_ends_the_connection_with_a_sentence(
    reader: TestClient, engine: MemoryEngine, message: str
) -> None:
    with reader.websocket_connect("/ws") as socket:
        socket.send_text(message)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == stream.WRONG
    assert ended.value.reason


def test_messagepack_for_who_asks_for_it(reader: TestClient, engine: MemoryEngine) -> None:
    with reader.websocket_connect("/ws?format=msgpack") as socket:
        socket.send_json({"type": "subscribe"})
        snapshot: dict[str, Any] = msgspec.msgpack.decode(socket.receive_bytes())
        assert snapshot["body"]["mode"] == "paper"
        socket.send_json({"type": "ping"})
        while (answer := msgspec.msgpack.decode(socket.receive_bytes()))["type"] != "pong":
            assert answer["type"] == "market"


def publish(engine: MemoryEngine, name: str, body: dict[str, object]) -> None:
    """Let the engine tell something, as its own thread would."""
    engine.tell(name, body)


def test_who_comes_back_while_much_happens_hears_each_update_once(
    reader: TestClient, engine: MemoryEngine
) -> None:
    """What is told meanwhile is among what was missed and among what waits: once it came twice."""
    engine.broadcast = Broadcast(queue_length_max=1_000)

    def tell(number: int) -> None:
        engine.events.append(Halted(0, "all", "x", "ann"))
        engine.tell("halt", {"number": number})

    with reader.websocket_connect("/ws") as first:
        first.send_json({"type": "subscribe", "channels": ["halt"]})
        first.receive_json()
        for number in range(3):
            tell(number)
            first.receive_json()
        with reader.websocket_connect("/ws") as second:
            second.send_json({"type": "subscribe", "channels": ["halt"], "since": 1})
            for number in range(3, 40):
                tell(number)
            heard = [second.receive_json()["body"]["number"] for _ in range(40)]
    assert heard == list(range(40))
