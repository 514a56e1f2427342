"""The local Alpha Vantage over its wire: series, quotes, CSV, and troubles with status 200."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.venue.alpaca.alpaca_client import DEADLINE_S, FRIDAY_MORNING, HandClock
from tradewind.venue.alpha_vantage.venue import AlphaVantageVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock
from tradewind.venue.faults import Faults
from tradewind.venue.server import VenueServer

DAY_NS = 86_400 * 10**9


class Client:
    """Queries with the key of an account."""

    def __init__(self, server: VenueServer, http: aiohttp.ClientSession, clock: HandClock) -> None:
        self.server = server
        self.http = http
        self.clock = clock
        assert isinstance(server.protocol, AlphaVantageVenue)
        self.venue = server.protocol
        self.keys = {key.name: key.key for key in self.venue.keys.values()}

    async def text(self, function: str, account: str = "demo", **parameters: str) -> str:
        """What is answered, which always has status 200."""
        query = {"function": function, "apikey": self.keys.get(account, account), **parameters}
        async with self.http.get(f"{self.server.url}/query", params=query) as response:
            assert response.status == 200
            return await response.text()

    async def get(self, function: str, account: str = "demo", **parameters: str) -> Any:
        """The JSON of an answer."""
        return json.loads(await self.text(function, account, **parameters))


def run(scenario: Callable[[Client], Awaitable[None]]) -> None:
    """Serve a venue whose market stands still, and play a scenario."""

    async def play() -> None:
        hands, faults = HandClock(FRIDAY_MORNING), Faults(seed=7)
        venue = AlphaVantageVenue(
            Chaos(faults, VenueClock(faults, hands)), still=True, history_days=40
        )
        async with VenueServer(venue) as server, aiohttp.ClientSession() as http:
            await asyncio.wait_for(scenario(Client(server, http, hands)), DEADLINE_S)

    asyncio.run(play())


SERIES = [
    ("TIME_SERIES_DAILY", {"symbol": "AAPL"}, "Time Series (Daily)", "5. Time Zone"),
    ("TIME_SERIES_DAILY_ADJUSTED", {"symbol": "AAPL"}, "Time Series (Daily)", "5. Time Zone"),
    ("TIME_SERIES_WEEKLY", {"symbol": "AAPL"}, "Weekly Time Series", "4. Time Zone"),
    ("TIME_SERIES_MONTHLY", {"symbol": "AAPL"}, "Monthly Time Series", "4. Time Zone"),
    ("FX_DAILY", {"from_symbol": "EUR", "to_symbol": "USD"}, "Time Series FX (Daily)",
     "6. Time Zone"),
    ("DIGITAL_CURRENCY_DAILY", {"symbol": "BTC", "market": "USD"},
     "Time Series (Digital Currency Daily)", "7. Time Zone"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "parameters", "key", "zone"), SERIES)
def test_a_series_has_its_key_numbered_text_and_the_newest_row_first(
    function: str, parameters: dict[str, str], key: str, zone: str
) -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get(function, **parameters)
        assert list(answer) == ["Meta Data", key]
        assert zone in answer["Meta Data"]
        days = list(answer[key])
        assert days == sorted(days, reverse=True)
        assert days[0] == "2026-11-20"
        row = answer[key][days[0]]
        assert list(row)[:4] == ["1. open", "2. high", "3. low", "4. close"]
        assert all(isinstance(value, str) for value in row.values())

    run(scenario)


def test_intraday_stamps_are_new_york_s_and_the_newest_row_is_partial() -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get("TIME_SERIES_INTRADAY", symbol="AAPL", interval="60min")
        rows = answer["Time Series (60min)"]
        assert len(rows) == 100
        # It is 10:30: of the hour that began at 10:00 half is over.
        assert next(iter(rows)) == "2026-11-20 10:00:00"
        assert answer["Meta Data"]["3. Last Refreshed"] == "2026-11-20 10:00:00"
        volumes = [int(row["5. volume"]) for row in rows.values()]
        assert volumes[0] > 0

    run(scenario)


def test_regular_hours_and_a_month_can_be_asked_for() -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get(
            "TIME_SERIES_INTRADAY",
            symbol="AAPL",
            interval="30min",
            month="2026-11",
            extended_hours="false",
        )
        stamps = list(answer["Time Series (30min)"])
        assert {stamp[:7] for stamp in stamps} == {"2026-11"}
        assert {stamp[11:] for stamp in stamps if stamp < "2026-11-20"} == {
            f"{hour:02d}:{minute:02d}:00"
            for hour in range(9, 16)
            for minute in (0, 30)
            if (hour, minute) >= (9, 30)
        }

    run(scenario)


def test_csv_has_a_header_and_troubles_in_csv_are_still_json() -> None:
    async def scenario(client: Client) -> None:
        text = await client.text("TIME_SERIES_DAILY", symbol="AAPL", datatype="csv")
        rows = list(csv.reader(text.splitlines()))
        assert rows[0] == ["timestamp", "open", "high", "low", "close", "volume"]
        assert rows[1][0] == "2026-11-20"
        assert (await client.text("TIME_SERIES_DAILY", symbol="NOPE", datatype="csv"))[0] == "{"

    run(scenario)


def test_a_quote_is_numbered_and_empty_for_an_unknown_symbol() -> None:
    async def scenario(client: Client) -> None:
        quote = (await client.get("GLOBAL_QUOTE", symbol="AAPL"))["Global Quote"]
        assert quote["05. price"] == "220.0000"
        assert quote["10. change percent"].endswith("%")
        assert await client.get("GLOBAL_QUOTE", symbol="NOPE") == {"Global Quote": {}}

    run(scenario)


def test_a_rate_can_be_asked_for_both_ways() -> None:
    async def scenario(client: Client) -> None:
        pair = {"from_currency": "EUR", "to_currency": "USD"}
        key = "Realtime Currency Exchange Rate"
        there = (await client.get("CURRENCY_EXCHANGE_RATE", **pair))[key]
        back = (await client.get("CURRENCY_EXCHANGE_RATE", from_currency="USD", to_currency="EUR"))[
            key
        ]
        product = float(there["5. Exchange Rate"]) * float(back["5. Exchange Rate"])
        assert product == pytest.approx(1.0)
        assert float(back["8. Bid Price"]) < float(back["9. Ask Price"])

    run(scenario)


def test_search_market_status_splits_and_dividends() -> None:
    async def scenario(client: Client) -> None:
        matches = (await client.get("SYMBOL_SEARCH", keywords="aapl"))["bestMatches"]
        assert (matches[0]["1. symbol"], matches[0]["9. matchScore"]) == ("AAPL", "1.0000")
        markets = (await client.get("MARKET_STATUS"))["markets"]
        assert markets[0]["current_status"] == "open"
        assert (await client.get("SPLITS", symbol="AAPL"))["data"] == [
            {"effective_date": "2026-10-12", "split_factor": "4.0000"}
        ]
        assert len((await client.get("DIVIDENDS", symbol="AAPL"))["data"]) == 2

    run(scenario)


TROUBLES = [
    ("TIME_SERIES_DAILY", "demo", {"symbol": "NOPE"}, "Error Message", "Invalid API call"),
    ("TIME_SERIES_INTRADAY", "demo", {"symbol": "AAPL"}, "Error Message", "Invalid API call"),
    ("NO_SUCH_FUNCTION", "demo", {}, "Error Message", "does not exist"),
    ("TIME_SERIES_DAILY", "nobody", {"symbol": "AAPL"}, "Error Message", "apikey"),
    ("TIME_SERIES_DAILY_ADJUSTED", "free", {"symbol": "AAPL"}, "Information", "premium"),
]


@pytest.mark.parametrize(("function", "account", "parameters", "field", "words"), TROUBLES)
def test_troubles_are_told_in_the_body(
    function: str, account: str, parameters: dict[str, str], field: str, words: str
) -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get(function, account, **parameters)
        assert list(answer) == [field]
        assert words in answer[field]

    run(scenario)


def test_a_free_key_has_five_queries_a_minute_and_twenty_five_a_day() -> None:
    async def scenario(client: Client) -> None:
        async def field() -> str:
            return str(next(iter(await client.get("MARKET_STATUS", "free"))))

        for beyond in ["Note"] * 4 + ["Information"]:
            assert [await field() for _ in range(6)] == ["endpoint"] * 5 + [beyond]
            client.clock.now_ns += 60 * 10**9
        assert await field() == "Information"
        client.clock.now_ns += DAY_NS
        assert await field() == "endpoint"

    run(scenario)


def test_a_limit_that_is_forced_comes_in_the_body_and_a_failing_server_does_not() -> None:
    async def scenario(client: Client) -> None:
        client.venue.chaos.faults.switch_on("rate-limit", count=1)
        assert list(await client.get("MARKET_STATUS")) == ["Note"]
        client.venue.chaos.faults.switch_on("server-error", count=1)
        async with client.http.get(f"{client.server.url}/query") as response:
            assert response.status == 500

    run(scenario)
