"""The gateway under load while the engine trades in its own process: reads, and orders among them.

Real connections with a real API key, through every limit and check. wrk asks the cached read route
by itself; its yardstick is an application that answers the same bytes and nothing else, under the
same server. Then a lean program asks for positions, open orders and, with two of a hundred, places
orders at 1,000 requests a second. Run on an idle machine: a minute each, of the mixture ten with
`--long`.

What limits it: uvicorn's and the system's work for a request, 0.11 ms of the worker for a cached
read, of which this application takes 0.023, limits, authentication, headers and metrics included;
and for orders the disk: three commits, one behind the other, which those that come meanwhile share.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _http_load import asked
from _measure import IS_SHORT, report
from _platform import bound_ms, engine_and_gateway, free_port, histogram, wait_for

TARGET = 0.42
RATE = 1_000
CONNECTIONS = 32
MIX_CONNECTIONS = 256
READ_S_MAX = 60
READ = "/api/v1/positions"
ORDER = (
    '{"instrument": "BTC/USDT.SIM", "side": "BUY", "quantity": "0.001", "type": "LIMIT", '
    '"limit_price": "30000", "time_in_force": "IOC"}'
)
MIX = [
    ("order", "POST", "/api/v1/orders", ORDER),
    *[("orders", "GET", "/api/v1/orders/open", ""), ("positions", "GET", READ, "")] * 24,
    ("orders", "GET", "/api/v1/orders/open", ""),
]
BARE = """
import asyncio, sys, uvicorn, uvloop
BODY = sys.argv[2].encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
"""


def main() -> int:
    """Measure and print."""
    seconds = seconds_asked()
    if shutil.which("wrk") is None:
        sys.stderr.write("gateway_load: wrk is missing: apt-get install wrk\n")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        engine_and_gateway(Path(folder)) as (port, (key,)),
    ):
        asking = urllib.request.Request(f"http://127.0.0.1:{port}{READ}")
        asking.add_header("X-API-Key", key)
        body = urllib.request.urlopen(asking).read()
        read = wrk(port, READ, min(seconds, READ_S_MAX), "-H", f"X-API-Key: {key}")
        mix = asked(
            Path(folder), port=port, connections=MIX_CONNECTIONS, rate=RATE, seconds=seconds,
            requests=MIX, keys=[key],
        )  # fmt: skip
        order_p99_ms = bound_ms(histogram(port, "order_latency_seconds"), 0.99)
    with bare(body) as bare_port:
        floor = wrk(bare_port, "/", max(2, min(seconds, READ_S_MAX) // 4))
    for reason, count in [] if IS_SHORT else mix["reasons"].items():
        sys.stderr.write(f"{count} times {reason}\n")
    orders = mix["kinds"]["order"]["202"]
    return report(
        "gateway_load", read["rate"], "reads/s",
        floor=floor["rate"], ratio=read["rate"] / floor["rate"], target=TARGET,
        read_p95_ms=read["p95_ms"], mix_per_s=mix["good_per_s"], mix_p95_ms=mix["good"]["p95_ms"],
        order_answer_p95_ms=orders["p95_ms"], refused=mix["asked"] - mix["good"]["count"],
        unanswered=mix["unanswered"], unavailable=answers_from(mix, 500),
        seconds=seconds, asking_core_share=mix["own_core_share"], engine_order_p99_ms=order_p99_ms,
    )  # fmt: skip


def seconds_asked() -> int:
    """How long each part takes."""
    if "--seconds" in sys.argv:
        return int(sys.argv[sys.argv.index("--seconds") + 1])
    return 600 if "--long" in sys.argv else 3 if IS_SHORT else 60


def answers_from(mix: dict[str, Any], status: int) -> int:
    """How many answers had this status or a higher one."""
    return sum(
        times["count"]
        for kinds in mix["kinds"].values()
        for found, times in kinds.items()
        if int(found) >= status
    )


def wrk(port: int, path: str, seconds: int, *more: str) -> dict[str, float]:
    """Ask with one thread and several connections; the rate and the 95th percentile."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(DONE)
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *more]
        command += ["-s", script.name, f"http://127.0.0.1:{port}{path}"]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(r"RESULT (\S+) (\S+) (\S+)", out)
    assert match is not None, out
    assert match[3] == "0", f"{match[3]} requests were refused"
    return {"rate": float(match[1]), "p95_ms": float(match[2]) / 1000}


DONE = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %f %f %d\\n", summary.requests / (summary.duration / 1000000),
    latency:percentile(95), summary.errors.status))
end
"""


@contextmanager
def bare(body: bytes) -> Iterator[int]:
    """The same bytes from an application that does nothing else."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port), body.decode()])
    try:
        wait_for(port, "/")
        yield port
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
