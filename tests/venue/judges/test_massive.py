"""massive (and polygon-api-client, its older name), unmodified, reads the local Massive venue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venue.judges.judge import account, foreign_python, local_venue, verdict

CLIENTS = [
    pytest.param(("massive", "massive==2.9.1"), id="massive"),
    pytest.param(("polygon", "polygon-api-client==1.16.3"), id="polygon", marks=pytest.mark.long),
]


@pytest.fixture(scope="module", params=CLIENTS)
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a client saw in a session that crosses a minute."""
    package, requirement = request.param
    python = foreign_python(requirement)
    with local_venue("massive", "--clock", "2026-11-20T15:29:45Z") as about:
        keys = [account(about, name)["key"] for name in ("demo", "free")]
        return verdict(python, "judge_massive.py", package, about["url"], *keys)


def test_it_pages_through_minutes_in_both_directions(seen: dict[str, Any]) -> None:
    paged, different, whole = seen["minutes"]
    assert paged == different == whole > 2_000
    assert seen["order"] == [True, True]
    assert seen["hours"] == 48


def test_it_sees_a_split_in_raw_bars_only(seen: dict[str, Any]) -> None:
    assert seen["split"] == [4.0, 1.0]
    assert seen["splits"] == [["AAPL", 4]]


def test_it_reads_days(seen: dict[str, Any]) -> None:
    assert (seen["previous"], seen["grouped"], seen["open_close"]) == (1, 6, "AAPL")


def test_it_pages_through_trades_and_reads_the_last_of_everything(seen: dict[str, Any]) -> None:
    assert seen["trades"] == [1_000, True]
    assert [seen[name] for name in ("quote", "last", "nbbo", "snapshot")] == [True] * 4
    assert seen["snapshots"] == 6


def test_it_reads_reference_data_in_pages(seen: dict[str, Any]) -> None:
    assert seen["tickers"] == [
        "AAPL", "GOOG", "MSFT", "PENY", "SPY", "TSLA", "X:BTCUSD", "X:ETHUSD",
    ]  # fmt: skip
    assert seen["delisted"] == ["GONE"]
    assert seen["name"] == "Apple Inc. Common Stock"
    assert seen["dividends"] == 6
    assert (seen["status"], seen["holiday"]) == ("open", "2026-11-26")


def test_it_is_told_what_it_may_not(seen: dict[str, Any]) -> None:
    refused, beyond_budget = seen["errors"][:3], seen["errors"][3]
    assert refused == ["BadResponse"] * 3
    assert beyond_budget != "granted"
    assert seen["unknown_key"] == "AuthError"


def test_it_hears_every_channel(seen: dict[str, Any]) -> None:
    assert seen["rows"] == ["A", "AM", "Q", "T", "XQ", "XT"]
