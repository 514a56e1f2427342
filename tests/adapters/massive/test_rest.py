"""Paging, refusals and keys of Massive, against a server on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.adapters.loopback_venue import Told, told
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.massive.downloads import MassiveDownloads
from tradewind.adapters.massive.instruments import instrument_of
from tradewind.adapters.massive.rest import Hosts
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.trading import Refused

KEY = "a-key-that-nobody-may-see"
APPLE = instrument_of("AAPL.MASSIVE", Decimal(1))
MINUTE_MS = 60_000
START_MS = 1_641_220_200_000
MS = 1_000_000
WANTED = Wanted("bars", APPLE, "1m", START_MS * MS, (START_MS + 10 * MINUTE_MS) * MS)
PATH = f"/v2/aggs/ticker/AAPL/range/1/minute/{START_MS}/{START_MS + 10 * MINUTE_MS - 1}"


def bar(minute: int) -> dict[str, Any]:
    time_ms = START_MS + minute * MINUTE_MS
    return {"t": time_ms, "o": 10, "h": 11.5, "l": 9.25, "c": 10.125, "v": 100.5}


def page(*minutes: int, next_url: str = "") -> tuple[int, Any]:
    body: dict[str, Any] = {"status": "OK", "results": [bar(minute) for minute in minutes]}
    return 200, body | ({"next_url": next_url} if next_url else {})


Use = Callable[[MassiveDownloads, Told], Awaitable[Any]]


def using(answers: dict[tuple[str, str], Any], use: Use) -> Any:
    async def run() -> Any:
        async with told(answers) as (base, venue):
            downloads = MassiveDownloads(
                Secret(KEY),
                Hosts(rest=base),
                clock=RealClock(),
                chance=no_chance,
                requests_per_minute=1_000,
            )
            await downloads.start()
            try:
                return await use(downloads, venue)
            finally:
                await downloads.close()

    return asyncio.run(run())


async def pages_of(downloads: MassiveDownloads, venue: Told) -> list[Page]:
    return [page async for page in downloads.pages(WANTED)]


@pytest.mark.parametrize("host", ["https://api.massive.com", "https://api.polygon.io"])
def test_a_next_page_of_either_name_is_asked_of_our_host(host: str) -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        pages = await pages_of(downloads, venue)
        assert [len(each.columns) for each in pages] == [2, 1]
        assert pages[0].done_ns == (START_MS + MINUTE_MS) * MS
        assert pages[-1].done_ns == WANTED.end_ns
        assert venue.asked[1].query == {"cursor": "abc"}
        assert venue.asked[1].headers["Authorization"] == f"Bearer {KEY}"
        assert venue.asked[0].query == {"adjusted": "false", "sort": "asc", "limit": "50000"}

    next_url = f"{host}/v2/more?cursor=abc&apiKey=other"
    using({("GET", PATH): page(0, 1, next_url=next_url), ("GET", "/v2/more"): page(2)}, use)


def test_a_next_page_elsewhere_is_not_asked() -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        with pytest.raises(BadAnswer, match=r"evil\.example"):
            await pages_of(downloads, venue)
        assert len(venue.asked) == 1

    using({("GET", PATH): page(0, next_url="https://evil.example/v2/more?cursor=x")}, use)


def test_a_page_that_names_itself_ends_the_download() -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> int:
        return len(await pages_of(downloads, venue))

    again = "https://api.massive.com/v2/more?cursor=abc"
    answers = {("GET", PATH): page(0, next_url=again), ("GET", "/v2/more"): page(1, next_url=again)}
    assert using(answers, use) == 2


def test_rows_that_cannot_be_are_counted_and_left_out() -> None:
    broken = [bar(1) | {"h": 1}, bar(2) | {"c": 10.12345}, bar(0), bar(3), bar(3), bar(99)]
    answers = {("GET", PATH): (200, {"status": "OK", "results": [bar(0), *broken]})}

    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        [only] = await pages_of(downloads, venue)
        assert only.columns["open_time_ns"].tolist() == [START_MS * MS, bar(3)["t"] * MS]
        assert sum(only.left_out.values()) == 4
        assert only.left_out["more digits than the instrument has"] == 1

    using(answers, use)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"status": "ERROR", "error": f"Unknown API Key {KEY}"}, "POLYGON_API_KEY"),
        (403, {"status": "NOT_AUTHORIZED", "message": "not entitled"}, "the plan of the key"),
        (404, {"status": "NOT_FOUND"}, "no such ticker"),
    ],
)
def test_a_refusal_has_their_words_ours_and_no_key(status: int, body: Any, words: str) -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        with pytest.raises(Refused, match=words) as caught:
            await pages_of(downloads, venue)
        assert KEY not in str(caught.value)
        assert KEY not in repr(downloads.__dict__)

    using({("GET", PATH): (status, body)}, use)


def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        with pytest.raises(BadAnswer):
            await pages_of(downloads, venue)

    using({("GET", PATH): (200, b'{"results": 5}')}, use)


def test_a_ticker_that_is_not_there_is_the_users_error() -> None:
    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        with pytest.raises(UserError, match="no AAPLX"):
            await downloads.instrument("AAPLX.MASSIVE")
        with pytest.raises(UserError, match=r"AAPL\.MASSIVE"):
            await downloads.instrument("AAPL.ALPACA")

    using({("GET", "/v2/aggs/ticker/AAPLX/prev"): (200, {"status": "OK"})}, use)


def test_splits_and_dividends_come_in_order() -> None:
    splits = [{"execution_date": "2020-08-31", "split_from": 1, "split_to": 4, "ticker": "AAPL"}]
    dividends = [
        {"cash_amount": 0.82, "ex_dividend_date": "2020-08-07", "ticker": "AAPL"},
        {"cash_amount": 0.205, "ex_dividend_date": "2020-11-06", "ticker": "AAPL"},
        {"cash_amount": 9, "ex_dividend_date": "2020-11-06", "ticker": "MSFT"},
    ]

    async def use(downloads: MassiveDownloads, venue: Told) -> None:
        found = await downloads.corporate_actions(APPLE, start_ns=0, end_ns=2 * 10**18)
        kinds = [(each.kind, each.new, each.amount) for each in found]
        assert kinds == [("dividend", "1", "0.82"), ("split", "4", "0"), ("dividend", "1", "0.205")]

    using(
        {
            ("GET", "/v3/reference/splits"): (200, {"results": splits}),
            ("GET", "/v3/reference/dividends"): (200, {"results": dividends}),
        },
        use,
    )
