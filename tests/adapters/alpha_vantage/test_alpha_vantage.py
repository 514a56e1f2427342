"""Alpha Vantage: verdicts told from bodies, quota and answers kept, rows turned round."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.loopback_venue import SteppedClock, Told, told
from tests.adapters.net.loopback import no_chance
from tradewind.adapters.alpha_vantage import wire
from tradewind.adapters.alpha_vantage.downloads import AlphaVantageDownloads, questions_of
from tradewind.adapters.alpha_vantage.instruments import instrument_of
from tradewind.adapters.alpha_vantage.quota import MINUTE_NS, Quota
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.rfc3339 import DAY_NS, time_ns_of
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import BadData, BadMessage, UserError
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.trading import Refused

KEY = "a-key-that-nobody-may-see"
IBM = instrument_of("IBM.ALPHAVANTAGE")
NOW_NS = time_ns_of("2024-02-15T15:02:00Z")
START_NS, END_NS = time_ns_of("2024-02-15T00:00:00Z"), time_ns_of("2024-02-16T00:00:00Z")
WANTED = Wanted("bars", IBM, "5m", START_NS, END_NS)
QUERY = ("GET", "/query")


def bar(close: str) -> dict[str, str]:
    return {
        "1. open": "153.10",
        "2. high": "153.33",
        "3. low": "153.05",
        "4. close": close,
        "5. volume": "1123",
    }


INTRADAY = {
    "Meta Data": {
        "1. Information": "Intraday (5min) open, high, low, close prices and volume",
        "2. Symbol": "IBM",
        "3. Last Refreshed": "2024-02-15 10:00:00",
        "6. Time Zone": "US/Eastern",
    },
    "Time Series (5min)": {
        "2024-02-15 10:00:00": bar("153.20"),
        "2024-02-15 09:55:00": bar("153.33"),
        "2024-02-15 09:50:00": bar("153.10"),
        "2024-02-14 15:55:00": bar("153.10"),
    },
}
DAILY_QUOTA = {"Information": f"We have detected your API key as {KEY} and our standard API rate "
               "limit is 25 requests per day."}  # fmt: skip

Use = Callable[[AlphaVantageDownloads, Told], Awaitable[Any]]


def using(
    home: Path,
    answer: Any,
    use: Use,
    *,
    clock: SteppedClock | None = None,
    per_minute: int = 5,
    per_day: int = 25,
) -> Any:
    async def run() -> Any:
        async with told({QUERY: answer}) as (base, venue):
            downloads = AlphaVantageDownloads(
                Secret(KEY),
                home,
                clock=clock or SteppedClock(NOW_NS),
                chance=no_chance,
                base=base,
                per_minute=per_minute,
                per_day=per_day,
            )
            await downloads.start()
            try:
                return await use(downloads, venue)
            finally:
                await downloads.close()

    return asyncio.run(run())


async def pages_of(downloads: AlphaVantageDownloads, venue: Told) -> list[Page]:
    return [page async for page in downloads.pages(WANTED)]


def test_rows_are_turned_round_and_the_bar_that_is_not_over_is_left_out(tmp_path: Path) -> None:
    [page] = using(tmp_path, (200, INTRADAY), pages_of)
    opened = [time_ns_of(f"2024-02-15T14:{minute}:00Z") for minute in (50, 55)]
    assert page.columns["open_time_ns"].tolist() == opened
    assert page.columns["close"].tolist() == [1_531_000, 1_533_300]
    assert page.columns["volume"].tolist() == [11_230_000, 11_230_000]
    assert page.left_out == {"the bar is not over yet": 1}


def test_what_is_asked_is_one_question(tmp_path: Path) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        await pages_of(downloads, venue)
        assert venue.asked[0].query == {
            "function": "TIME_SERIES_INTRADAY",
            "symbol": "IBM",
            "interval": "5min",
            "adjusted": "false",
            "extended_hours": "true",
            "outputsize": "full",
            "month": "2024-02",
            "apikey": KEY,
        }

    using(tmp_path, (200, INTRADAY), use)


def test_an_answer_is_asked_for_once_and_its_file_has_no_key(tmp_path: Path) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> int:
        await pages_of(downloads, venue)
        await pages_of(downloads, venue)
        return len(venue.asked)

    assert using(tmp_path, (200, INTRADAY), use) == 1
    assert using(tmp_path, (200, INTRADAY), use) == 0
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(kept) == 3
    assert not any(KEY in str(file) or KEY.encode() in file.read_bytes() for file in kept)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"Error Message": f"Invalid API call with {KEY}."}, "refuses: Invalid API call"),
        ({"Note": "Thank you! Our frequency is 5 calls per minute"}, "takes no more requests"),
        ({"Information": "This is a premium endpoint."}, "plan of the key"),
        (DAILY_QUOTA, "takes no more requests"),
    ],
)
def test_a_200_may_be_a_refusal(tmp_path: Path, body: Any, words: str) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        with pytest.raises(Refused, match=words) as caught:
            await pages_of(downloads, venue)
        assert KEY not in str(caught.value)
        assert KEY not in repr(downloads.__dict__)

    using(tmp_path, (200, body), use)


@pytest.mark.parametrize(
    "answer", [(200, b"<html>"), (500, b""), (200, {"a": {"b": 1}, "c": {"d": 2}})]
)
def test_what_is_no_answer_of_theirs_is_none(tmp_path: Path, answer: Any) -> None:
    from tradewind.model.errors import OutsideError

    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        with pytest.raises(OutsideError):
            await pages_of(downloads, venue)

    using(tmp_path, answer, use)


def test_no_rows_are_no_error(tmp_path: Path) -> None:
    [page] = using(tmp_path, (200, {}), pages_of)
    assert len(page.columns) == 0
    assert page.done_ns == WANTED.end_ns


def test_the_day_is_used_up_across_restarts(tmp_path: Path) -> None:
    clock = SteppedClock(NOW_NS)
    for used in range(3):
        quota = Quota(tmp_path / "quota.json", per_minute=10, per_day=3, clock=clock)
        assert quota.used == used
        asyncio.run(quota.take())
    with pytest.raises(Refused, match="2024-02-16T15:02:00Z"):
        asyncio.run(Quota(tmp_path / "quota.json", per_minute=10, per_day=3, clock=clock).take())
    clock.time_ns += DAY_NS
    asyncio.run(Quota(tmp_path / "quota.json", per_minute=10, per_day=3, clock=clock).take())


def test_when_they_say_that_the_day_is_used_up_it_is(tmp_path: Path) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> int:
        for _ in range(2):
            with pytest.raises(Refused):
                await pages_of(downloads, venue)
        return len(venue.asked)

    assert using(tmp_path, (200, DAILY_QUOTA), use) == 1


def test_a_full_minute_is_waited_for(tmp_path: Path) -> None:
    """The clock stands, so the wait does not end: it is called off, and nothing was counted."""
    quota = Quota(tmp_path / "quota.json", per_minute=1, per_day=9, clock=SteppedClock(NOW_NS))
    asyncio.run(quota.take())

    async def once_more() -> None:
        async with asyncio.timeout(0.05):
            await quota.take()

    with pytest.raises(TimeoutError):
        asyncio.run(once_more())
    assert quota.used == 1
    later = SteppedClock(NOW_NS + MINUTE_NS + 1)
    asyncio.run(Quota(tmp_path / "quota.json", per_minute=1, per_day=9, clock=later).take())


def test_a_quota_that_cannot_be_read_is_used_up(tmp_path: Path) -> None:
    file = tmp_path / "quota.json"
    file.write_text("[1, 2")
    with pytest.raises(Refused):
        asyncio.run(Quota(file, per_minute=5, per_day=25, clock=SteppedClock(NOW_NS)).take())


def test_a_clock_set_back_does_not_lock_the_quota_for_longer_than_a_day(tmp_path: Path) -> None:
    ahead = SteppedClock(NOW_NS + 1000 * DAY_NS)
    asyncio.run(Quota(tmp_path / "quota.json", per_minute=5, per_day=1, clock=ahead).take())
    clock = SteppedClock(NOW_NS)
    with pytest.raises(Refused):
        asyncio.run(Quota(tmp_path / "quota.json", per_minute=5, per_day=1, clock=clock).take())


def test_every_asset_class_has_its_function() -> None:
    def function(symbol: str, timeframe: str) -> str:
        instrument = instrument_of(f"{symbol}.ALPHAVANTAGE")
        wanted = Wanted("bars", instrument, timeframe, START_NS, END_NS)
        return questions_of(wanted)[0]["function"]

    assert [function("IBM", "1d"), function("EUR/USD", "1d"), function("BTC/USD", "1d")] == [
        "TIME_SERIES_DAILY",
        "FX_DAILY",
        "DIGITAL_CURRENCY_DAILY",
    ]
    assert [function("EUR/USD", "1m"), function("BTC/USD", "1h")] == [
        "FX_INTRADAY",
        "CRYPTO_INTRADAY",
    ]


def test_older_crypto_replies_have_a_currency_behind_each_name() -> None:
    fields = {f"{n}a. {name} (CNY)": "6" for n, name in enumerate(("open", "high", "low", "close"))}
    fields |= {
        f"{n}b. {name} (USD)": "1" for n, name in enumerate(("open", "high", "low", "close"))
    }
    row = wire.row_of("2018-02-14", fields | {"5. volume": "7"}, "USD")
    assert (row.open, row.close, row.volume) == (Decimal(1), Decimal(1), Decimal(7))
    with pytest.raises(BadData, match="without"):
        wire.row_of("2018-02-14", fields, "EUR")


def test_an_exchange_rate_is_read_by_its_words() -> None:
    answer = {
        "Realtime Currency Exchange Rate": {
            "1. From_Currency Code": "EUR",
            "5. Exchange Rate": "1.0868",
            "8. Bid Price": "1.0867",
        }
    }
    fields = wire.exchange_rate_of(answer)
    assert (fields["from currency code"], fields["bid price"]) == ("EUR", "1.0867")


def test_other_timeframes_and_kinds_are_the_users_error(tmp_path: Path) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        for wanted in (
            Wanted("trades", IBM, None, START_NS, END_NS),
            Wanted("bars", IBM, "4h", START_NS, END_NS),
        ):
            with pytest.raises(UserError, match="bars only"):
                [page async for page in downloads.pages(wanted)]
        with pytest.raises(UserError):
            await downloads.instrument("IBM.ALPACA")
        assert venue.asked == []

    using(tmp_path, (200, {}), use)


def test_splits_and_dividends_are_read(tmp_path: Path) -> None:
    def answer(asked: Any) -> Any:
        if asked.query["function"] == "SPLITS":
            return 200, {"data": [{"effective_date": "2024-02-15", "split_factor": "2.0000"}]}
        rows = [
            {"ex_dividend_date": "2024-02-15", "amount": "1.66"},
            {"ex_dividend_date": "1999-01-01", "amount": "1"},
        ]
        return 200, {"data": rows}

    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        found = await downloads.corporate_actions(IBM, start_ns=START_NS, end_ns=END_NS)
        assert [(each.kind, each.new, each.amount) for each in found] == [
            ("dividend", "1", "1.66"),
            ("split", "2.0000", "0"),
        ]

    using(tmp_path, answer, use)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"a":'])
def test_bytes_that_are_no_object_are_a_bad_message(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        wire.decode(raw)


def test_a_table_that_is_missing_is_a_bad_answer(tmp_path: Path) -> None:
    async def use(downloads: AlphaVantageDownloads, venue: Told) -> None:
        with pytest.raises(BadAnswer):
            await pages_of(downloads, venue)

    using(tmp_path, (200, {"Meta Data": {}, "a": "b"}), use)
