"""The real engine over the local Alpaca, in a process of its own, survives faults and kills.

It trades crypto, which has no closing bell, so that the storm is the same on every day.
"""

from __future__ import annotations

import json
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue
from tests.storm.ground import Ground, Listed
from tests.storm.venue_storm import storm_over


def settings(venue: LocalVenue) -> dict[str, str]:
    return {
        "TRADEWIND_VENUE": "alpaca",
        "TRADEWIND_INSTRUMENTS": "BTC/USD,ETH/USD",
        "ALPACA_ADDRESS": venue.url,
        "ALPACA_API_KEY": venue.first["key"],
        "ALPACA_SECRET_KEY": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": account_number(venue),
        "TRADEWIND_SILENCE_S": "2",
        "ALPACA_ARRIVAL_S": "3",
    }


def account_number(venue: LocalVenue) -> str:
    headers = {
        "APCA-API-KEY-ID": venue.first["key"],
        "APCA-API-SECRET-KEY": venue.first["secret"],
    }
    request = urllib.request.Request(f"{venue.url}/v2/account", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["account_number"])


def our_order(client_id: str) -> str:
    """A replacement is another order at the venue, called like ours with its number behind."""
    return client_id.partition("~")[0]


ALPACA = Ground(
    name="alpaca",
    options=("--rates", "100"),
    settings=settings,
    listed={
        "BTC/USD.ALPACA": Listed("BTC/USD", 500, 585_000_000, Decimal(60_000)),
        "ETH/USD.ALPACA": Listed("ETH/USD", 10_000, 29_000_000, Decimal(3_000)),
    },
    resting=frozenset({"ETH/USD.ALPACA"}),
    amends="price",
    has_positions=True,
    name_of=our_order,
)


@pytest.mark.timeout(900)
def test_two_hundred_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    counts = storm_over(ALPACA, tmp_path, seed=1, faults=200)
    assert counts["received"] > 300
    assert counts["FILLED"] > 70


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    counts = storm_over(ALPACA, tmp_path, seed=2, faults=1_000)
    assert counts["received"] > 1_500
