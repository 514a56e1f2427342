"""Market data from the bytes of a venue to a client of the gateway, in one process and in roles.

A local venue in a process of its own sends best prices of three instruments over its WebSocket, at
a usual and at a high rate; a client of the gateway's `/ws` listens to the channel `market`. Each
price is another one, so it is known when its bytes left. A price counts as come when the client has
it or a newer one of its instrument: prices conflate on the way, and what waits for the next message
is counted. The engine and its gateway run in one process tree (`tradewind run`) and as roles
(`--topology split`, with standbys and two signal-bridges on the same machine), without priority and
with TRADEWIND_PRIORITY=realtime, of which the figure is. Venue and client have real-time priority
where it may be had: they stand for other machines. The yardstick is a client of the venue itself.

What limits it: the 25 ms for which prices of one message are gathered; then the processors. As
roles eleven processes share two cores, and took 1.25 of them at the high rate, the core 0.47. Under
Linux's autogroups each role is a session of its own and gets no more than any other session of the
machine, so at a load of 15 the core fell seconds behind (p50 5.7 s) with half a core free to it;
with the autogroups of the run put first it did not: at a load of 15 to 20 and 3,000 a second p50 28
and 34 ms, p99 83 and 128, in one process 20 and 119, while the yardstick had 151 at that moment; at
300 a second 18 and 40 ms as roles, 18 and 38 in one process. A profile of the core before showed 46
% of its time in judging batches of two or three rows with numpy, which are judged one by one since.
When the gateway asked for the engine's status four times a second it were 138 and 278 ms at the
usual rate, 242 and 632 at the high one, in one process at a load of 10. By process, at 3,000 a
second with real-time priority at a load of 16 to 18 (p50 17 ms, p99 34, as roles): of a core the
trading core took 62 %, market data 30, data-processor 21, the bridges 13 each (17 through ZeroMQ's
threads), the gateway 4, all with venue and client 1.65; so nothing is full. Without priority, at a
load of 13, all together got 0.69 of a core and p99 was 502 ms. With TRADEWIND_PRIORITY=realtime for
the roles between a price and its order alone, at a load of 24, 423 and 784 ms were left (2,287 and
4,089 without it), as the gateway had its share of an ordinary program; since it has priority behind
them too it is 18 and 41 ms at a load of 19 (239 and 394 without it).
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from _measure import IS_SHORT, report
from _platform import free_port, wait_for
from _price_venue import SYMBOLS, Sent, play_venue
from _priority import undisturbed
from _ws_listeners import Found, Listener

USUAL, HIGH = 300, 3_000
"""Best prices a second, over all instruments."""
SECONDS = 2.0 if IS_SHORT else 10.0
FIRST_S = 1.0
"""How long the venue plays until prices come through for the first time."""
TEXT = 1
SETTLE_S = 0.5
DRAIN_S = 20.0
"""How long what was sent may take to come."""
TARGET = 0.005
SPLIT = ("--topology", "split")
LAYOUTS = {"one": (), "split": SPLIT, "realtime": SPLIT}
PRIORITY = {"realtime": "realtime"}
"""TRADEWIND_PRIORITY of a layout, else normal."""
SETTINGS = {
    "TRADEWIND_VENUE": "binance",
    "TRADEWIND_INSTRUMENTS": ",".join(SYMBOLS),
    "TRADEWIND_STRATEGIES": "none",
    "MAX_POSITION_SIZE": "100",
    "RISK_PER_TRADE": "1",
    "BINANCE_API_KEY": "",
    "BINANCE_API_SECRET": "",
}

Seen = dict[str, list[tuple[int, int]]]
"""By instrument what a client was told: when (nanoseconds) and which price, in ticks."""
Play = tuple[int, float]
"""How many best prices a second, and for how many seconds."""
Read = Callable[[list[tuple[int, bytes]]], Seen]


class PriceListener(Listener):
    """A client of the gateway, or of the venue itself; keeps what it hears to be read later."""

    def __init__(self, wanted: bytes, path: bytes) -> None:
        super().__init__(Found(), wanted, stalls=False)
        self.heard: list[tuple[int, bytes]] = []
        self._path = path

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the path that is listened to."""
        self.transport = transport  # type: ignore[assignment]
        key = base64.b64encode(bytes(16))
        transport.write(  # type: ignore[attr-defined]
            b"GET " + self._path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: " + key + b"\r\n\r\n"
        )

    def hear(self, code: int, data: bytes, start: int, end: int, now_ns: int) -> None:
        """Keep a message and when it came."""
        super().hear(code, data, start, end, now_ns)
        if code == TEXT:
            self.heard.append((now_ns, data[start:end]))


def ticks_of(price: str) -> int:
    """A price in hundredths."""
    return round(float(price) * 100)


def told_by_gateway(heard: list[tuple[int, bytes]]) -> Seen:
    """The bids of the messages of the channel market."""
    seen: Seen = defaultdict(list)
    for now_ns, raw in heard:
        message = json.loads(raw)
        if message.get("type") == "market":
            for row in message["body"]["market"]:
                if row["bid"]:
                    name = row["instrument"].rpartition(".")[0]
                    seen[name].append((now_ns, ticks_of(row["bid"])))
    return seen


