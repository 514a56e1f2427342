"""The gateway under load while the engine trades in its own process: reads, orders, overload.

wrk asks over real connections with a real API key, through every limit and check. The yardstick is
an application that answers the same bytes and nothing else, under the same server. Run by itself
on an idle machine: `benchmarks/gateway_load.py --seconds 60`, ten minutes with 600.

What limits it: Python's work for a request. A cached read took 1.25 ms of the gateway's CPU through
the framework's layers and takes 0.37 ms outside of them; orders still go through all of them, and
on two cores the asking program and the engine take their share. Not profiled further.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _measure import IS_SHORT, report

from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.gateway.authentication import new_key
from tradewind.ports.identity import User

TARGET = 0.06
YEAR_NS = 365 * 86_400 * 10**9
START_S = 60.0
CONNECTIONS = 32
READ = "/api/v1/positions"
# A tenth of what is asked are orders that rest far from the market.
MIX = """
local n = 0
local salt = tostring(os.time())
request = function()
  n = n + 1
  if n % 50 == 0 then
    local headers = {["X-API-Key"] = KEY, ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = salt .. "-" .. tostring(n)}
    return wrk.format("POST", "/api/v1/orders", headers, BODY)
  elseif n % 2 == 0 then
    return wrk.format("GET", "/api/v1/orders/open", {["X-API-Key"] = KEY})
  end
  return wrk.format("GET", "/api/v1/positions", {["X-API-Key"] = KEY})
end
"""
ORDER = (
    '{"instrument": "BTC/USDT.SIM", "side": "BUY", "quantity": "0.001", "type": "LIMIT", '
    '"limit_price": "30000", "time_in_force": "IOC"}'
)
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
    with tempfile.TemporaryDirectory() as folder, engine_and_gateway(Path(folder)) as (port, key):
        header = f"X-API-Key: {key}"
        body = urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{READ}", headers={"X-API-Key": key})
        ).read()
        before = order_latency_ms(port)
        read = wrk(port, READ, seconds, "-H", header)
        script = Path(folder) / "mix.lua"
        script.write_text(f"KEY = {json.dumps(key)}\nBODY = {json.dumps(ORDER)}\n{MIX}")
        mix = wrk(port, "/", seconds, "-s", str(script))
        during = order_latency_ms(port)
    with bare(body) as bare_port:
        floor = wrk(bare_port, "/", max(2, seconds // 4))
    return report(
        "API reads, authenticated, while the engine trades", read["rate"], "requests/s",
        floor=floor["rate"], ratio=read["rate"] / floor["rate"], target=TARGET,
        read_p95_ms=read["p95_ms"], mix_per_s=mix["rate"], mix_p95_ms=mix["p95_ms"],
        refused=mix["refused"], seconds=seconds, order_p99_ms_before=before,
        order_p99_ms_during=during,
    )  # fmt: skip


def seconds_asked() -> int:
    """How long each part takes."""
    if "--seconds" in sys.argv:
        return int(sys.argv[sys.argv.index("--seconds") + 1])
    return 3 if IS_SHORT else 60


def wrk(port: int, path: str, seconds: int, *more: str) -> dict[str, float]:
    """Ask with one thread and several connections; the rate and the 95th percentile."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *more]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as percentiles:
        text = ""
        if "-s" in more:
            text = Path(more[more.index("-s") + 1]).read_text()
            command = [each for each in command if each not in ("-s", more[more.index("-s") + 1])]
        percentiles.write(text + DONE)
        percentiles.flush()
        command += ["-s", percentiles.name, f"http://127.0.0.1:{port}{path}"]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(r"RESULT (\S+) (\S+) (\S+)", out)
    assert match is not None, out
    return {
        "rate": float(match[1]), "p95_ms": float(match[2]) / 1000, "refused": float(match[3])
    }  # fmt: skip


DONE = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %f %f %d\\n", summary.requests / (summary.duration / 1000000),
    latency:percentile(95), summary.errors.status))
end
"""


@contextmanager
def engine_and_gateway(home: Path) -> Iterator[tuple[int, str]]:
    """A platform that trades on paper, with a login; gives the port and an API key."""
    database = open_database(sqlite_url(home / "security.db"))
    identities = SqlIdentities(database)
    user = User("load", "load", "trader", ("*",), "", time.time_ns())
    identities.add_user(user)
    now_ns = time.time_ns()
    key, text = new_key(
        user, name="load", scopes=("trading:read", "market:read", "orders:write"), networks=(),
        time_ns=now_ns, expire_time_ns=now_ns + YEAR_NS,
    )  # fmt: skip
    identities.put_key(key)
    database.dispose()
    port = free_port()
    settings = {
        **os.environ, "TRADEWIND_HOME": str(home), "TRADEWIND_AUTHENTICATION": "required",
        "RATE_LIMIT_REQUESTS_PER_MINUTE": "1000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "tradewind", "run", "--port", str(port)]
    process = subprocess.Popen(
        command, env=settings, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, "/health")
        time.sleep(2)
        yield port, text
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


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


def order_latency_ms(port: int) -> float:
    """The 99th percentile of the engine's own time from decision to journal, so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r'^order_latency_seconds_bucket\{[^}]*le="([^"]+)"\} (\S+)$', text, re.M)
    counts = [(float(bound), float(count)) for bound, count in found]
    total = counts[-1][1] if counts else 0.0
    return next((bound * 1000 for bound, count in counts if total and count >= 0.99 * total), 0.0)


def wait_for(port: int, path: str) -> None:
    ends_at = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < ends_at, "no server answered"
            time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
