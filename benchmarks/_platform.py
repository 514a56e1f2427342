"""A platform that trades on paper behind a gateway with a login, for benchmarks of the gateway."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.gateway.authentication import new_key
from tradewind.ports.identity import User

YEAR_NS = 365 * 86_400 * 10**9
START_S = 180.0
SETTLE_S = 3.0
"""How long a platform runs before it is measured."""
SCOPES = ("trading:read", "market:read", "orders:write")

Histogram = dict[float, float]
"""How many observations were at or below each bound in seconds."""


@contextmanager
def engine_and_gateway(
    home: Path, *, users: int = 1, per_minute: int = 1_000_000
) -> Iterator[tuple[int, list[str]]]:
    """A platform that trades on paper, with a login; gives the port and a key of each user."""
    keys = _with_users(home, users)
    port = free_port()
    settings = {
        **os.environ, "TRADEWIND_HOME": str(home), "TRADEWIND_AUTHENTICATION": "required",
        "RATE_LIMIT_REQUESTS_PER_MINUTE": str(per_minute),
    }  # fmt: skip
    command = [sys.executable, "-m", "tradewind", "run", "--port", str(port)]
    process = subprocess.Popen(
        command, env=settings, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, "/health")
        time.sleep(SETTLE_S)
        yield port, keys
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _with_users(home: Path, users: int) -> list[str]:
    database = open_database(sqlite_url(home / "security.db"))
    identities = SqlIdentities(database)
    keys = []
    for number in range(users):
        now_ns = time.time_ns()
        user = User(f"load{number}", f"load{number}", "trader", ("*",), "", now_ns)
        identities.add_user(user)
        key, text = new_key(
            user, name="load", scopes=SCOPES, networks=(), time_ns=now_ns,
            expire_time_ns=now_ns + YEAR_NS,
        )  # fmt: skip
        identities.put_key(key)
        keys.append(text)
    database.dispose()
    return keys


def histogram(port: int, name: str = "message_latency_seconds") -> Histogram:
    """What the engine tells of its own latency, from what came in to what is durable."""
    ends_at = time.monotonic() + START_S
    found: list[tuple[str, str]] = []
    while not found:  # On a busy machine the engine may be too late for one look.
        assert time.monotonic() < ends_at, f"the engine tells no {name}"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(rf'^{name}_bucket\{{[^}}]*le="([^"]+)"\}} (\S+)$', text, re.M)
    return {float(bound.replace("+Inf", "inf")): float(count) for bound, count in found}


def going_on(seconds: float) -> None:
    """Let the platform trade for a while, asked by nobody."""
    time.sleep(seconds)


def bound_ms(observed: Histogram, share: float) -> float:
    """The bound in milliseconds that so large a share of the observations keeps."""
    total = max(observed.values())
    assert total, "nothing was observed"
    return next(bound * 1000 for bound, count in observed.items() if count >= share * total)


def share_ms(observed: Histogram, share: float) -> float:
    """Within how many milliseconds so large a share was, as if each step was filled evenly."""
    total = max(observed.values())
    assert total, "nothing was observed"
    below_s, below = 0.0, 0.0
    for bound_s, count in observed.items():
        if count >= share * total:
            if bound_s == float("inf"):
                return below_s * 1000
            part = (share * total - below) / (count - below) if count > below else 1.0
            return (below_s + part * (bound_s - below_s)) * 1000
        below_s, below = bound_s, count
    raise AssertionError("the last bound holds all")


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
