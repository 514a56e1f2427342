"""The stream under a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.process import LOG_NAME, GatewayProcess, claim_port
from tradewind.runtime.broadcast import Broadcast

PATIENCE_S = 30


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, claim_port(0))
    process.start(0.0)
    yield process
    process.stop()


def test_a_stream_over_a_real_socket_ends_with_a_reason_when_the_engine_goes(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    address = f"ws://127.0.0.1:{gateway.port}/ws"
    engine = running(tmp_path, MemoryEngine())
    engine.__enter__()
    with connect(address, open_timeout=PATIENCE_S) as socket:
        socket.send(json.dumps({"type": "subscribe"}))
        assert json.loads(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
        engine.__exit__(None, None, None)
        with suppress(ConnectionClosed):
            while True:
                socket.recv(timeout=PATIENCE_S)
    assert (socket.close_code, "interrupted" in (socket.close_reason or "")) == (1001, True)


def test_updates_of_all_sizes_come_whole_and_in_both_forms_over_a_real_socket(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    """Frames are made by us there: each form of their length is read by another library."""
    engine = MemoryEngine()
    sizes = [1, 60, 100, 130, 5_000, 65_000, 70_000]
    address = f"ws://127.0.0.1:{gateway.port}/ws"
    with running(tmp_path, engine), ExitStack() as stack:
        sockets = []
        for form in ("", "?format=msgpack"):
            opened = connect(address + form, open_timeout=PATIENCE_S, max_size=1 << 20)
            socket = stack.enter_context(opened)
            socket.send(json.dumps({"type": "subscribe", "channels": ["alert", "halt"]}))
            assert decoded(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
            assert "permessage-deflate" not in str(socket.response and socket.response.headers)
            sockets.append(socket)
        for size in sizes:
            engine.tell("halt", {"reason": "x" * size})
            for socket in sockets:
                told = decoded(socket.recv(timeout=PATIENCE_S))
                assert (told["type"], len(told["body"]["reason"])) == ("halt", size)


def test_a_client_that_does_not_read_is_closed_and_the_others_hear_all(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    engine = MemoryEngine()
    engine.broadcast = Broadcast(queue_length_max=10_000)
    address = f"ws://127.0.0.1:{gateway.port}/ws"
    wanted = json.dumps({"type": "subscribe", "channels": ["halt"]})
    with (
        running(tmp_path, engine),
        connect(address, open_timeout=PATIENCE_S, max_queue=1) as deaf,
        connect(address, open_timeout=PATIENCE_S) as hearing,
    ):
        for socket in (deaf, hearing):
            socket.send(wanted)
            assert decoded(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
        for number in range(3_000):
            engine.tell("halt", {"reason": "x" * 5_000, "number": number})
            assert decoded(hearing.recv(timeout=PATIENCE_S))["body"]["number"] == number
        with suppress(ConnectionClosed):
            while True:
                deaf.recv(timeout=PATIENCE_S)
        assert deaf.close_code in (4408, 1006)


def test_clients_that_go_away_in_the_middle_leave_no_trace_in_the_log(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    engine = MemoryEngine()
    engine.broadcast = Broadcast(queue_length_max=10_000)
    address = f"ws://127.0.0.1:{gateway.port}/ws"
    with running(tmp_path, engine):
        for number in range(5):
            with connect(address, open_timeout=PATIENCE_S) as socket:
                socket.send(json.dumps({"type": "subscribe", "channels": ["halt"]}))
                assert decoded(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
                socket.socket.shutdown(SHUT_RDWR)
            for _ in range(20):
                engine.tell("halt", {"reason": "x" * 1_000, "number": number})
        with connect(address, open_timeout=PATIENCE_S) as socket:
            socket.send(json.dumps({"type": "subscribe", "channels": ["halt"]}))
            assert decoded(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
    assert "Traceback" not in (tmp_path / LOG_NAME).read_text()


def decoded(message: str | bytes) -> dict[str, Any]:
    found: dict[str, Any] = (
        msgspec.msgpack.decode(message) if isinstance(message, bytes) else json.loads(message)
    )
    return found
