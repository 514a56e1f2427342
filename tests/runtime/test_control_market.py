"""Prices over the control socket: told as they change, newest first for who reads late."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

from tests.runtime.memory_engine import MemoryEngine
from tests.runtime.test_control import answered, converse
from tradewind.runtime.read_models import MarketRow


async def following(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask for prices, and read the first ones."""
    writer.write(b'{"request":"market"}\n')
    assert (await answered(reader))["ok"]
    assert [row["bid"] for row in (await answered(reader))["rows"]] == ["59999.90"]


def test_a_follower_reads_each_new_price_with_the_sequence(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await following(reader, writer)
        for bid in ("60000.00", "60001.00"):
            engine.bid = bid
            engine.market.notice()
            while (told := await answered(reader))["rows"][0]["bid"] != bid:
                pass  # all rows were told again meanwhile, as they are each second
            assert told["sequence"] == 0

    converse(tmp_path, engine, talk)


def test_a_follower_that_hangs_up_is_forgotten(tmp_path: Path) -> None:
    engine = MemoryEngine()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await following(reader, writer)
        assert engine.market.follower_count == 1
        writer.close()
        while engine.market.follower_count:
            await asyncio.sleep(0.01)

    converse(tmp_path, engine, talk)


def test_a_follower_that_does_not_read_is_closed(tmp_path: Path) -> None:
    engine = MemoryEngine()
    rows = [MarketRow(instrument="x" * 1_000_000, bid="1", ask="2", last="1", age_ms=0)]
    engine.market._row = lambda _: rows[0]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"request":"market"}\n')
        await answered(reader)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        number = 0
        while number == 0 or engine.market.follower_count:
            number += 1
            engine.bid = str(number)
            engine.market.notice()
            await asyncio.sleep(0.01)

    converse(tmp_path, engine, talk, write_deadline_s=0.05)
    gc.collect()  # a task that nobody asked for its error would say so here
