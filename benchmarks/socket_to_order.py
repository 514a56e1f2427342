"""From the bytes of a quote to the bytes of an order at the socket, in the engine's process.

A process of its own plays the venue: it sends a quote every three milliseconds over TCP and reads
what comes back. Measured is the time
from the quote's bytes in `data_received` to the return of the `write` that hands the signed request
to the socket: parsing, quality, loop, strategy, risk, journal, dispatch, order parameters,
signature. Not measured are the WebSocket frame around the quote and the bookkeeping of the HTTP
client. With the durable journal each order waits for its group's fsync, which is measured beside
it. The yardstick answers the same quotes in the same process with msgspec, a format string and the
same signature, and does nothing else.

What limits it: there is no hop left, the order leaves in the call that brought the quote. It is
Python that runs cold: run one behind the other the stages take 65 us (reader 8, quality 3, engine
and strategy 14, recording 6, group 4, journal 7, parameters 7, query 6, signature 4), three
milliseconds apart five times that, as the yardstick's 3 us become 40 to 60. It is not the waking
up: with real-time priority, so that no other program of the machine took its processor, at half
speed and a load of 15, a p50 was 175 us one behind the other, 198 after half a millisecond of
spinning, 234 after one, 390 after two and 518 after four; as much after sleeping, and less (227)
after writing through 8 MB. What shares the hardware with the two virtual cores clears their caches
within a millisecond or two. Tried: the numpy arrays of a single row, decoding each record again in
the journal, encoding the instrument for each batch's digest, a queue and a task for each command: a
third less. Without a gain: an event loop that never sleeps, uvloop (3 % from tick to order), huge
pages, the fifteen modules of the shell compiled, a thread of its own for durable commits. Durable
commits in the loop itself brought 0 to 250 us, and would let a slow disk stop it. `rehearsed`: with
an engine beside this one that answers a made-up quote every millisecond (TRADEWIND_REHEARSAL_MS=1)
code stays in the caches, and that took a quarter to a third off, in turn: 262 to 330 us instead of
384 to 424. By hop three milliseconds apart, with real-time priority at a load of 18 (p50 526 us):
reader 61 us, quality 20, engine and strategy 142, recording 40, group 15, journal 25, and from the
turn's end to the socket 168, of them parameters 36, query 19, signature 15, the write 30; no hop is
most of it. Orders leave by a request of our own over a connection that stands
(`adapters/net/http_connections`), so there is no general client to take out.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from _measure import report, sized

import tradewind as tw
from tradewind.adapters.binance.order_parameters import submit_parameters
from tradewind.adapters.binance.stream_reader import StreamReader
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.net.query import encode_query, encoded
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.signing import HmacSigner
from tradewind.adapters.sqlite.journal import open_journal
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.orders import Sizing
from tradewind.ports.journal import Journal
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.feed import Feed
from tradewind.runtime.loop import Loop
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.strategy_host import attach
from tradewind.wiring.rehearsal import rehearsed

TARGET = 0.12 if tw.COMPILED else 0.05
WARM_UP = 200
PAUSE_S = 0.003
LAST_ORDERS_S = 10.0
REHEARSAL_MS = 1
COIN = tw.Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", currency="USDT")
LIMITS = tw.Limits(order_quantity="1", position_quantity="1000", price_collar="0.1")
QUOTE = (
    b'{"stream":"btcusdt@bookTicker","data":{"u":%d,"s":"BTCUSDT","b":"%d.10000000",'
    b'"B":"3.10000000","a":"%d.11000000","A":"2.50000000"}}'
)


Taken = list[float]


class WallClock:
    """The clock of the run."""

    def now_ns(self) -> int:
        """UTC."""
        return time.time_ns()


class Taker(tw.Strategy):
    """Answers each quote with an order."""

    def on_start(self) -> None:
        """Ask for quotes."""
        self.is_long = 0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: tw.Quote) -> None:
        """Buy at the ask, sell at the bid, in turn."""
        self.is_long = 1 - self.is_long
        if self.is_long:
            self.buy("0.001", limit=quote.ask_exact)
        else:
            self.sell("0.001", limit=quote.bid_exact)


class SocketTrading:
    """Writes signed requests to a socket and says at once that the order is done."""

    silence_s = 1.0
    sends_at_once = True

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._signer = HmacSigner(Secret("benchmark"))
        self._deliver: Any = None

    async def start(self, deliver: Any) -> None:
        """Reports go there."""
        self._deliver = deliver

    async def submit(self, command: m.SubmitOrder) -> None:
        """The request as the venue's REST takes it."""
        parameters = submit_parameters(command, COIN, "BTCUSDT", "spot")
        query = encode_query(
            {**parameters, "recvWindow": 2000, "timestamp": time.time_ns() // 1_000_000}
        )
        signature = encoded(self._signer.sign(query))
        self._write(
            f"POST /api/v3/order?{query}&signature={signature} HTTP/1.1\r\n"
            "Host: api.binance.com\r\nX-MBX-APIKEY: key\r\nContent-Length: 0\r\n\r\n".encode()
        )
        self._deliver(m.OrderCanceled(0, command.order_id))

    async def close(self) -> None:
        """Nothing to let go of."""


class Wire(asyncio.Protocol):
    """The connection to the venue: quotes in, orders out."""

    def __init__(self, take: Callable[[list[bytes]], None]) -> None:
        self.take = take
        self.begun_ns = self.begun_cpu_ns = self.quotes = 0
        self.taken_ns: list[int] = []
        self.cpu_ns: list[int] = []
        self.transport: Any = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Orders go out this way."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Quotes, one a line."""
        self.begun_ns, self.begun_cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        frames = data.splitlines()
        self.quotes += len(frames)
        self.take(frames)

    def write(self, data: bytes) -> None:
        """An order leaves."""
        self.transport.write(data)
        self.taken_ns.append(time.perf_counter_ns() - self.begun_ns)
        self.cpu_ns.append(time.thread_time_ns() - self.begun_cpu_ns)

    def eof_received(self) -> bool:
        """The venue has sent all; our side stays open for the last orders."""
        self.closed.set_result(None)
        return True


def play_venue(listener: socket.socket, count: int) -> None:
    """Send quotes to whoever connects, and read what comes back."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number in range(count):
        price = 60_000 + number % 50
        connection.sendall(QUOTE % (number + 1, price, price) + b"\n")
        time.sleep(PAUSE_S)
        with contextlib.suppress(BlockingIOError):
            while connection.recv(65_536, socket.MSG_DONTWAIT):
                pass
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):
        pass
    connection.close()


async def run(journal: Journal, commit: Any, port: int) -> Wire:
    """The wire with what each order took."""
    clock = WallClock()
    engine = Engine(State())
    loop = Loop(
        engine,
        journal,
        Recorder(MemorySegments()),
        clock=clock,
        epoch=journal.take_over(),
        commit=commit,
    )
    for event in (
        m.RunStarted(0, journal.journal_id, 1, "benchmark"),
        m.InstrumentListed(0, COIN),
        m.AccountOpened(0, "main", "USDT"),
        m.CashDeposited(0, "main", "USDT", 10**16),
        m.LimitsChanged(0, "account:main", LIMITS, "benchmark"),
    ):
        loop.offer(event)
    await loop.turn()
    attach(engine, Taker(), name="taker", account="main", instruments=[COIN], sizing=Sizing.AT_FILL)
    feed = Feed([loop.take_rows], loop.offer, clock=clock, bars={})
    reader = StreamReader([COIN])

    def take(frames: list[bytes]) -> None:
        for columns in reader.take(frames, clock.now_ns()):
            feed.take(columns)

    wire = Wire(take)
    dispatch = Dispatch({"BINANCE": SocketTrading(wire.write)}, loop.offer)  # type: ignore[dict-item]
    loop.listeners.append(lambda turn: [dispatch.send(command) for command in turn.commands])
    await dispatch.start()
    turning = asyncio.create_task(loop.run())
    await heard_out(wire, port)
    loop.stop()
    await turning
    await dispatch.close()
    return wire


async def run_bare(port: int) -> Wire:
    """The yardstick: no engine between the quote and the order."""
    signer = HmacSigner(Secret("benchmark"))
    decode = msgspec.json.Decoder(dict[str, Any]).decode

    def take(frames: list[bytes]) -> None:
        for frame in frames:
            price = decode(frame)["data"]["a"]
            query = (
                f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price={price}"
                f"&recvWindow=2000&timestamp={time.time_ns() // 1_000_000}"
            )
            signature = signer.sign(query)
            wire.write(f"POST /api/v3/order?{query}&signature={signature}\r\n\r\n".encode())

    wire = Wire(take)
    await heard_out(wire, port)
    return wire


async def heard_out(wire: Wire, port: int) -> None:
    """Connect, and let go once every quote has its order."""
    await asyncio.get_running_loop().create_connection(lambda: wire, "127.0.0.1", port)
    await wire.closed
    async with asyncio.timeout(LAST_ORDERS_S):
        while len(wire.taken_ns) < wire.quotes:
            await asyncio.sleep(PAUSE_S)
    wire.transport.close()


async def rehearsed_run(journal: Journal, commit: Any, port: int) -> Wire:
    """The same with a rehearsal beside it."""
    async with rehearsed(REHEARSAL_MS, WallClock()):
        return await run(journal, commit, port)


def measured(
    make: Callable[[Path], Journal],
    commit: Any,
    count: int,
    play: Callable[[Journal, Any, int], Coroutine[Any, Any, Wire]] = run,
) -> tuple[Taken, Taken]:
    """One run of the engine."""
    with tempfile.TemporaryDirectory() as directory:
        journal = make(Path(directory))
        taken = against_a_venue(lambda port: play(journal, commit, port), count)
        journal.close()
    return taken


def against_a_venue(
    play: Callable[[int], Coroutine[Any, Any, Wire]], count: int
) -> tuple[Taken, Taken]:
    """Sorted microseconds by the wall and of CPU, of one run against a venue of its own."""
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        venue = multiprocessing.get_context("fork").Process(target=play_venue, args=(own, count))
        venue.start()
        gc.collect()
        wire = asyncio.run(play(port))
        venue.join()
    return in_order_us(wire.taken_ns), in_order_us(wire.cpu_ns)


def in_order_us(taken_ns: list[int]) -> Taken:
    """Microseconds of all but the first, which warm up, the shortest first."""
    return sorted(each / 1e3 for each in taken_ns[WARM_UP:])


def tenth(taken: Taken) -> float:
    """What the quickest tenth stays under: a busy machine moves it least."""
    return taken[len(taken) // 10]


async def at_once(write: Callable[[], None]) -> None:
    """A commit to memory."""
    write()


async def on_a_thread(write: Callable[[], None]) -> None:
    """A commit to disk, as the platform does it."""
    await asyncio.to_thread(write)


def fsync_us(count: int) -> float:
    """The median of a bare append and fsync."""
    taken_s = []
    with tempfile.TemporaryDirectory() as directory, Path(directory, "bare").open("ab") as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(bytes(700))
            file.flush()
            os.fsync(file.fileno())
            taken_s.append(time.perf_counter() - start)
            time.sleep(PAUSE_S)
    return sorted(taken_s)[count // 2] * 1e6


def main() -> int:
    """Print microseconds from quote to order; the ratio is that of CPU time to the yardstick's."""
    count = WARM_UP + sized(3_000, 600)
    memory, cpu = measured(lambda _: MemoryJournal("j0"), at_once, count)
    near, _ = measured(lambda _: MemoryJournal("j0"), at_once, count, rehearsed_run)
    durable, _ = measured(
        lambda path: open_journal(path, journal_id="j0", reserve_bytes=0), on_a_thread, count
    )
    _, bare_cpu = against_a_venue(run_bare, count)
    fsync = fsync_us(200)
    return report(
        "socket_to_order",
        memory[len(memory) // 2],
        "us",
        floor=tenth(bare_cpu),
        ratio=tenth(bare_cpu) / tenth(cpu),
        target=TARGET,
        p99_us=memory[len(memory) * 99 // 100],
        cpu_p50_us=cpu[len(cpu) // 2],
        cpu_p10_us=tenth(cpu),
        rehearsed_p50_us=near[len(near) // 2],
        rehearsed_p99_us=near[len(near) * 99 // 100],
        durable_p50_us=durable[len(durable) // 2],
        durable_p99_us=durable[len(durable) * 99 // 100],
        fsync_us=fsync,
        durable_beyond_fsync_us=durable[len(durable) // 2] - fsync,
        orders=len(memory),
    )


if __name__ == "__main__":
    sys.exit(main())
