"""The stream of the gateway: many clients, each update from the engine's journal to every client.

The engine's end is a control socket that publishes updates at a steady rate; ten more clients never
read. Latency counts from the publication to a client that has decoded it. Run by itself on an idle
machine: `benchmarks/gateway_stream.py`; `--short` is a look.

What limits it: not profiled. By reading, each update is packed anew for every client, and one
process sends to all of them; packing once for each format was not tried.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import websockets
from _measure import IS_SHORT, report
from websockets.asyncio.client import ClientConnection, connect

from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.runtime.broadcast import Broadcast, Subscription
from tradewind.runtime.control import ControlServer
from tradewind.runtime.read_models import Health, Listing, Update

CLIENTS, RATE, SECONDS = (20, 50, 3) if IS_SHORT else (200, 100, 10)
STALLED = 2 if IS_SHORT else 10
MANY, SLOW_RATE = (100, 5) if IS_SHORT else (1_000, 5)
LATENCY_MS_MAX = 100.0
TARGET = 0.5
PATIENCE_S = 60.0


class Source:
    """The engine's end: a status, and updates that say when they were published."""

    def __init__(self) -> None:
        self.broadcast = Broadcast(queue_length_max=100_000)
        self.sequence = 0

    def status(self) -> dict[str, Any]:
        return {
            "version": "", "mode": "paper", "sequence": self.sequence, "time_ns": 0,
            "uptime_s": 0, "market": [], "orders": [], "positions": [], "accounts": [],
            "strategies": [], "venues": [], "differences": [], "halts": [], "counts": {},
            "health": self.health(),
        }  # fmt: skip

    def orders(self) -> list[Any]:
        return []

    open_orders = positions = metrics = orders

    async def submit(self, event: Any) -> int:
        return self.sequence

    def instruments(self) -> Listing:
        return Listing("j0", [], {"person": "paper"})

    def health(self) -> Health:
        return {"ok": True, "reasons": [], "degraded": [], "venues": []}

    def subscribe(self) -> Subscription:
        return self.broadcast.subscribe()

    def publish(self) -> None:
        self.sequence += 1
        body = {
            "order_id": "j0-person-1", "strategy": "person", "state": "NEW",
            "quantity": "0.10", "published_ns": time.time_ns(),
        }  # fmt: skip
        self.broadcast.publish(Update("order", self.sequence, body))


def main() -> int:
    """Measure and print."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8_192, 8_192))
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


async def measure(home: Path) -> int:
    source = Source()
    server = ControlServer(home, source)  # type: ignore[arg-type]
    await server.start()
    gateway = GatewayProcess(home, claim_port(0))
    gateway.start(time.monotonic())
    try:
        while not gateway.workers[0].is_ready:
            await asyncio.sleep(0.05)
        busy = await listened(source, gateway.port, clients=CLIENTS, rate=RATE, stalled=STALLED)
        memory_mb = resident_mb(gateway.workers[0].pid)
        many = await listened(source, gateway.port, clients=MANY, rate=SLOW_RATE, stalled=0)
    finally:
        gateway.stop()
        await server.close()
    return report(
        f"stream: {CLIENTS} clients at {RATE} messages/s", busy["rate"], "messages/s",
        floor=CLIENTS * RATE, ratio=busy["rate"] / (CLIENTS * RATE), target=TARGET,
        p50_ms=busy["p50_ms"], p99_ms=busy["p99_ms"], memory_mb=memory_mb, many_clients=MANY,
        many_connected=many["connected"], many_p99_ms=many["p99_ms"],
    )  # fmt: skip


async def listened(
    source: Source, port: int, *, clients: int, rate: int, stalled: int
) -> dict[str, float]:
    """Let clients in other processes listen; what they heard and how late."""
    processes = 2
    listeners = [
        await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--listen", str(port), str(clients // processes),
            str(stalled // processes), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for listener in listeners:
        assert listener.stdout is not None
        await asyncio.wait_for(listener.stdout.readline(), PATIENCE_S)
    started = time.monotonic()
    for number in range(rate * SECONDS):
        source.publish()
        await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
    await asyncio.sleep(1.0)
    found: list[dict[str, Any]] = []
    for listener in listeners:
        out, _ = await listener.communicate(b"end\n")
        found.append(json.loads(out))
    late = sorted(latency for each in found for latency in each["late_ms"])
    return {
        "rate": len(late) / SECONDS,
        "connected": sum(each["connected"] for each in found),
        "p50_ms": late[len(late) // 2] if late else 0.0,
        "p99_ms": late[int(len(late) * 0.99)] if late else 0.0,
    }


async def listen(port: int, clients: int, stalled: int) -> None:
    """Be so many clients until standard input says it is enough."""
    late_ms: list[float] = []
    address = f"ws://127.0.0.1:{port}/ws"
    wanted = json.dumps({"type": "subscribe", "channels": ["order"]})
    sockets = [
        await connect(address, max_queue=16 if number < clients else 1, open_timeout=60)
        for number in range(clients + stalled)
    ]

    async def hear(socket: ClientConnection) -> None:
        await socket.send(wanted)
        async for message in socket:
            published_ns = json.loads(message).get("body", {}).get("published_ns")
            if published_ns is not None:
                late_ms.append((time.time_ns() - published_ns) / 1e6)

    for socket in sockets[clients:]:
        await socket.send(wanted)  # And never read.
    tasks = [asyncio.create_task(hear(socket)) for socket in sockets[:clients]]
    await asyncio.sleep(2.0)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    connected = sum(s.state is websockets.State.OPEN for s in sockets[:clients])
    for task in tasks:
        task.cancel()
    print(json.dumps({"late_ms": late_ms, "connected": connected}), flush=True)
    for socket in sockets:
        socket.transport.abort()


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    if "--listen" in sys.argv:
        asyncio.run(listen(*map(int, sys.argv[2:5])))
    else:
        sys.exit(main())
