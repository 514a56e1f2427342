"""The real engine over local venues in processes of their own survives faults and kills."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue
from tests.storm.faults import KINDS
from tests.storm.ground import Ground, Listed
from tests.storm.venue_storm import storm_over


def spot_settings(venue: LocalVenue) -> dict[str, str]:
    return {
        "TRADEWIND_VENUE": "binance",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT,ETH/USDT",
        "BINANCE_BASE_URL": venue.url,
        "BINANCE_API_KEY": venue.first["key"],
        "BINANCE_API_SECRET": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": "1",
    }


SPOT = Ground(
    name="binance",
    options=("--rates", "20"),
    settings=spot_settings,
    listed={
        "BTC/USDT.BINANCE": Listed("BTCUSDT", 50_000, 5_850_000, Decimal(60_000)),
        "ETH/USDT.BINANCE": Listed("ETHUSDT", 1_000_000, 290_000, Decimal(3_000)),
    },
    amends="quantity",
)


def usdm_settings(venue: LocalVenue) -> dict[str, str]:
    return {
        **spot_settings(venue),
        "TRADEWIND_VENUE": "binance-usdm",
        "BINANCE_USDM_BASE_URL": venue.url,
        "LIVE_TRADING_CONFIRM": "demo1",
    }


USDM = Ground(
    name="binance-usdm",
    options=("--rates", "20"),
    settings=usdm_settings,
    listed={
        "BTC/USDT.BINANCE-USDM": Listed("BTCUSDT", 1, 585_000, Decimal(60_000)),
        "ETH/USDT.BINANCE-USDM": Listed("ETHUSDT", 10, 290_000, Decimal(3_000)),
    },
    amends="price",
    has_positions=True,
)
GROUNDS = (SPOT, USDM)


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.name)
def test_two_hundred_faults_lose_and_double_nothing(ground: Ground, tmp_path: Path) -> None:
    counts = storm_over(ground, tmp_path, seed=1, faults=200)
    assert counts["received"] > 300
    assert counts["FILLED"] > 100


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.name)
def test_a_thousand_faults_lose_and_double_nothing(ground: Ground, tmp_path: Path) -> None:
    counts = storm_over(ground, tmp_path, seed=2, faults=1_000)
    assert counts["received"] > 1_500


def test_every_fault_is_drawn() -> None:
    assert len(KINDS) > 25
