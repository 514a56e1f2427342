"""The WebSocket client against venues that fall silent, drop, or flood."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from tests.adapters.net.loopback import RealClock, no_chance, served, spoken
from tradewind.adapters.net.outcome import NeverSent
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import (
    CONNECTIONS_MAX,
    RECONNECT_LEAST_S,
    RECONNECT_MOST_S,
    Connection,
    Socket,
    SocketSettings,
)

Serve = Callable[[web.WebSocketResponse, int], Coroutine[Any, Any, None]]


class Listener:
    """Subscribes on each connection and keeps what it is handed."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.stamps: list[int] = []
        self.reasons: list[str] = []
        self.connections: list[Connection] = []
        self.changed = asyncio.Event()

    async def opened(self, connection: Connection) -> None:
        self.connections.append(connection)
        await connection.send(b"subscribe")

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        self.frames += frames
        self.stamps.append(received_time_ns)
        self.changed.set()

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)
        self.changed.set()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not reached():
                self.changed.clear()
                await self.changed.wait()


def venue(serve: Serve) -> Callable[[web.Request], Coroutine[Any, Any, web.WebSocketResponse]]:
    count = 0

    async def handler(request: web.Request) -> web.WebSocketResponse:
        nonlocal count
        count += 1
        number = count
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        await serve(ws, number)
        return ws

    return handler


async def listen(
    address: str, listener: Listener, reached: Callable[[], bool], **given: Any
) -> Any:
    """Run a socket until something is reached; gives its last state."""
    session = Session()
    settings = SocketSettings(name="market", url=f"ws://{address}/ws?key=canary", **given)
    socket = Socket(settings, session, listener, clock=RealClock(), chance=no_chance)
    task = asyncio.create_task(socket.run())
    waiting = asyncio.create_task(listener.until(reached))
    try:
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        await waiting
        return socket.state
    finally:
        for each in (task, waiting):
            each.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
        await session.close()


def test_it_subscribes_again_after_a_drop_and_loses_no_last_frame() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        assert (await ws.receive()).data == "subscribe"
        await ws.send_str(f"one {number}")
        await ws.send_str(f"two {number}")
        await ws.close()

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            await listen(address, listener, lambda: len(listener.frames) >= 4)
        assert listener.frames[:4] == [b"one 1", b"two 1", b"one 2", b"two 2"]
        assert "closed it" in listener.reasons[0]

    asyncio.run(scenario())


def test_frames_that_come_with_the_end_of_a_connection_are_handed_over() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The upgrade is answered; then a report and the close arrive in one piece."""
        writer.write(_upgrade(await reader.readuntil(b"\r\n\r\n")))
        await reader.read(100)
        writer.write(b"\x81\x04fill" + b"\x88\x02\x03\xe8")
        await writer.drain()
        await asyncio.sleep(60)

    async def scenario() -> None:
        listener = Listener()
        async with spoken(speak) as address:
            await listen(address, listener, lambda: bool(listener.reasons))
        assert listener.frames[:1] == [b"fill"]

    asyncio.run(scenario())


def test_a_silent_connection_is_pinged_then_given_up() -> None:
    pings: list[int] = []

    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        async for message in ws:
            if message.type is WSMsgType.PING:
                pings.append(number)  # and no pong

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            await listen(
                address, listener, lambda: len(listener.reasons) >= 1, ping_s=0.1, silence_s=0.4
            )
        assert pings[:1] == [1]
        assert "silent for 0.4 s" in listener.reasons[0]

    asyncio.run(scenario())


def test_pongs_keep_a_quiet_connection_unless_data_was_promised() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        async for message in ws:
            if message.type is WSMsgType.PING:
                await ws.pong(message.data)

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            await listen(
                address,
                listener,
                lambda: len(listener.reasons) >= 1,
                ping_s=0.1,
                silence_s=0.4,
                data_silence_s=1.0,
            )
        assert "no data for 1 s" in listener.reasons[0]
        assert len(listener.connections) == 1

    asyncio.run(scenario())


def test_a_ping_of_the_venue_is_answered_with_its_payload() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        await ws.receive()
        await ws.ping(b"1723161255343")
        message = await ws.receive()
        await ws.send_bytes(message.data)
        await ws.receive()

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            await listen(address, listener, lambda: bool(listener.frames))
        assert listener.frames == [b"1723161255343"]

    asyncio.run(scenario())


def test_a_half_open_connection_is_given_up() -> None:
    """The other side is gone without a word: the system takes our bytes, nothing comes back."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(_upgrade(head))
        await writer.drain()
        await asyncio.sleep(60)

    async def scenario() -> None:
        listener = Listener()
        async with spoken(speak) as address:
            await listen(
                address, listener, lambda: len(listener.reasons) >= 2, ping_s=0.1, silence_s=0.3
            )
        assert ["silent" in reason for reason in listener.reasons[:2]] == [True, True]

    asyncio.run(scenario())


