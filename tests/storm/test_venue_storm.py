"""The real engine over a local venue in another process survives faults and kills."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storm.venue_storm import LocalVenue, StormEngine, VenueStorm, judge

SYMBOLS = {"BTCUSDT": "60000", "ETHUSDT": "3000"}
INSTRUMENTS = {
    # about thirty dollars in units of 10^-8; a price that lies below the market in cents
    "BTC/USDT.BINANCE": (50_000, 5_850_000),
    "ETH/USDT.BINANCE": (1_000_000, 290_000),
}


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[LocalVenue]:
    running = LocalVenue("binance", tmp_path, seed=7)
    yield running
    running.stop()


def storm_over_binance(venue: LocalVenue, folder: Path, *, seed: int, faults: int) -> VenueStorm:
    engine = StormEngine(
        venue,
        folder / "home",
        TRADEWIND_VENUE="binance",
        TRADEWIND_INSTRUMENTS="BTC/USDT,ETH/USDT",
        BINANCE_BASE_URL=venue.url,
        BINANCE_API_KEY=venue.account["key"],
        BINANCE_API_SECRET=venue.account["secret"],
        LIVE_TRADING_CONFIRM="1",
    )
    engine.start()
    storm = VenueStorm(engine, INSTRUMENTS, seed)
    try:
        storm.rage(faults)
        engine.wait_until_healed()
        engine.end(signal.SIGTERM)
    finally:
        if engine.process is not None and engine.process.poll() is None:
            engine.end(signal.SIGKILL)
    return storm


def test_binance_two_hundred_faults(venue: LocalVenue, tmp_path: Path) -> None:
    storm = storm_over_binance(venue, tmp_path, seed=1, faults=200)
    counts = judge(storm, "live", SYMBOLS)
    assert counts["received"] > 20
    assert counts["kills"] > 0


@pytest.mark.long
def test_binance_a_thousand_faults(venue: LocalVenue, tmp_path: Path) -> None:
    judge(storm_over_binance(venue, tmp_path, seed=2, faults=1_000), "live", SYMBOLS)
