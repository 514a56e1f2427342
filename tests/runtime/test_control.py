"""The control socket: what it answers, and that no client can disturb the engine."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.model.messages import Halted, OrderIntended, Resumed
from tradewind.model.orders import OrderType, Side
from tradewind.runtime import control, control_client
from tradewind.runtime.control import ControlServer
from tradewind.runtime.control_client import EngineRefused
from tradewind.runtime.control_messages import (
    LINE_BYTES_MAX,
    AnyRequest,
    CancelRequest,
    HaltRequest,
    HealthRequest,
    MetricsRequest,
    OpenOrdersRequest,
    OrdersRequest,
    PlaceRequest,
    PositionsRequest,
    ResumeRequest,
    StatusRequest,
    encode_line,
)
from tradewind.runtime.halt_file import HALT_NAME
from tradewind.runtime.read_models import PositionRow, Update

ORDER = OrderIntended(0, "j-person-1", "person", "BTC/USDT.SIM", Side.BUY, 5, OrderType.LIMIT, 9)

PATIENCE_S = 60.0
"""A busy machine may keep a thread waiting for seconds: how long is not what is tested here."""

ask = partial(control_client.ask, deadline_s=PATIENCE_S)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(home: Path, engine: MemoryEngine, **bounds: float) -> AsyncIterator[None]:
    server = ControlServer(home, engine, **bounds)
    await server.start()
    try:
        yield
    finally:
        await server.close()


def converse(home: Path, engine: MemoryEngine, talk: Talk, **bounds: float) -> None:
    async def conversation() -> None:
        async with serving(home, engine, **bounds), asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(home / "control.sock")
            await talk(reader, writer)
            writer.close()

    asyncio.run(conversation())


async def answered(reader: asyncio.StreamReader) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await reader.readline())
    return found


def test_every_view_of_the_engine_is_answered(tmp_path: Path) -> None:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        assert ask(tmp_path, StatusRequest()) == engine.status()
        assert ask(tmp_path, OrdersRequest()) == []
        assert ask(tmp_path, PositionsRequest()) == engine.positions()
        assert ask(tmp_path, HealthRequest()) == {
            "ok": True,
            "reasons": [],
            "degraded": [],
            "venues": [],
        }
        assert ask(tmp_path, MetricsRequest())[1]["labels"] == {"account": "paper"}


def test_an_order_is_placed_and_canceled(tmp_path: Path) -> None:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        assert ask(tmp_path, PlaceRequest(ORDER)) == {"sequence": 1}
        assert [row["order_id"] for row in ask(tmp_path, OpenOrdersRequest())["orders"]] == [
            "j-person-1"
        ]
        ask(tmp_path, CancelRequest("j-person-1"))
        assert ask(tmp_path, OpenOrdersRequest())["orders"] == []
        assert [row["state"] for row in ask(tmp_path, OrdersRequest())] == ["CANCELED"]
    assert engine.events[0] == ORDER


def test_a_halt_reaches_the_engine_and_a_confirmed_resume_lifts_it(tmp_path: Path) -> None:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        ask(tmp_path, HaltRequest("strategy:cross", "odd fills", "ann"))
        ask(tmp_path, ResumeRequest("strategy:cross", "ann", "RESUME"))
    assert engine.events == [
        Halted(0, "strategy:cross", "odd fills", "ann"),
        Resumed(0, "strategy:cross", "ann"),
    ]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (ResumeRequest("all", "ann", "resume"), "type RESUME to confirm"),
        (HaltRequest("everything", "", "ann"), "'everything' is no scope"),
        (CancelRequest("j-person-9"), "there is no order j-person-9"),
    ],
)
def test_what_is_refused_is_refused_in_one_sentence(
    tmp_path: Path, request_: AnyRequest, sentence: str
) -> None:
    engine = MemoryEngine()
    with running(tmp_path, engine), pytest.raises(EngineRefused, match=sentence):
        ask(tmp_path, request_)
    assert engine.events == []


def test_resuming_all_removes_the_halt_file_and_resuming_less_does_not(tmp_path: Path) -> None:
    file = tmp_path / HALT_NAME
    file.touch()
    with running(tmp_path, MemoryEngine()):
        ask(tmp_path, ResumeRequest("account:paper", "ann", "RESUME"))
        assert file.exists()
        ask(tmp_path, ResumeRequest("all", "ann", "RESUME"))
        assert not file.exists()


def test_a_halt_file_that_cannot_be_removed_keeps_the_halt(tmp_path: Path) -> None:
    (tmp_path / HALT_NAME).mkdir()
    engine = MemoryEngine()
    with running(tmp_path, engine), pytest.raises(EngineRefused, match="cannot be removed"):
        ask(tmp_path, ResumeRequest("all", "ann", "RESUME"))
    assert engine.events == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{", "the request is wrong: Input data was truncated"),
        (b"", "the request is wrong: Input data was truncated"),
        (b"[]", "the request is wrong: Expected `object`, got `array`"),
        (b'{"request":"dance"}', "the request is wrong: Invalid value 'dance'"),
        (b'{"request":"halt"}', "the request is wrong: Object missing required field `scope`"),
        (b'{"request":"status","x":1}', "the request is wrong: Object contains unknown field"),
        (b'{"request":"\xff"}', "the request is wrong: "),
        (b"[" * 60_000, "the request is wrong: "),
    ],
)
def test_a_wrong_request_gets_one_sentence_and_the_next_is_answered(
    tmp_path: Path, line: bytes, sentence: str
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line + b"\n")
        refusal = await answered(reader)
        assert (refusal["ok"], refusal["error"].startswith(sentence)) == (False, True), refusal
        writer.write(b'{"request":"health"}\n')
        assert (await answered(reader))["ok"]

    converse(tmp_path, MemoryEngine(), talk)


def test_a_line_at_the_limit_is_read_and_one_past_it_ends_the_connection(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = b'{"request":"health"}'
        writer.write(request + b" " * (LINE_BYTES_MAX - len(request)) + b"\n")
        assert (await answered(reader))["ok"]
        writer.write(request + b" " * (LINE_BYTES_MAX - len(request) + 1) + b"\n")
        assert (await answered(reader))["error"] == "the request is longer than 65536 bytes"
        assert await reader.read() == b""

    converse(tmp_path, MemoryEngine(), talk)


def test_a_client_that_hangs_up_in_the_middle_of_a_request_is_told(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request"')
        writer.write_eof()
        assert (await answered(reader))["error"] == "the request does not end with a newline"

    converse(tmp_path, MemoryEngine(), talk)


def test_a_silent_client_is_told_and_closed(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        assert (await answered(reader))["error"] == "nothing was asked in 0.05 s: good bye"
        assert await reader.read() == b""

    converse(tmp_path, MemoryEngine(), talk, silence_s=0.05)


def test_one_connection_more_than_allowed_is_told_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "CONNECTIONS_MAX", 2)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        second = await asyncio.open_unix_connection(tmp_path / "control.sock")
        for stream in ((reader, writer), second):
            stream[1].write(b'{"request":"health"}\n')
            assert (await answered(stream[0]))["ok"]
        third = await asyncio.open_unix_connection(tmp_path / "control.sock")
        assert (await answered(third[0]))["error"] == "2 connections are open: wait"
        third[1].close()
        second[1].close()

    converse(tmp_path, MemoryEngine(), talk)


def test_a_connection_that_the_system_has_no_room_for_is_served_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ACCEPT_PAUSE_S", 0.02)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    complaints: list[object] = []

    async def asked() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        async with serving(tmp_path, MemoryEngine()), asyncio.timeout(PATIENCE_S):
            with socket.socket(socket.AF_UNIX) as client:
                client.setblocking(False)
                lowest_free = os.dup(client.fileno())
                os.close(lowest_free)
                resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
                try:
                    client.connect(str(tmp_path / "control.sock"))
                    client.send(b'{"request":"health"}\n')
                    await asyncio.sleep(0.1)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                answer = await asyncio.get_running_loop().sock_recv(client, 1000)
                assert json.loads(answer)["ok"]

    asyncio.run(asked())
    assert complaints == []


def test_closing_does_not_wait_for_a_client_that_does_not_read(tmp_path: Path) -> None:
    class RichEngine(MemoryEngine):
        def positions(self) -> list[PositionRow]:
            return super().positions() * 50_000

    async def closed() -> None:
        with socket.socket(socket.AF_UNIX) as client:
            async with serving(tmp_path, RichEngine()):
                client.connect(str(tmp_path / "control.sock"))
                client.send(b'{"request":"positions"}\n')
                await asyncio.sleep(0.2)
            gc.collect()
            while client.recv(1 << 20):
                pass

    with contextlib.suppress(ConnectionResetError):
        asyncio.run(closed())


def test_a_subscriber_reads_every_update(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request":"subscribe"}\n')
        assert (await answered(reader))["ok"]
        engine.broadcast.publish(Update("fill", 3, {"order_id": "j-cross-1"}))
        assert await answered(reader) == {
            "name": "fill",
            "sequence": 3,
            "body": {"order_id": "j-cross-1"},
        }

    converse(tmp_path, engine, talk)


def test_a_subscriber_that_hangs_up_is_forgotten(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request":"subscribe"}\n')
        await answered(reader)
        writer.close()
        while engine.broadcast.subscriber_count:
            await asyncio.sleep(0.01)

    converse(tmp_path, engine, talk)


def test_a_subscriber_that_would_miss_an_order_is_closed_with_the_reason(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request":"subscribe"}\n')
        await answered(reader)
        for sequence in range(5):
            engine.broadcast.publish(Update("order", sequence, {}))
        assert [(await answered(reader))["sequence"] for _ in range(4)] == [0, 1, 2, 3]
        assert (await answered(reader))["error"] == "too slow: more than 4 updates were waiting"

    converse(tmp_path, engine, talk)


def test_a_subscriber_that_does_not_read_is_closed(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request":"subscribe"}\n')
        await answered(reader)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        big = {"text": "x" * 1_000_000}
        for sequence in range(3):
            engine.broadcast.publish(Update("order", sequence, dict(big)))
            await asyncio.sleep(0)
        while engine.broadcast.subscriber_count:
            await asyncio.sleep(0.01)

    converse(tmp_path, engine, talk, write_deadline_s=0.05)


def test_what_was_submitted_is_not_given_up_when_the_server_closes(tmp_path: Path) -> None:
    class SlowEngine(MemoryEngine):
        async def submit(self, event: control.Submission) -> int:
            began.set()
            await may_end.wait()
            return await super().submit(event)

    engine = SlowEngine()
    began, may_end = asyncio.Event(), asyncio.Event()

    async def close_in_between() -> None:
        async with serving(tmp_path, engine), asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_unix_connection(tmp_path / "control.sock")
            writer.write(encode_line(HaltRequest("all", "odd fills", "ann")))
            await began.wait()
        writer.close()
        may_end.set()
        async with asyncio.timeout(PATIENCE_S):
            while not engine.events:
                await asyncio.sleep(0.01)

    asyncio.run(close_in_between())
    assert len(engine.events) == 1


def test_every_request_has_an_answer() -> None:
    server = ControlServer(Path(), MemoryEngine())
    asked = set(AnyRequest.__args__) - {control.SubscribeRequest, control.MarketRequest}
    assert set(server._handlers) == asked


def test_every_request_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations" / "running.md").read_text()
    tags = [request.__struct_config__.tag for request in AnyRequest.__args__]
    assert [tag for tag in tags if f"`{tag}`" not in text] == []
