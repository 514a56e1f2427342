"""The stream of the gateway: many clients, each update from the engine's journal to every client.

The engine's end is a control socket that publishes updates at a steady rate; ten more clients never
read. Latency counts from the publication to a client that has its frame. Run by itself on an idle
machine; `--long` listens for ten minutes.

What limits it: a write to the system for each client and 20 ms of updates, a seventh of a core at
10,000 a second; the listeners, which share the machine, take as much again.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import IS_SHORT, report
from _ws_listeners import heard, started

from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.runtime.broadcast import Broadcast, Subscription
from tradewind.runtime.control import ControlServer
from tradewind.runtime.market_board import MarketBoard
from tradewind.runtime.read_models import Health, Listing, MarketRow, Update

IS_LONG = "--long" in sys.argv[1:]
CLIENTS, RATE, SECONDS = (20, 50, 3) if IS_SHORT else (200, 100, 600 if IS_LONG else 20)
STALLED = 2 if IS_SHORT else 10
MANY, SLOW_RATE = (100, 5) if IS_SHORT else (1_000, 5)
TARGET = 1.0
SETTLE_S = 1.0


class Source:
    """The engine's end: a status, and updates that say when they were published."""

    def __init__(self) -> None:
        self.broadcast = Broadcast(queue_length_max=100_000)
        self.sequence = 0
        self.market = MarketBoard(list, self.no_market)

    def no_market(self, number: int) -> MarketRow:
        raise AssertionError(f"there is no market {number}")

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
        pid = gateway.workers[0].pid
        idle_mb = resident_mb(pid)
        before_s = processor_s(pid)
        busy = await listened(source, gateway.port, clients=CLIENTS, rate=RATE, stalled=STALLED)
        worker_share = (processor_s(pid) - before_s) / SECONDS
        memory_mb = resident_mb(pid)
        many = await listened(source, gateway.port, clients=MANY, rate=SLOW_RATE, stalled=0)
    finally:
        gateway.stop()
        await server.close()
    rate = busy["heard"] / SECONDS
    return report(
        "gateway_stream", rate, "messages/s",
        floor=CLIENTS * RATE, ratio=rate / (CLIENTS * RATE), target=TARGET,
        p50_ms=busy["p50_ms"], p99_ms=busy["p99_ms"], max_ms=busy["max_ms"], clients=CLIENTS,
        connected=busy["connected"], idle_mb=idle_mb, memory_mb=memory_mb, seconds=SECONDS,
        worker_core_share=worker_share, listeners_core_share=busy["core_share"],
        many_clients=MANY, many_connected=many["connected"],
        many_share=many["heard"] / (MANY * SLOW_RATE * SECONDS), many_p99_ms=many["p99_ms"],
    )  # fmt: skip


async def listened(
    source: Source, port: int, *, clients: int, rate: int, stalled: int
) -> dict[str, Any]:
    """Let clients in another process listen; what they heard and how late."""
    listeners = await started(port, clients, stalled)
    began = time.monotonic()
    for number in range(rate * SECONDS):
        source.publish()
        await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    await asyncio.sleep(SETTLE_S)
    return await heard(listeners)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def processor_s(pid: int) -> float:
    """The processor's time that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
