"""A local venue as one process, whose best prices come at a rate and say which number they are.

It is the venue of `tradewind venue binance --still`; behind it each price that is sent moves by a
tick, so that whoever sees a price knows when its bytes left. Commands come by a pipe.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from multiprocessing.connection import Connection
from typing import Any

from _priority import undisturbed

from tradewind.venue.catalog import make_protocol
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock
from tradewind.venue.faults import Faults
from tradewind.venue.options import VenueOptions
from tradewind.venue.server import VenueServer

SYMBOLS = {"BTC/USDT": (60_000, 2), "ETH/USDT": (3_000, 2), "BNB/USDT": (600, 2)}
"""Where the prices begin, and their digits."""
PRICES = 20_000
"""Ticks until the prices begin again: at a thousand a second and symbol no two are mistaken."""
TICK_S = 0.001
QUOTE = '{"u":%d,"s":"%s","b":"%.8f","B":"3.10000000","a":"%.8f","A":"2.50000000"}'
TRADE = '{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%.8f","q":"0.02000000","T":%d,"m":true,"M":true}'
QUOTES_PER_TRADE = 4

Sent = dict[str, list[tuple[int, int]]]
"""By instrument what was sent: when (nanoseconds) and which price, in ticks."""


def play_venue(pipe: Connection) -> None:
    """The process: says its address, plays what it is told, says what it sent, until "end"."""
    with undisturbed():
        asyncio.run(_play(pipe))


async def _play(pipe: Connection) -> None:
    faults = Faults(seed=1)
    options = VenueOptions(1, 1.0, None, still=True)
    protocol = make_protocol("binance", Chaos(faults, VenueClock(faults)), options)
    async with VenueServer(protocol) as server:
        pipe.send(server.url)
        prices = Prices(protocol)
        while (asked := await asyncio.to_thread(pipe.recv)) != "end":
            await prices.play(*asked)
            pipe.send(dict(prices.sent))


class Prices:
    """What is sent to who listens, by symbol in turn."""

    def __init__(self, protocol: Any) -> None:
        self.sent: Sent = defaultdict(list)
        self._streams = protocol.streams
        self._number = 0

    async def play(self, rate: int, seconds: float) -> None:
        """Send best prices at a rate of so many a second, and a trade with each fourth."""
        self.sent.clear()
        began_s, count = time.perf_counter(), 0
        while (now_s := time.perf_counter() - began_s) < seconds:
            due = int(now_s * rate) - count
            count += due
            for _ in range(due):
                self._send()
            if due:
                self._streams.flush()
            await asyncio.sleep(TICK_S)

    def _send(self) -> None:
        self._number += 1
        place, at = divmod(self._number, len(SYMBOLS))
        name = list(SYMBOLS)[at]
        start, digits = SYMBOLS[name]
        ticks = start * 10**digits + place % PRICES
        symbol, price = name.replace("/", ""), ticks / 10**digits
        stream = symbol.lower()
        if self._number % QUOTES_PER_TRADE == 0:
            now_ms = time.time_ns() // 1_000_000
            trade = TRADE % (now_ms, symbol, self._number, price, now_ms)
            self._streams.send_raw(f"{stream}@trade", trade.encode())
        quote = QUOTE % (self._number, symbol, price, price + 10**-digits)
        self.sent[name].append((time.time_ns(), ticks))
        self._streams.send_raw(f"{stream}@bookTicker", quote.encode())
