"""One order to the local Binance and its answer: our CPU time beyond the venue's own work.

The yardstick is the CPU time of the same order, signed before, sent by the same HTTP library alone.
`p50_ms` is the whole call by the clock, `venue_p50_ms` the same order over a bare socket: both grow
with what else the machine does.

What limits it: the user stream's four reports of each order, the waits of the event loop, and the
kernel, which hands the request over to the venue's process inside of `send`: under a profile that
call takes most of the time. Connections of our own instead of aiohttp's client took a seventh off
the calls of Python functions (669 an order before, 577 now); in three runs each in turn, at a load
of 8, 0.90 to 1.31 ms of CPU before and 0.84 to 0.96 now.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

import aiohttp
from _measure import report, sized
from yarl import URL

import tradewind as tw
from tradewind.adapters.binance.hosts import local_hosts
from tradewind.adapters.binance.rest import Keys
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model.messages import SubmitOrder
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

TARGET = 0.4
ORDERS = 500
PARTS = 5
"""Bare orders and ours in turn, so often."""
BTC = tw.Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)


class Clock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return time.time_ns()


def order(name: str) -> SubmitOrder:
    """A small order far from the market that ends at once: the venue takes few that rest."""
    return SubmitOrder(
        0, name, "main", "BINANCE", BTC.id, Side.BUY, 100_000, OrderType.LIMIT,
        5_000_000, 0, TimeInForce.IOC, OrderFlag.NONE, 0, Leg.NET,
    )  # fmt: skip


async def orders_ms(about: dict[str, Any], count: int, part: int) -> tuple[float, list[float]]:
    """Our CPU time of one `submit` with its reports, and how long each took by the clock."""
    account = about["accounts"][0]
    keys = Keys(Secret(account["key"]), Secret(account["secret"]))
    hosts = local_hosts(about["url"].removeprefix("http://"))
    trading = BinanceTrading("spot", hosts, keys, [BTC], clock=Clock(), chance=float)
    await trading.start(lambda _: None)
    await trading.closed_instruments()  # the answer tells the venue's limits as well
    commands = [order(f"b0-bench-{part}-{number}") for number in range(count)]
    found = []
    cpu_s = time.process_time()
    for command in commands:
        start = time.perf_counter()
        await trading.submit(command)
        found.append((time.perf_counter() - start) * 1e3)
    cpu_s = time.process_time() - cpu_s
    await trading.close()
    return cpu_s * 1e3 / count, found


async def plain_ms(about: dict[str, Any], count: int, part: int) -> float:
    """CPU time of sending such an order, signed before, with the same HTTP library alone."""
    account = about["accounts"][0]
    targets = [target_of(account, f"b0-plain-{part}-{number}") for number in range(count)]
    headers = {"X-MBX-APIKEY": account["key"]}
    async with aiohttp.ClientSession() as session:
        cpu_s = time.process_time()
        for target in targets:
            url = URL(about["url"] + target, encoded=True)
            async with session.post(url, headers=headers) as answer:
                await answer.read()
        return (time.process_time() - cpu_s) * 1e3 / count


def bare_ms(about: dict[str, Any], count: int, part: int) -> list[float]:
    """The same orders, signed before, over one bare socket: what the venue and the way cost."""
    account = about["accounts"][0]
    host, _, port = about["url"].removeprefix("http://").partition(":")
    requests = [bare_request(account, host, f"b0-bare-{part}-{number}") for number in range(count)]
    found = []
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            start = time.perf_counter()
            connection.sendall(request)
            answer = b""
            while not answer.rstrip().endswith(b"}"):
                answer += connection.recv(65536)
            found.append((time.perf_counter() - start) * 1e3)
            assert b" 200 " in answer.partition(b"\r\n")[0], answer
    return found


def bare_request(account: dict[str, str], host: str, name: str) -> bytes:
    """An order like those of `order`, as the bytes of a request."""
    return (
        f"POST {target_of(account, name)} HTTP/1.1\r\nHost: {host}\r\n"
        f"X-MBX-APIKEY: {account['key']}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def target_of(account: dict[str, str], name: str) -> str:
    """Path and signed query of an order."""
    query = (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.00100000&price=50000.00"
        f"&newClientOrderId={name}&newOrderRespType=FULL&recvWindow=60000"
        f"&timestamp={time.time_ns() // 1_000_000}"
    )
    signature = hmac.new(account["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
    return f"/api/v3/order?{query}&signature={signature}"


def main() -> int:
    """Print what an order costs us, beside the same one sent without us."""
    count = sized(ORDERS, 50) // PARTS
    command = [sys.executable, "-m", "tradewind", "venue", "binance", "--still", "--json"]
    ours: list[float] = []
    plain: list[float] = []
    bare: list[float] = []
    times: list[float] = []
    with subprocess.Popen([*command, "--rates", "20"], stdout=subprocess.PIPE, text=True) as venue:
        try:
            assert venue.stdout is not None
            about = json.loads(venue.stdout.readline())
            for part in range(PARTS):
                plain.append(asyncio.run(plain_ms(about, count, part)))
                bare += bare_ms(about, count, part)
                cpu_ms, found = asyncio.run(orders_ms(about, count, part))
                ours.append(cpu_ms)
                times += found
        finally:
            venue.terminate()
    return report(
        "venue_order",
        min(ours),
        "ms",
        floor=min(plain),
        ratio=min(plain) / min(ours),
        target=TARGET,
        p50_ms=statistics.median(times),
        p95_ms=statistics.quantiles(times, n=20)[-1],
        venue_p50_ms=statistics.median(bare),
    )


if __name__ == "__main__":
    sys.exit(main())
