"""Many lean listeners of a stream as one process: they read frames and when each was published.

A client library would cost more than the server that is measured on the same machine: these parse
the head of a frame and look for one number in its text.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any, cast

import uvloop

NAME = b'"published_ns":'
REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MASK = bytes(4)
"""A mask of zeros is one too."""
CLOSE, PING = 8, 9
START_S = 60.0


class Listener(asyncio.Protocol):
    """One client; a stalled one stops to read behind its subscription."""

    def __init__(self, found: Found, wanted: bytes, *, stalls: bool) -> None:
        self.found = found
        self.wanted = wanted
        self.stalls = stalls
        self.buffer = b""
        self.is_open = False
        self.is_upgraded = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(REQUEST)

    def connection_lost(self, _: Exception | None) -> None:
        self.is_open = False

    def data_received(self, data: bytes) -> None:
        now_ns = time.time_ns()
        data = self.buffer + data if self.buffer else data
        if not self.is_upgraded:
            head, _, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101"), head
            self.is_upgraded = self.is_open = True
            self.say(0x81, self.wanted)
            if self.stalls and self.transport is not None:
                self.transport.pause_reading()
        place, end = 0, len(data)
        while end - place >= 2:
            length, start = data[place + 1], place + 2
            if length == 126:
                length, start = int.from_bytes(data[place + 2 : place + 4]), place + 4
            elif length == 127:
                length, start = int.from_bytes(data[place + 2 : place + 10]), place + 10
            if end < start + length:
                break
            self.hear(data[place] & 15, data, start, start + length, now_ns)
            place = start + length
        self.buffer = data[place:]

    def hear(self, code: int, data: bytes, start: int, end: int, now_ns: int) -> None:
        if code == PING:
            self.say(0x8A, data[start:end])
        elif code == CLOSE:
            self.found.closed.append(data[start:end].decode(errors="replace"))
            self.is_open = False
        at = data.find(NAME, start, end)
        if at >= 0:
            at += len(NAME)
            self.found.late_ns.append(now_ns - int(data[at : at + 19]))

    def say(self, first: int, payload: bytes) -> None:
        assert self.transport is not None, "it is connected"
        self.transport.write(bytes((first, 0x80 | len(payload))) + MASK + payload)


class Found:
    """What all listeners of the process heard."""

    def __init__(self) -> None:
        self.late_ns: list[int] = []
        self.closed: list[str] = []


async def listen(port: int, clients: int, stalled: int) -> None:
    """Listen until standard input says that it is enough, and print what was heard."""
    found, listeners = Found(), []
    loop = asyncio.get_running_loop()
    wanted = json.dumps({"type": "subscribe", "channels": ["order"]}).encode()
    for number in range(clients + stalled):
        listener = Listener(found, wanted, stalls=number >= clients)
        await loop.create_connection(lambda one=listener: one, "127.0.0.1", port)
        listeners.append(listener)
    ends = time.monotonic() + START_S
    while not all(listener.is_upgraded for listener in listeners):
        assert time.monotonic() < ends, "not every client was let in"
        await asyncio.sleep(0.05)
    await asyncio.sleep(2.0)
    print("ready", flush=True)
    started, spent = time.perf_counter(), time.process_time()
    await loop.run_in_executor(None, sys.stdin.readline)
    share = (time.process_time() - spent) / (time.perf_counter() - started)
    connected = sum(listener.is_open for listener in listeners[:clients])
    late = sorted(found.late_ns)
    print(
        json.dumps(
            {
                "heard": len(late),
                "connected": connected,
                "closed": found.closed[:3],
                "p50_ms": late[len(late) // 2] / 1e6 if late else 0.0,
                "p99_ms": late[int(len(late) * 0.99)] / 1e6 if late else 0.0,
                "max_ms": late[-1] / 1e6 if late else 0.0,
                "core_share": share,
            }
        ),
        flush=True,
    )


async def started(port: int, clients: int, stalled: int) -> asyncio.subprocess.Process:
    """A process of listeners that have all subscribed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(port), str(clients), str(stalled),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 2 * START_S)
    assert line == b"ready\n", line
    return process


async def heard(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What they heard until now."""
    out, _ = await process.communicate(b"end\n")
    found: dict[str, Any] = json.loads(out)
    return found


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(listen(*map(int, sys.argv[1:4])))