def told_by_venue(heard: list[tuple[int, bytes]]) -> Seen:
    """The bids of the venue's own best prices."""
    names = {name.replace("/", ""): name for name in SYMBOLS}
    seen: Seen = defaultdict(list)
    for now_ns, raw in heard:
        message = json.loads(raw).get("data", {})
        if "b" in message:
            seen[names[message["s"]]].append((now_ns, ticks_of(message["b"])))
    return seen


def late_ms(sent: Sent, seen: Seen) -> list[float]:
    """For each price sent how late it or a newer one was there, in order; all must have come."""
    found = []
    for name, prices in sent.items():
        ticks = [price for _, price in prices]
        place = 0
        places = {price: number for number, price in enumerate(ticks)}
        assert len(places) == len(ticks), "the prices began again: play shorter"
        for now_ns, price in seen[name]:
            while place <= places.get(price, -1):
                found.append((now_ns - prices[place][0]) / 1e6)
                place += 1
        assert place == len(prices), f"{len(prices) - place} prices of {name} never came"
    return sorted(found)


async def listened(
    pipe: Connection, port: int, *, wanted: bytes, path: bytes, play: Play, read: Read
) -> tuple[Sent, Seen]:
    """Let the venue play while a client listens: what was sent, and what was heard."""
    listener = PriceListener(wanted, path)
    await asyncio.get_running_loop().create_connection(lambda: listener, "127.0.0.1", port)
    await asyncio.sleep(SETTLE_S)
    pipe.send(play)
    sent = await asyncio.to_thread(pipe.recv)
    seen = read(listener.heard)
    ends_s = time.monotonic() + DRAIN_S
    while any(not seen[name] or seen[name][-1][1] != sent[name][-1][1] for name in sent):
        assert listener.is_open, listener.found.closed
        assert time.monotonic() < ends_s, "the last prices never came"
        await asyncio.sleep(SETTLE_S)
        seen = read(listener.heard)
    return sent, seen


def from_gateway(pipe: Connection, port: int, play: Play) -> list[float]:
    """How late a client of the gateway has prices, in milliseconds, sorted."""
    wanted = b'{"type":"subscribe","channels":["market"]}'
    listening = listened(pipe, port, wanted=wanted, path=b"/ws", play=play, read=told_by_gateway)
    with undisturbed():
        return late_ms(*asyncio.run(listening))


def from_venue(pipe: Connection, url: str, play: Play) -> list[float]:
    """The yardstick: how late a client of the venue has them."""
    streams = [f"{name.replace('/', '').lower()}@bookTicker" for name in SYMBOLS]
    path = ("/stream?streams=" + "/".join(streams)).encode()
    port = urlsplit(url).port
    assert port is not None
    wanted = json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1}).encode()
    listening = listened(pipe, port, wanted=wanted, path=path, play=play, read=told_by_venue)
    with undisturbed():
        return late_ms(*asyncio.run(listening))


@contextmanager
def platform(home: Path, url: str, layout: str) -> Iterator[int]:
    """A run on paper with the venue's market data; gives the gateway's port."""
    port = free_port()
    settings = {
        **os.environ, **SETTINGS, "BINANCE_BASE_URL": url, "TRADEWIND_HOME": str(home),
        "TRADEWIND_ROLES_PORT": str(free_port()), "TRADEWIND_DATA_PORT": str(free_port()),
        "PORT": str(port), "TRADEWIND_PRIORITY": PRIORITY.get(layout, "normal"),
    }  # fmt: skip
    with (home.parent / f"{layout}.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tradewind", "run", *LAYOUTS[layout]],
            env=settings, cwd=home.parent, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(port, "/ready")
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def share(found: list[float], part: float) -> float:
    """What so large a part stays under."""
    return found[min(len(found) - 1, int(len(found) * part))]


def main() -> int:
    """Measure both layouts at both rates, and print."""
    ours, theirs = multiprocessing.Pipe()
    venue = multiprocessing.get_context("spawn").Process(
        target=play_venue, args=(theirs,), daemon=True
    )
    venue.start()
    url = ours.recv()
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="tw-") as folder:
        for layout in LAYOUTS:
            with platform(Path(folder) / layout, url, layout) as port:
                until_priced(ours, port)
                for name, rate in (("usual", USUAL), ("high", HIGH)):
                    found[f"{layout}_{name}"] = from_gateway(ours, port, (rate, SECONDS))
    bare = from_venue(ours, url, (HIGH, SECONDS))
    ours.send("end")
    venue.join()
    return told(found, bare)


def until_priced(pipe: Connection, port: int) -> None:
    """Play a little until prices come through: the run has asked the venue and listens."""
    for _ in range(30):
        try:
            from_gateway(pipe, port, (USUAL, FIRST_S))
            return
        except AssertionError:
            continue
    raise AssertionError("no prices came through the gateway")


def told(found: dict[str, list[float]], bare: list[float]) -> int:
    """The line."""
    more: dict[str, Any] = {}
    for name, late in found.items():
        more |= {f"{name}_p50_ms": share(late, 0.5), f"{name}_p99_ms": share(late, 0.99)}
    worst = max(share(found[f"realtime_{name}"], 0.99) for name in ("usual", "high"))
    floor = share(bare, 0.99)
    return report(
        "venue_to_client", worst, "ms", floor=floor, ratio=floor / worst, target=TARGET,
        usual_per_s=USUAL, high_per_s=HIGH, prices=sum(map(len, found.values())),
        load=os.getloadavg()[0], **more,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
