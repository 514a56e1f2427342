"""The local Alpaca's past: pages over several symbols, both directions, plans, what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.venue.alpaca.alpaca_client import Client, run

HOURS = {"start": "2026-11-19T15:00:00Z", "end": "2026-11-19T17:00:00Z"}


async def all_pages(client: Client, path: str, kind: str, **parameters: object) -> Any:
    """Rows by symbol over all pages, and how many pages there were."""
    found: dict[str, list[Any]] = {}
    token, count = None, 0
    while count == 0 or token is not None:
        more = {} if token is None else {"page_token": token}
        answer = await client.get(path, **parameters, **more)
        for symbol, rows in answer[kind].items():
            found.setdefault(symbol, []).extend(rows)
        token, count = answer["next_page_token"], count + 1
    return found, count


@pytest.mark.parametrize("kind", ["bars", "trades", "quotes"])
@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_over_symbols_are_the_whole_cut_at_the_limit(kind: str, sort: str) -> None:
    async def scenario(client: Client) -> None:
        path = f"/v2/stocks/{kind}"
        wanted = {"symbols": "SPY,AAPL,NOPE", "timeframe": "1Min", "sort": sort, **HOURS}
        whole, one = await all_pages(client, path, kind, limit=10_000, **wanted)
        parts, several = await all_pages(client, path, kind, limit=77, **wanted)
        assert parts == whole
        assert list(whole) == ["AAPL", "SPY"]
        rows = sum(map(len, whole.values()))
        assert (one, several) == (1, -(-rows // 77))
        times = [row["t"] for row in whole["AAPL"]]
        assert times == sorted(times, reverse=sort == "desc")
        assert len(times) >= 120

    run(scenario)


def test_crypto_symbols_come_with_their_slash() -> None:
    async def scenario(client: Client) -> None:
        path = "/v1beta3/crypto/us/bars"
        wanted = {"symbols": "BTC/USD", "timeframe": "1Hour", **HOURS}
        found, _ = await all_pages(client, path, "bars", **wanted)
        assert len(found["BTC/USD"]) == 3
        book = await client.get("/v1beta3/crypto/us/latest/orderbooks", symbols="BTC/USD")
        assert len(book["orderbooks"]["BTC/USD"]["b"]) == 10

    run(scenario)


def test_adjustments_show_the_split() -> None:
    async def scenario(client: Client) -> None:
        closes = {}
        for adjustment in ("raw", "split", "dividend", "all"):
            answer = await client.get(
                "/v2/stocks/AAPL/bars",
                timeframe="1Day",
                start="2026-10-09",
                end="2026-10-09",
                adjustment=adjustment,
            )
            [bar] = answer["bars"]
            closes[adjustment] = bar["c"]
        assert closes["raw"] == pytest.approx(4 * closes["split"])
        assert closes["dividend"] < closes["raw"]
        assert closes["all"] < closes["split"]

    run(scenario)


def test_the_free_plan_sees_the_consolidated_tape_when_it_is_old() -> None:
    async def scenario(client: Client) -> None:
        wanted = {"timeframe": "1Min", "feed": "sip", "start": "2026-11-20T15:00:00Z"}
        status, error = await client.call("GET", "/v2/stocks/AAPL/bars", **wanted)
        assert (status, error["code"]) == (403, 40310000)
        old = {**wanted, "end": "2026-11-20T15:15:00Z"}
        assert (await client.call("GET", "/v2/stocks/AAPL/bars", **old))[0] == 200
        assert (await client.call("GET", "/v2/stocks/AAPL/bars", **{**wanted, "feed": "iex"}))[
            0
        ] == 200

    run(scenario, account="free")


TAMPERED = base64.urlsafe_b64encode(b"AAPL|-5|0").decode()


@pytest.mark.parametrize(
    "parameters",
    [
        {"timeframe": "7Fortnight"},
        {"timeframe": "61Min"},
        {"symbols": ""},
        {"symbols": "BTC/USD"},
        {"start": "2026-11-20T00:00:00Z", "end": "2026-11-19T00:00:00Z"},
        {"start": "yesterday"},
        {"limit": "10001"},
        {"adjustment": "none"},
        {"page_token": "nonsense"},
        {"page_token": TAMPERED},
    ],
)
def test_what_is_wrong_is_refused(parameters: dict[str, str]) -> None:
    async def scenario(client: Client) -> None:
        wanted = {"symbols": "AAPL", "timeframe": "1Min", **parameters}
        status, error = await client.call("GET", "/v2/stocks/bars", **wanted)
        assert status in (400, 422), error
        assert error["code"] // 100_000 == status

    run(scenario)
