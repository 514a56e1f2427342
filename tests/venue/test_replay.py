"""A replayed capture goes out as it was recorded, and its book can be built from it."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradewind.model.errors import UserError
from tradewind.venue.binance.start import spot
from tradewind.venue.chaos import Chaos
from tradewind.venue.faults import Faults
from tradewind.venue.options import VenueOptions
from tradewind.venue.server import VenueServer

LINES = 4_000
DEADLINE_S = 60.0
Book = dict[str, dict[str, str]]


def capture(folder: Path) -> Path:
    """The first lines of the recorded spot market."""
    real_data = os.environ.get("TRADEWIND_REAL_DATA")
    if not real_data:
        pytest.skip("TRADEWIND_REAL_DATA is not set: no recorded market")
    source = Path(real_data) / "binance_capture" / "spot_btcusdt_20240808.jsonl.gz"
    path = folder / "capture.jsonl"
    with gzip.open(source, "rb") as file:
        path.write_bytes(b"".join(next(file) for _ in range(LINES)))
    return path


def put(book: Book, event: dict[str, Any]) -> None:
    """Apply a depth update: sizes are absolute, zero removes."""
    for side in ("b", "a"):
        for price, size in event[side]:
            book[side].pop(price, None)
            if float(size):
                book[side][price] = size


def fresh(snapshot: dict[str, Any]) -> Book:
    """A book out of a REST snapshot."""
    return {"b": dict(snapshot["bids"]), "a": dict(snapshot["asks"])}


async def play(path: Path, count: int) -> tuple[dict[str, Any], list[bytes], dict[str, Any]]:
    """The first snapshot, every depth payload, and the last snapshot, over the wire."""
    protocol = spot(Chaos(Faults()), VenueOptions(replay=path, speed=1_000.0))
    frames = []
    async with VenueServer(protocol) as server, aiohttp.ClientSession() as http:

        async def depth() -> dict[str, Any]:
            url = f"{server.url}/api/v3/depth?symbol=BTCUSDT&limit=5000"
            async with http.get(url) as response:
                answer: dict[str, Any] = await response.json()
                return answer

        first = await depth()
        async with http.ws_connect(f"{server.ws_url}/ws/btcusdt@depth@100ms") as socket:
            for _ in range(count):
                frames.append((await socket.receive_str(timeout=DEADLINE_S)).encode())
            while not protocol.market.describe()["has_ended"]:
                await asyncio.sleep(0.01)
        return first, frames, await depth()


def test_a_replay_sends_every_recorded_frame_as_it_was_and_its_book_is_theirs(
    tmp_path: Path,
) -> None:
    path = capture(tmp_path)
    recorded = [line.partition(b" ")[2] for line in path.read_bytes().splitlines()]
    wanted = [line.partition(b'"data":')[2].rstrip()[:-1] for line in recorded if b"@depth" in line]
    first, frames, last = asyncio.run(asyncio.wait_for(play(path, len(wanted)), DEADLINE_S))
    assert frames == wanted
    book, update_id = fresh(first), first["lastUpdateId"]
    for event in map(json.loads, frames):
        if event["u"] > update_id:
            assert event["U"] <= update_id + 1
            put(book, event)
            update_id = event["u"]
    assert (fresh(last), last["lastUpdateId"]) == (book, update_id)


def test_a_file_that_is_no_capture_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text("yesterday\n")
    with pytest.raises(UserError, match="line 1: expected a receive time"):
        spot(Chaos(Faults()), VenueOptions(replay=path))
