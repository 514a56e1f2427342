"""Downloads from Binance against the local venue: complete, in pages, finished bars only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.binance import history
from tradewind.adapters.binance.downloads import BinanceDownloads
from tradewind.adapters.binance.hosts import local_hosts
from tradewind.model.columns import ColumnKind, concatenate
from tradewind.model.errors import UserError
from tradewind.ports.downloads import Page, Wanted

SECOND_NS = 1_000_000_000
NAME = "BTC/USDT.BINANCE"


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--speed", "50") as running:
        yield running


async def pages_of(venue: LocalVenue, kind: ColumnKind, timeframe: str | None) -> list[Page]:
    source = BinanceDownloads(
        "spot", local_hosts(venue.address), clock=RealClock(), chance=no_chance
    )
    await source.start()
    try:
        instrument = await source.instrument(NAME)
        now_ns = source._rest.venue_ms() * 1_000_000
        wanted = Wanted(kind, instrument, timeframe, now_ns - 3_600 * SECOND_NS, now_ns)
        return [page async for page in source.pages(wanted)]
    finally:
        await source.close()


def test_prints_come_in_pages_and_none_twice(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(30):
            while not sum(len(page.columns) for page in await pages_of(venue, "trades", None)) > 40:
                await asyncio.sleep(0.2)
        monkeypatch.setattr(history, "PAGE_ROWS", 7)
        pages = await pages_of(venue, "trades", None)
        rows = concatenate([page.columns for page in pages])
        assert len(pages) > 3
        assert len(rows) > 40
        assert (rows["time_ns"][1:] >= rows["time_ns"][:-1]).all()
        assert all(not page.left_out for page in pages)
        done = [page.done_ns for page in pages]
        assert done == sorted(done)

    asyncio.run(scenario())


def test_bars_are_finished_and_follow_each_other(venue: LocalVenue) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(30):
            while True:
                pages = await pages_of(venue, "bars", "1s")
                rows = concatenate([page.columns for page in pages])
                if len(rows) >= 5:
                    break
                await asyncio.sleep(0.2)
        opened = rows["open_time_ns"]
        assert (opened[1:] - opened[:-1] >= SECOND_NS).all()
        assert (rows["close_time_ns"] - opened == SECOND_NS).all()

    asyncio.run(scenario())


def test_what_the_venue_has_not_is_a_users_error(venue: LocalVenue) -> None:
    with pytest.raises(UserError, match="no bars of 7m"):
        asyncio.run(pages_of(venue, "bars", "7m"))
    with pytest.raises(UserError, match="no history of quotes"):
        asyncio.run(pages_of(venue, "quotes", None))
