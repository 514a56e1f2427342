"""The stream under a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.process import GatewayProcess, claim_port

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
