"""The gateway under three times the load that it is allowed: refusals, and trading beside it.

In turn, several times: nobody asks; a program asks 3,000 times a second of a server that does
nothing, which eats the processor as it would anyway; it asks the gateway for what its limit lets
through, 1,000 a second; and for three times that. Shown is how late what was accepted came, and how
long the engine took in each from what came in to what is durable. What the gateway adds is what
is beyond the server that does nothing. Run on an idle machine: 60 seconds of each, ten minutes
with `--long`.

What limits it: a refusal costs a worker 0.03 to 0.04 ms, and what is accepted waits behind those
that came before it in one event loop; orders wait for the disk, which the engine's journal shares.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _http_load import asked
from _measure import IS_SHORT, report
from _platform import (
    Histogram,
    engine_and_gateway,
    free_port,
    going_on,
    histogram,
    share_ms,
    wait_for,
)
from gateway_load import MIX, seconds_asked

ALLOWED = 1_000
OFFERED = 3 * ALLOWED
CONNECTIONS = 256
TARGET = 1.0
ROUNDS = 1 if IS_SHORT else 4
PHASES = ("quiet", "nothing", "allowed", "overload")
NOTHING = """
import asyncio, sys, uvloop
ANSWER = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: 2\\r\\n\\r\\n{}"
class Nothing(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(ANSWER)
async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Nothing, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
uvloop.run(serve())
"""


def main() -> int:
    """Measure and print."""
    seconds = seconds_asked()
    with (
        tempfile.TemporaryDirectory() as folder,
        nothing() as idle_port,
        engine_and_gateway(Path(folder), per_minute=ALLOWED * 60) as (port, keys),
    ):
        found = measured(Path(folder), port=port, idle_port=idle_port, keys=keys, seconds=seconds)
    taken, overload, allowed = found
    for name in () if IS_SHORT else PHASES:
        sys.stderr.write(f"{name}: {shown(taken[name])}\n")
    kinds = [kind for load in overload for kind in load["kinds"].values()]
    assert {status for kind in kinds for status in kind} <= {"200", "202", "429"}, kinds
    good_per_s = mean([load["good_per_s"] for load in overload])
    count = sum(load["good"]["count"] for load in overload)
    trading = {
        f"trading_p{share}_ms_{name}": share_ms(taken[name], share / 100)
        for share in (50, 99)
        for name in PHASES
    }
    return report(
        "gateway_overload", good_per_s, "accepted/s",
        floor=ALLOWED, ratio=good_per_s / ALLOWED, target=TARGET, offered_per_s=OFFERED,
        refused_share=1 - count / sum(load["asked"] for load in overload),
        accepted_p95_ms=mean([load["good"]["p95_ms"] for load in overload]),
        accepted_p99_ms=mean([load["good"]["p99_ms"] for load in overload]),
        allowed_p95_ms=mean([load["good"]["p95_ms"] for load in allowed]),
        unanswered=sum(load["unanswered"] for load in overload), **trading,
        asking_core_share=mean([load["own_core_share"] for load in overload]),
    )  # fmt: skip


Load = dict[str, Any]


def measured(
    folder: Path, *, port: int, idle_port: int, keys: list[str], seconds: int
) -> tuple[dict[str, Histogram], list[Load], list[Load]]:
    """What the engine took in each phase, and what became of what was asked of the gateway."""
    taken: dict[str, Histogram] = {}
    loads: dict[str, list[Load]] = {name: [] for name in PHASES}
    asking = {"nothing": (idle_port, OFFERED), "allowed": (port, ALLOWED)}
    asking["overload"] = (port, OFFERED)
    each_s = max(1, seconds // ROUNDS)
    for _ in range(ROUNDS):
        for name in PHASES:
            before = histogram(port)
            if name == "quiet":
                going_on(each_s)
            else:
                asked_port, rate = asking[name]
                loads[name].append(
                    asked(
                        folder, port=asked_port, connections=CONNECTIONS, rate=rate,
                        seconds=each_s, requests=MIX, keys=keys,
                    )
                )  # fmt: skip
            after = histogram(port)
            known = taken.setdefault(name, dict.fromkeys(after, 0.0))
            for bound, count in after.items():
                known[bound] += count - before[bound]
    return taken, loads["overload"], loads["allowed"]


@contextmanager
def nothing() -> Iterator[int]:
    """A server that answers whatever comes with the same few bytes."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", NOTHING, str(port)])
    try:
        wait_for(port, "/")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def mean(values: list[float]) -> float:
    """The mean of some values."""
    return sum(values) / len(values)


def shown(observed: Histogram) -> str:
    """A histogram as shares at or below each bound in milliseconds."""
    total = max(observed.values())
    return " ".join(f"{bound * 1000:g}:{count / total:.3f}" for bound, count in observed.items())


if __name__ == "__main__":
    sys.exit(main())
