"""Both captures through the socket: the rows are those that the file gives, the books too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance, served
from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data
from tradewind.adapters.binance.capture import capture_lines, read_capture
from tradewind.adapters.binance.hosts import MarketKind, local_hosts
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.adapters.binance.market_data import BinanceMarketData
from tradewind.adapters.binance.stream_reader import StreamReader
from tradewind.model.columns import Columns, concatenate
from tradewind.model.instruments import Instrument
from tradewind.testing.market_data_suite import Received, book_of

CAPTURES: list[tuple[MarketKind, str, str]] = [
    ("spot", SPOT, "BTC/USDT.BINANCE"),
    ("usdm", USDM, "ETH/USDT.BINANCE-USDM"),
]
LEVELS = 10_000


def frames_of(name: str) -> Iterator[bytes]:
    for line in capture_lines(capture(name)):
        yield line.rstrip().partition(b" ")[2]


def is_snapshot(frame: bytes) -> bool:
    return b'"lastUpdateId"' in frame[:200]


def whole(batches: list[Columns], kind: str) -> dict[str, list[int]]:
    """All rows of a kind, without the time that they arrived here."""
    found = concatenate([columns for columns in batches if columns.kind == kind])
    return {name: found[name].tolist() for name in found.arrays if name != "time_ns"}


def assert_equal(ours: list[Columns], instrument: Instrument, name: str) -> None:
    of_file = list(read_capture(capture(name), instrument))
    for kind in ("trades", "quotes", "depth"):
        assert whole(ours, kind) == whole(of_file, kind), kind
    received = Received()
    received.batches = of_file
    expected = book_of(instrument, received)
    received.batches = ours
    book = book_of(instrument, received)
    for side in (1, -1):
        assert book.levels(side, LEVELS) == expected.levels(side, LEVELS)
    assert (book.best_bid, book.best_ask) == (expected.best_bid, expected.best_ask) != (0, 0)


@needs_real_data
@pytest.mark.parametrize(("kind", "name", "instrument_id"), CAPTURES)
@pytest.mark.parametrize("size", [1, 64, 1000])
@pytest.mark.long
def test_frames_read_in_batches_give_the_rows_of_the_file(
    kind: MarketKind, name: str, instrument_id: str, size: int
) -> None:
    instrument = KNOWN[instrument_id]
    reader = StreamReader([instrument])
    frames, ours = list(frames_of(name)), []
    for number in range(0, len(frames), size):
        ours += reader.take(frames[number : number + size], 1_723_161_255_000_000_000 + number)
    assert reader.statistics.bad_ticks == 0
    assert_equal(ours, instrument, name)


def top_levels(instrument: Instrument, batches: list[Columns]) -> list[list[tuple[int, int]]]:
    """The hundred best levels of both sides of the book that the depth rows make."""
    received = Received()
    received.batches = batches
    book = book_of(instrument, received)
    return [list(book.levels(side, 100)) for side in (1, -1)]


class Replay:
    """A venue that replays a capture: the snapshot where the capture has it, when it is asked."""

    def __init__(self, kind: MarketKind, name: str, instrument: Instrument) -> None:
        frames = list(frames_of(name))
        self.cut = next(i for i, frame in enumerate(frames) if is_snapshot(frame))
        self.before, self.snapshot = frames[: self.cut], frames[self.cut]
        self.behind = frames[self.cut + 1 :]
        self.is_sent, self.is_taken = asyncio.Event(), asyncio.Event()
        self.path = "/api/v3" if kind == "spot" else "/fapi/v1"
        self.symbol = {
            "symbol": instrument.base + instrument.currency,
            "status": "TRADING",
            "baseAsset": instrument.base,
            "quoteAsset": instrument.currency,
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": instrument.tick},
                {"filterType": "LOT_SIZE", "stepSize": instrument.lot},
            ],
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == f"{self.path}/exchangeInfo":
            return web.json_response({"symbols": [self.symbol], "rateLimits": []})
        if request.path == f"{self.path}/depth":
            await self.is_sent.wait()
            asyncio.get_running_loop().call_later(0.2, self.is_taken.set)
            return web.Response(body=self.snapshot, content_type="application/json")
        assert request.path == "/stream"
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked: Any = await socket.receive_json()
        await socket.send_json({"result": None, "id": asked["id"]})
        for number, frame in enumerate(self.before):
            await socket.send_bytes(frame) if number % 2 else await socket.send_str(frame.decode())
        await asyncio.sleep(0.1)
        self.is_sent.set()
        await self.is_taken.wait()
        for frame in self.behind:
            await socket.send_str(frame.decode())
        await asyncio.sleep(60)
        return socket


@needs_real_data
@pytest.mark.parametrize(("kind", "name", "instrument_id"), CAPTURES)
def test_a_capture_through_the_socket_gives_the_rows_and_the_book_of_the_file(
    kind: MarketKind, name: str, instrument_id: str
) -> None:
    async def scenario() -> None:
        instrument = KNOWN[instrument_id]
        replay, received = Replay(kind, name, instrument), Received()
        async with served(replay.handle) as address:
            adapter = BinanceMarketData(
                kind,
                local_hosts(address),
                [instrument_id],
                clock=RealClock(),
                chance=no_chance,
                prints="trade",
            )
            await adapter.start()
            task = asyncio.create_task(adapter.run(received.take))
            frames = len(replay.before) + len(replay.behind) + 1
            try:
                await received.until(
                    lambda: bool(adapter.quality) and adapter.quality[0].stream.frames >= frames
                )
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            assert adapter.quality[0].stream.bad_ticks == 0
            assert adapter.instruments[0].quantity_digits == instrument.quantity_digits
            times = np.concatenate([columns.time_ns for columns in received.batches])
            assert (np.diff(times) >= 0).all()
            assert_equal(received.batches, adapter.instruments[0], name)

    asyncio.run(scenario())


@needs_real_data
@pytest.mark.parametrize(("kind", "name", "instrument_id"), CAPTURES)
def test_a_capture_replayed_by_the_local_venue_gives_the_same_rows_and_top_of_book(
    kind: MarketKind, name: str, instrument_id: str
) -> None:
    venue_name = "binance" if kind == "spot" else "binance-usdm"

    async def scenario(venue: LocalVenue) -> None:
        received = Received()
        adapter = BinanceMarketData(
            kind,
            local_hosts(venue.address),
            [instrument_id],
            clock=RealClock(),
            chance=no_chance,
            prints="trade",
        )
        await adapter.start()
        of_file = list(read_capture(capture(name), adapter.instruments[0]))
        rows = sum(len(columns) for columns in of_file if columns.kind in ("trades", "quotes"))
        task = asyncio.create_task(adapter.run(received.take))
        try:
            await received.until(lambda: received.rows("trades") + received.rows("quotes") >= rows)
            expected = top_levels(adapter.instruments[0], of_file)
            await received.until(
                lambda: top_levels(adapter.instruments[0], received.batches) == expected
            )
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for row_kind in ("trades", "quotes"):
            assert whole(received.batches, row_kind) == whole(of_file, row_kind)
        assert adapter.quality[0].stream.depth_gaps == 0

    with local_venue(venue_name, "--replay", str(capture(name)), "--speed", "60") as running:
        asyncio.run(scenario(running))
