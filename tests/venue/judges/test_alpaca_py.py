"""alpaca-py, unmodified, trades at the local Alpaca venue and reads its data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venue.judges.judge import account, foreign_python, local_venue, verdict


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What alpaca-py saw in a session that crosses a minute."""
    python = foreign_python("alpaca-py==0.44.0")
    with local_venue("alpaca", "--clock", "2026-11-20T15:29:45Z") as about:
        keys = account(about, "demo")
        arguments = (about["url"], about["ws_url"], keys["key"], keys["secret"])
        return verdict(python, "judge_alpaca_py.py", *arguments)


def test_it_reads_account_clock_calendar_assets_and_watchlists(seen: dict[str, Any]) -> None:
    assert (seen["cash"], seen["is_open"]) == ("100000", True)
    assert seen["calendar"] == ["2026-11-27 13:00:00"]
    assert {"AAPL", "GONE", "BTC/USD"} <= set(seen["assets"])
    assert seen["watched"] == ["AAPL", "SPY"]


def test_it_places_replaces_and_cancels(seen: dict[str, Any]) -> None:
    assert seen["market"] == ["pending_new", "filled"]
    assert seen["position"] == "10"
    assert seen["replaced"] == [True, "7", "replaced"]
    assert seen["canceled"] == "canceled"


def test_it_works_brackets_and_trailing_stops_and_closes_all(seen: dict[str, Any]) -> None:
    assert seen["bracket"] == [["limit", "new"], ["stop", "new"]]
    assert seen["bracket_canceled"] == ["canceled", "canceled"]
    assert seen["trailing"] == ["new", True]
    assert seen["positions"] == 0
    assert seen["orders"] == 9  # market, limit, its replacement, bracket of three, stop, two closes


def test_it_hears_of_its_orders_on_the_account_stream(seen: dict[str, Any]) -> None:
    assert seen["updates"] == [
        ["new", "market", None, None],
        ["fill", "market", 10.0, 10.0],
        ["new", "limit", None, None],
        ["replaced", "limit", None, None],
        ["new", "replaced", None, None],
        ["canceled", "replaced", None, None],
    ]


def test_it_understands_what_is_refused(seen: dict[str, Any]) -> None:
    assert seen["errors"] == [
        [422, 42210000], [404, 40410000], [422, 42210000], [403, 40310000], [422, 40010001],
    ]  # fmt: skip
    assert seen["unknown_key"] == [401, 40110000]


def test_it_pages_through_the_past(seen: dict[str, Any]) -> None:
    aapl, different, spy = seen["minutes"]
    assert aapl == different == spy > 3_000
    assert seen["limited"] == 2_500
    assert (seen["trades"], seen["quotes"], seen["hours"]) == (50, 50, 48)
    assert seen["snapshot"] is True
    assert seen["book"] is True
    assert seen["actions"] == {"forward_splits": 1, "cash_dividends": 2}


def test_it_hears_trades_quotes_bars_and_books_on_the_data_streams(seen: dict[str, Any]) -> None:
    assert seen["rows"] == ["Bar", "Orderbook", "Quote", "Trade"]
