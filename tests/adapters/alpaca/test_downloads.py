"""Alpaca's history page by page: what is asked, what is taken, where it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.adapters.alpaca.samples import APPLE, BITCOIN
from tests.adapters.loopback_venue import Told, told
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.alpaca.downloads import AlpacaDownloads
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.rfc3339 import time_ns_of
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError
from tradewind.ports.downloads import Page, Wanted

START_NS, END_NS = time_ns_of("2022-01-03T14:30:00Z"), time_ns_of("2022-01-03T15:30:00Z")
BARS = Wanted("bars", APPLE.instrument, "1m", START_NS, END_NS)
STOCK_BARS, CRYPTO_BARS = ("GET", "/v2/stocks/bars"), ("GET", "/v1beta3/crypto/us/bars")


def bar(time: str) -> dict[str, Any]:
    return {"t": time, "o": 178.26, "h": 178.34, "l": 177.76, "c": 178.08, "v": 60937, "n": 1}


def page(*times: str, token: str | None = None, symbol: str = "AAPL") -> tuple[int, Any]:
    return 200, {"bars": {symbol: list(map(bar, times))}, "next_page_token": token}


Use = Callable[[AlpacaDownloads, Told], Awaitable[Any]]


def using(answers: dict[tuple[str, str], Any], use: Use) -> Any:
    async def run() -> Any:
        async with told(answers) as (base, venue):
            keys = Keys(Secret("id"), Secret("secret"))
            hosts = Hosts(base, data=base, feed="sip")
            downloads = AlpacaDownloads(keys, hosts, clock=RealClock(), chance=no_chance)
            await downloads.start()
            try:
                return await use(downloads, venue)
            finally:
                await downloads.close()

    return asyncio.run(run())


async def pages_of(downloads: AlpacaDownloads, wanted: Wanted) -> list[Page]:
    return [page async for page in downloads.pages(wanted)]


def test_pages_follow_their_tokens_to_the_end() -> None:
    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        first, second = await pages_of(downloads, BARS)
        assert first.columns["close"].tolist() == [1_780_800, 1_780_800]
        assert first.done_ns == START_NS + 60 * 10**9
        assert second.done_ns == END_NS
        assert venue.asked[0].query == {
            "symbols": "AAPL",
            "start": "2022-01-03T14:30:00Z",
            "end": "2022-01-03T15:29:59.999999999Z",
            "limit": "10000",
            "sort": "asc",
            "timeframe": "1Min",
            "feed": "sip",
            "adjustment": "raw",
        }
        assert venue.asked[1].query["page_token"] == "QUFQTA=="

    pages = [
        page("2022-01-03T14:30:00Z", "2022-01-03T14:31:00Z", token="QUFQTA=="),
        page("2022-01-03T14:32:00Z"),
    ]
    using({STOCK_BARS: pages}, use)


def test_a_token_that_comes_back_is_no_next_page() -> None:
    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        with pytest.raises(BadAnswer, match="same page"):
            await pages_of(downloads, BARS)
        assert len(venue.asked) == 2

    using({STOCK_BARS: page("2022-01-03T14:30:00Z", token="again")}, use)


def test_crypto_is_asked_at_its_own_place_without_a_feed() -> None:
    wanted = Wanted("bars", BITCOIN.instrument, "1d", START_NS, END_NS + 10**15)

    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        [only] = await pages_of(downloads, wanted)
        assert len(only.columns) == 1
        day_ns = 86_400 * 10**9
        assert (only.columns["close_time_ns"] - only.columns["open_time_ns"]).tolist() == [day_ns]
        assert "feed" not in venue.asked[0].query
        assert venue.asked[0].query["symbols"] == "BTC/USD"

    using({CRYPTO_BARS: page("2022-01-04T00:00:00Z", symbol="BTC/USD")}, use)


def test_a_day_of_an_equity_is_its_session() -> None:
    wanted = Wanted("bars", APPLE.instrument, "1d", time_ns_of("2022-01-03T00:00:00Z"), END_NS)

    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        [only] = await pages_of(downloads, wanted)
        assert only.columns["open_time_ns"].tolist() == [START_NS]
        assert only.columns["close_time_ns"].tolist() == [time_ns_of("2022-01-03T21:00:00Z")]

    using({STOCK_BARS: page("2022-01-03T05:00:00Z")}, use)


def test_no_rows_complete_a_range_too() -> None:
    async def use(downloads: AlpacaDownloads, venue: Told) -> list[Page]:
        return await pages_of(downloads, BARS)

    [only] = using({STOCK_BARS: (200, {"bars": None, "next_page_token": None})}, use)
    assert (len(only.columns), only.done_ns) == (0, END_NS)


def test_an_instrument_is_an_asset_or_the_users_error() -> None:
    asset = {
        "id": "b",
        "class": "crypto",
        "symbol": "BTC/USD",
        "status": "active",
        "tradable": True,
    }

    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        found = await downloads.instrument("BTC/USD.ALPACA")
        assert found.currency == "USD"
        with pytest.raises(UserError, match="no NOPE"):
            await downloads.instrument("NOPE.ALPACA")
        with pytest.raises(UserError, match="no bars of 2m"):
            await pages_of(downloads, Wanted("bars", APPLE.instrument, "2m", 1, 2))

    using({("GET", "/v2/assets/BTC/USD"): (200, asset)}, use)


def test_corporate_actions_come_in_order_from_all_pages() -> None:
    split = {"symbol": "AAPL", "new_rate": 4, "old_rate": 1, "ex_date": "2020-08-31"}
    dividend = {"symbol": "AAPL", "rate": 0.82, "ex_date": "2020-08-07"}
    pages = [
        (200, {"corporate_actions": {"forward_splits": [split]}, "next_page_token": "x"}),
        (200, {"corporate_actions": {"cash_dividends": [dividend]}, "next_page_token": None}),
    ]

    async def use(downloads: AlpacaDownloads, venue: Told) -> None:
        found = await downloads.corporate_actions(APPLE.instrument, start_ns=0, end_ns=END_NS)
        assert [(each.kind, each.new, each.amount) for each in found] == [
            ("dividend", "1", "0.82"),
            ("split", "4", "0"),
        ]
        none = await downloads.corporate_actions(BITCOIN.instrument, start_ns=0, end_ns=END_NS)
        assert none == []

    using({("GET", "/v1/corporate-actions"): pages}, use)
