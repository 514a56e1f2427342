"""The door: over real sockets, who is refused there, what is said, and what goes the whole way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway.door_protocol import DoorProtocol

GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = (
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4\r\n\r\n"
)
PATIENCE_S = 30


class Answer:
    """Status, headers by their names, and body."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode().splitlines()
        self.status = int(lines[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.body = body


class Caller:
    """One connection to a server whose application counts what reaches it."""

    def __init__(self, served: Served) -> None:
        self.reached = 0
        self.limit = 100
        self._served = served
        front = served.app.front

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.reached += 1
            await front(scope, receive, send)

        served.app.front = counted

    def run(self, scenario: Callable[[Caller], Awaitable[None]]) -> None:
        asyncio.run(self._run(scenario))

    async def _run(self, scenario: Callable[[Caller], Awaitable[None]]) -> None:
        settings = uvicorn.Config(
            self._served.app, http=DoorProtocol, ws="none", limit_concurrency=self.limit,
            access_log=False,
        )  # fmt: skip
        settings.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: DoorProtocol(settings, state, {}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        try:
            async with asyncio.timeout(PATIENCE_S):
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
                await scenario(self)
        finally:
            self.writer.close()
            for connection in list(state.connections):
                connection.shutdown()
            server.close()
            await self._served.services.engine.close()
            await asyncio.sleep(0)  # So that what is closed can end.
            await asyncio.sleep(0)

    async def ask(self, raw: bytes) -> Answer:
        self.writer.write(raw)
        return await self.answer()

    async def answer(self) -> Answer:
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = Answer(head, b"")
        found.body = await self.reader.readexactly(int(found.headers["content-length"]))
        return found


@pytest.fixture
def caller(tmp_path: Path, engine: MemoryEngine) -> Caller:
    """Ten a minute, one at once; its clock stands."""
    return Caller(Served(tmp_path, engine, requests_per_minute=10))


def test_who_was_refused_is_refused_at_the_door_with_the_same_words(
    caller: Caller, tmp_path: Path
) -> None:
    async def scenario(caller: Caller) -> None:
        assert (await caller.ask(GET)).status == 200
        guards, doors = await caller.ask(GET), await caller.ask(GET)
        assert caller.reached == 2
        assert (guards.status, doors.status) == (429, 429)
        assert doors.body == guards.body
        assert doors.headers == guards.headers
        assert doors.headers["retry-after"] == "6"

    caller.run(scenario)


def test_a_refused_address_comes_in_again_when_its_time_is_there(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, requests_per_minute=10)

    async def scenario(caller: Caller) -> None:
        statuses = [(await caller.ask(GET)).status for _ in range(3)]
        assert statuses == [200, 429, 429]
        served.now_ns += 6 * 10**9 - 1
        assert (await caller.ask(GET)).status == 429
        assert caller.reached == 2
        served.now_ns += 1
        assert (await caller.ask(GET)).status == 200

    Caller(served).run(scenario)


def test_a_body_that_comes_behind_its_refusal_is_thrown_away(caller: Caller) -> None:
    async def scenario(caller: Caller) -> None:
        for _ in range(2):
            await caller.ask(GET)
        assert (await caller.ask(POST)).status == 429
        caller.writer.write(b"{}{}")
        assert (await caller.ask(GET)).status == 429
        assert caller.reached == 2
        caller.writer.write(GET + POST + b"{}{}" + GET)
        assert [(await caller.answer()).status for _ in range(3)] == [429] * 3

    caller.run(scenario)


@pytest.mark.parametrize(
    "raw",
    [
        GET.replace(b"GET", b"HEAD"),
        GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
    ],
)
def test_what_is_not_plain_goes_the_whole_way_and_is_refused_there(
    caller: Caller, raw: bytes
) -> None:
    async def scenario(caller: Caller) -> None:
        for _ in range(2):
            await caller.ask(GET)
        caller.writer.write(raw)
        assert b" 429 " in await caller.reader.readline()
        assert caller.reached == 3

    caller.run(scenario)


@pytest.mark.parametrize("options", [{"allowed_origins": ("https://desk.example.com",)}, {
    "trusted_proxies": ("127.0.0.1",)
}])  # fmt: skip
def test_where_the_answer_depends_on_more_the_door_refuses_nobody(
    tmp_path: Path, engine: MemoryEngine, options: dict[str, tuple[str, ...]]
) -> None:
    async def scenario(caller: Caller) -> None:
        assert [(await caller.ask(GET)).status for _ in range(4)] == [200, 429, 429, 429]
        assert caller.reached == 4

    Caller(Served(tmp_path, engine, requests_per_minute=10, **options)).run(scenario)


def test_a_worker_without_a_place_says_so_in_the_shape_of_every_error(caller: Caller) -> None:
    caller.limit = 1

    async def scenario(caller: Caller) -> None:
        found = await caller.ask(GET)
        assert (found.status, found.headers["content-type"]) == (503, "application/problem+json")
        assert "as many connections as it can hold" in json.loads(found.body)["detail"]
        assert found.headers["retry-after"] == "1"
        assert await caller.reader.read() == b""
        assert caller.reached == 0

    caller.run(scenario)


def test_refusals_at_the_door_are_counted_and_written_down(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, requests_per_minute=10, keeps_access_log=True)

    async def scenario(caller: Caller) -> None:
        for _ in range(4):
            await caller.ask(GET.replace(b"/health", b"/health?secret=1"))
        assert caller.reached == 2

    Caller(served).run(scenario)
    told = served.services.metrics.exposition().decode()
    assert 'http_requests_total{method="GET",path="none",status="429"} 3.0' in told
    lines = (tmp_path / "access.log").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == [200, 429, 429, 429]
    assert "secret" not in "".join(lines)
