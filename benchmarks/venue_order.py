"""One order to the local Binance and its answer: the time of a call, against a bare request.

What limits it: not profiled; two processes that wake each other, signatures, two HTTP libraries.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from typing import Any

import aiohttp
from _measure import report, sized

import tradewind as tw
from tradewind.adapters.binance.hosts import local_hosts
from tradewind.adapters.binance.rest import Keys
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model.messages import SubmitOrder
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

TARGET = 0.4
ORDERS = 90
"""The venue takes a hundred in ten seconds."""
BTC = tw.Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)


class Clock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return time.time_ns()


def order(number: int) -> SubmitOrder:
    """A small order that rests."""
    return SubmitOrder(
        0, f"b0-bench-{number}", "main", "BINANCE", BTC.id, Side.BUY, 100_000, OrderType.LIMIT,
        5_000_000, 0, TimeInForce.GTC, OrderFlag.NONE, 0, Leg.NET,
    )  # fmt: skip


async def orders_ms(about: dict[str, Any], count: int) -> list[float]:
    """What each call of `submit` took, with its reports delivered."""
    account = about["accounts"][0]
    keys = Keys(Secret(account["key"]), Secret(account["secret"]))
    hosts = local_hosts(about["url"].removeprefix("http://"))
    trading = BinanceTrading("spot", hosts, keys, [BTC], clock=Clock(), chance=float)
    await trading.start(lambda _: None)
    found = []
    for number in range(count):
        start = time.perf_counter()
        await trading.submit(order(number))
        found.append((time.perf_counter() - start) * 1e3)
    await trading.close()
    return found


async def bare_ms(about: dict[str, Any], count: int) -> list[float]:
    """What a request costs that asks for nothing."""
    found = []
    async with aiohttp.ClientSession() as session:
        for _ in range(count):
            start = time.perf_counter()
            async with session.get(about["url"] + "/api/v3/ping") as answer:
                await answer.read()
            found.append((time.perf_counter() - start) * 1e3)
    return found


def main() -> int:
    """Print orders a second by the median call, against a bare request."""
    count = sized(ORDERS, 20)
    command = [sys.executable, "-m", "tradewind", "venue", "binance", "--still", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as venue:
        assert venue.stdout is not None
        about = json.loads(venue.stdout.readline())
        bare = statistics.median(asyncio.run(bare_ms(about, count)))
        times = asyncio.run(orders_ms(about, count))
        venue.terminate()
    median = statistics.median(times)
    return report(
        "venue_order",
        1e3 / median,
        "orders/s",
        floor=1e3 / bare,
        ratio=bare / median,
        target=TARGET,
        p50_ms=median,
        p95_ms=statistics.quantiles(times, n=20)[-1],
    )


if __name__ == "__main__":
    sys.exit(main())
