"""Connections to a host: what is sent leaves at once, and no answer meets another request."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.net.loopback import free_port_that_is_closed, spoken
from tradewind.adapters.net import http_connections
from tradewind.adapters.net.http import Request, encoded_request
from tradewind.adapters.net.http_connections import CONNECTIONS_MAX, HttpConnections
from tradewind.adapters.net.outcome import NeverSent, NoAnswer
from tradewind.runtime.head_start import begin

ASK = b"GET / HTTP/1.1\r\n\r\n"
OKAY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


class Host:
    """Answers each request with the same bytes; `connections` and `requests` are counted."""

    def __init__(self, answer: bytes = OKAY, pause_s: float = 0.0) -> None:
        self.answer = answer
        self.pause_s = pause_s
        self.connections = self.requests = 0

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        while True:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            self.requests += 1
            await asyncio.sleep(self.pause_s)
            writer.write(self.answer)


async def ask(pool: HttpConnections, *, time_s: float = 5.0) -> bytes:
    return (await pool.send(ASK, time_s=time_s, connect_s=time_s / 2)).body


def test_a_connection_is_used_again() -> None:
    async def scenario() -> None:
        host = Host()
        async with spoken(host.speak) as address:
            pool = HttpConnections(f"http://{address}")
            assert [await ask(pool) for _ in range(3)] == [b"{}"] * 3
            await pool.close()
        assert (host.connections, host.requests) == (1, 3)

    run(scenario)


def test_a_request_leaves_before_its_sender_first_waits_and_needs_no_task() -> None:
    arrived: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OKAY)
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OKAY)

    async def scenario() -> None:
        async with spoken(speak) as address:
            pool = HttpConnections(f"http://{address}")
            await ask(pool)
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def outside_of_a_task() -> None:
                rest = begin(pool.send(b"GET /now HTTP/1.1\r\n\r\n", time_s=5.0, connect_s=2.0))
                assert rest is not None
                sent.append(rest)
                done.set_result(None)

            sent: list[Any] = []
            asyncio.get_running_loop().call_soon(outside_of_a_task)
            await done
            async with asyncio.timeout(5):
                while len(arrived) < 2:
                    await asyncio.sleep(0)
            assert (await sent[0]).body == b"{}"
            await pool.close()
        assert arrived[1].startswith(b"GET /now")

    run(scenario)


@pytest.mark.parametrize("tail", [b"x", OKAY])
def test_what_comes_behind_an_answer_meets_no_later_request(tail: bytes) -> None:
    """A doubled answer, behind one that was taken, ends the connection."""

    async def scenario() -> None:
        ended, taken = asyncio.Event(), asyncio.Event()

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OKAY)
            await taken.wait()
            writer.write(tail)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            ended.set()

        async with spoken(speak) as address:
            pool = HttpConnections(f"http://{address}")
            for _ in range(2):
                taken.clear()
                ended.clear()
                assert await ask(pool) == b"{}"
                taken.set()
                await asyncio.wait_for(ended.wait(), 5)
            await pool.close()

    run(scenario)


def test_an_answer_that_is_late_is_never_read_by_the_next_request() -> None:
    async def scenario() -> None:
        host = Host(pause_s=0.3)
        async with spoken(host.speak) as address:
            pool = HttpConnections(f"http://{address}")
            with pytest.raises(NoAnswer, match="no answer within"):
                await ask(pool, time_s=0.1)
            await ask(pool)
            await pool.close()
        assert host.connections == 2

    run(scenario)


def test_a_sender_that_is_called_off_takes_its_connection_along() -> None:
    async def scenario() -> None:
        host = Host(pause_s=0.2)
        async with spoken(host.speak) as address:
            pool = HttpConnections(f"http://{address}")
            task = asyncio.create_task(ask(pool))
            while not host.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await ask(pool)
            await pool.close()
        assert host.connections == 2

    run(scenario)


def test_beyond_the_bound_one_waits_for_a_free_connection_or_is_never_sent() -> None:
    async def scenario() -> None:
        host = Host(pause_s=0.4)
        async with spoken(host.speak) as address:
            pool = HttpConnections(f"http://{address}")
            asking = [asyncio.create_task(ask(pool)) for _ in range(CONNECTIONS_MAX)]
            while host.requests < CONNECTIONS_MAX:
                await asyncio.sleep(0.01)
            with pytest.raises(NeverSent, match="in time"):
                await ask(pool, time_s=0.1)
            assert await ask(pool, time_s=20.0) == b"{}"
            assert await asyncio.gather(*asking) == [b"{}"] * CONNECTIONS_MAX
            await pool.close()
        assert (host.connections, host.requests) == (CONNECTIONS_MAX, CONNECTIONS_MAX + 1)

    run(scenario)


def test_an_old_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connections, "KEEP_ALIVE_S", 0.0)

    async def scenario() -> None:
        host = Host()
        async with spoken(host.speak) as address:
            pool = HttpConnections(f"http://{address}")
            await ask(pool)
            await asyncio.sleep(0.01)
            await ask(pool)
            await pool.close()
        assert host.connections == 2

    run(scenario)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    host = Host()

    async def scenario() -> None:
        server = await asyncio.start_server(host.speak, "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            pool = HttpConnections(f"https://localhost:{port}")
            with pytest.raises(NeverSent, match="TLS"):
                await ask(pool)
            await pool.close()

    run(scenario)
    assert host.requests == 0


def test_nobody_there_means_never_sent() -> None:
    async def scenario() -> None:
        pool = HttpConnections(f"http://127.0.0.1:{free_port_that_is_closed()}")
        with pytest.raises(NeverSent, match="no connection"):
            await ask(pool)
        await pool.close()

    run(scenario)


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", target="/x\r\nX-Evil: 1"),
        Request(method="GET", target="/x y"),
        Request(method="GET", target="/x", headers={"X-KEY": "a\nb"}),
        Request(method="GET", target="/x", headers={"X-KEY": "ä"}),
    ],
)
def test_a_request_cannot_hold_another(request_: Request) -> None:
    with pytest.raises(NeverSent) as raised:
        encoded_request(request_, host="venue")
    assert not re.search("Evil|ä", str(raised.value))