def test_a_connection_is_made_anew_before_the_venue_ends_it() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        async for _ in ws:
            pass

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            await listen(
                address, listener, lambda: len(listener.reasons) >= 1, ping_s=0.2, life_s=0.2
            )
        assert "made anew" in listener.reasons[0]

    asyncio.run(scenario())


def test_a_burst_comes_in_few_batches_with_one_stamp_each() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        for i in range(5_000):
            await ws.send_str(f"{i}")
        await ws.receive()
        await ws.receive()

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            state = await listen(address, listener, lambda: len(listener.frames) >= 5_000)
        assert listener.frames == [b"%d" % i for i in range(5_000)]
        assert len(listener.stamps) < 2_500
        assert listener.stamps == sorted(listener.stamps)
        assert state.frames == 5_000

    asyncio.run(scenario())


def test_a_refused_handshake_is_named_without_the_query() -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=403)

    async def scenario() -> None:
        listener = Listener()
        async with served(refuse) as address:
            await listen(address, listener, lambda: len(listener.reasons) >= 2)
        assert listener.reasons[0] == "market: the venue refused the connection (403)"

    asyncio.run(scenario())


def test_sending_is_paced_and_refused_once_the_connection_is_closed() -> None:
    times: list[float] = []

    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await ws.receive()
            times.append(loop.time())
        await ws.send_str("done")
        await ws.receive()

    class Eager(Listener):
        async def opened(self, connection: Connection) -> None:
            self.connections.append(connection)
            for _ in range(3):
                await connection.send(b"subscribe")

    async def scenario() -> None:
        listener = Eager()
        async with served(venue(serve)) as address:
            await listen(address, listener, lambda: bool(listener.frames), sends_per_s_max=2)
        assert times[2] - times[0] >= 0.9
        assert times[1] - times[0] < 0.5
        with pytest.raises(NeverSent):
            await listener.connections[0].send(b"late")

    asyncio.run(scenario())


def test_a_user_that_fails_ends_the_run_with_its_own_error() -> None:
    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        await ws.send_str("x")
        await ws.receive()
        await ws.receive()

    class Broken(Listener):
        def take(self, frames: list[bytes], received_time_ns: int) -> None:
            raise KeyError("ours")

    async def scenario() -> None:
        listener = Broken()
        async with served(venue(serve)) as address:
            with pytest.raises(KeyError):
                await listen(address, listener, lambda: False)

    asyncio.run(scenario())


def _upgrade(head: bytes) -> bytes:
    """The answer that makes a request a WebSocket."""
    import base64
    import hashlib

    lines = {
        key.lower(): value for key, _, value in (x.partition(b": ") for x in head.split(b"\r\n"))
    }
    seed = lines[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(seed).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def test_who_is_cut_again_and_again_comes_back_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten cuts in a row would wait ten seconds in all, were each one a venue that is away."""
    monkeypatch.setattr("tradewind.adapters.net.socket.RECONNECT_LEAST_S", 0.01)
    monkeypatch.setattr("tradewind.adapters.net.socket.RECONNECT_MOST_S", 30.0)

    async def serve(ws: web.WebSocketResponse, number: int) -> None:
        await ws.receive()
        await ws.send_str(f"{number}")
        await ws.close()

    async def scenario() -> None:
        listener = Listener()
        async with served(venue(serve)) as address:
            monkeypatch.setattr("tests.adapters.net.test_socket.no_chance", lambda: 1.0)
            async with asyncio.timeout(8):
                await listen(address, listener, lambda: len(listener.frames) >= 12)

    asyncio.run(scenario())


def test_connections_that_are_made_too_often_wait_the_longest_time() -> None:
    settings = SocketSettings(name="market", url="ws://127.0.0.1")
    socket = Socket(settings, None, Listener(), clock=RealClock(), chance=no_chance)  # type: ignore[arg-type]
    pauses = [socket._pause_s(float(second)) for second in range(CONNECTIONS_MAX)]
    assert set(pauses[:-1]) == {RECONNECT_LEAST_S}
    assert pauses[-1] == RECONNECT_MOST_S
