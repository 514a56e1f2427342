"""Binance's trades from a WebSocket on loopback to a consumer of batches, and to one of rows.

What limits it: not profiled; a bare WebSocket client on the same frames is the yardstick.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import multiprocessing
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw
from tradewind.adapters.binance.hosts import SPOT, local_hosts
from tradewind.adapters.binance.market_data import MarketFeed
from tradewind.adapters.binance.rest import Rest
from tradewind.adapters.binance.stream_reader import StreamReader
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import SocketSettings

TARGET = 0.25 if tw.COMPILED else 0.1
BLOCK = 500
BTC = tw.Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)
PAYLOAD = (
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":%d,'
    b'"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}'
)
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Take = Callable[[tw.Columns], None]


def frames(count: int) -> list[bytes]:
    """Trades with ids that follow each other."""
    return [PAYLOAD % number for number in range(1_000_000, 1_000_000 + count)]


def serve(count: int, ports: Any) -> None:
    """A process that sends the frames to whoever subscribes, once for each connection."""
    wire = [struct.pack("!BBH", 0x81, 126, len(frame)) + frame for frame in frames(count)]
    blocks = [b"".join(wire[i : i + BLOCK]) for i in range(0, len(wire), BLOCK)]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        ports.put(listener.getsockname()[1])
        while True:
            peer, _ = listener.accept()
            head = peer.recv(65536)
            key = next(x for x in head.split(b"\r\n") if x.lower().startswith(b"sec-websocket-key"))
            accept = base64.b64encode(hashlib.sha1(key.split(b": ")[1] + MAGIC).digest())
            peer.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            peer.recv(65536)  # the subscription
            for block in blocks:
                peer.sendall(block)
            peer.recv(65536)
            peer.close()


class Clock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return time.time_ns()


async def received_s(port: int, count: int, take: Take) -> float:
    """CPU time from the first frame to the last."""
    started = finished = 0.0
    rows = 0
    done = asyncio.Event()

    def consume(columns: tw.Columns) -> None:
        nonlocal started, finished, rows
        started = started or time.process_time()
        take(columns)
        rows += len(columns)
        if rows >= count:
            finished = time.process_time()
            done.set()

    session = Session()
    address = f"127.0.0.1:{port}"
    clock = Clock()
    rest = Rest(SPOT, local_hosts(address), session, clock=clock, chance=float)
    feed = MarketFeed(
        StreamReader([BTC]),
        ["btcusdt@trade"],
        SocketSettings(name="benchmark", url=f"ws://{address}/stream"),
        rest,
        session,
        consume,
        clock=clock,
        chance=float,
        timeframe="",
    )
    task = asyncio.create_task(feed.run())
    await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await session.close()
    return finished - started


def by_batch(columns: tw.Columns) -> None:
    """A consumer of batches: one sum over the rows."""
    int(columns["size"].sum())


def by_row(columns: tw.Columns) -> None:
    """A consumer of rows: a Python call for each."""
    names = ("time_ns", "price", "size", "side")
    for row in zip(*(columns[name].tolist() for name in names), strict=True):
        on_trade(*row)


def on_trade(time_ns: int, price: int, size: int, side: int) -> int:
    """What a strategy's callback costs at least."""
    return price * size * side


class BareTrade(msgspec.Struct):
    """What the bare loop reads."""

    s: str
    p: str
    q: str
    T: int


class BareFrame(msgspec.Struct):
    """A frame around it."""

    data: BareTrade


def bare_loop(raw: list[bytes]) -> float:
    """The yardstick: each frame decoded alone into floats, no socket, nothing checked."""
    decode = msgspec.json.Decoder(BareFrame).decode
    total = 0.0
    for frame in raw:
        trade = decode(frame).data
        total += float(trade.p) * float(trade.q)
    return total


def main() -> int:
    """Print trades a second of one connection against a loop without a socket."""
    count = sized(400_000, 20_000)
    ports: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(count, ports), daemon=True)
    server.start()
    port = ports.get()
    raw = frames(count)
    batch_s, row_s, bare_s = best_in_turn_s(
        lambda: asyncio.run(received_s(port, count, by_batch)),
        lambda: asyncio.run(received_s(port, count, by_row)),
        timed(lambda: bare_loop(raw)),
    )
    server.terminate()
    server.join()
    return report(
        "venue_socket",
        count / batch_s,
        "trades/s",
        floor=count / bare_s,
        ratio=bare_s / batch_s,
        target=TARGET,
        by_row=count / row_s,
    )


if __name__ == "__main__":
    sys.exit(main())
