"""The countdown of USD-M as a safeguard: the venue cancels what a killed engine left."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.guards.guarded_run import open_at, wait_for
from tests.storm.engine import StormEngine
from tests.storm.test_venue_storm import usdm_settings
from tradewind.model.orders import Side

COIN = "BTC/USDT.BINANCE-USDM"
COUNTDOWN_S = 5


def with_two_orders(venue: LocalVenue, home: Path) -> StormEngine:
    countdown = {"BINANCE_USDM_COUNTDOWN_S": str(COUNTDOWN_S)}
    one = {**usdm_settings(venue), "TRADEWIND_INSTRUMENTS": "BTC/USDT", **countdown}
    engine = StormEngine(venue, home, **one)
    engine.start()
    engine.wait_until(lambda status: all(row["last"] for row in status["market"]), "prices")
    wait_for(engine.is_trading, "trading")
    for number in range(2):
        assert engine.place(COIN, Side.BUY, 1, 585_000 - number)
    wait_for(lambda: len(open_at(venue)) == 2, "two orders at the venue")
    return engine


def test_the_venue_cancels_the_orders_of_a_killed_engine_when_its_countdown_is_over(
    tmp_path: Path,
) -> None:
    with local_venue("binance-usdm", "--rates", "20") as venue:
        engine = with_two_orders(venue, tmp_path / "home")
        engine.end(signal.SIGKILL)
        assert len(open_at(venue)) == 2
        wait_for(lambda: not open_at(venue), "all canceled", 2 * COUNTDOWN_S)
        last = [one["what"] for one in venue.log()][-3:]
        assert last == ["countdown", "canceled", "canceled"]


@pytest.mark.long
def test_a_living_engine_keeps_its_orders_and_one_that_ends_in_order_leaves_them(
    tmp_path: Path,
) -> None:
    with local_venue("binance-usdm", "--rates", "20") as venue:
        engine = with_two_orders(venue, tmp_path / "home")
        time.sleep(3 * COUNTDOWN_S)
        assert len(open_at(venue)) == 2
        engine.end(signal.SIGTERM)
        time.sleep(2 * COUNTDOWN_S)
        assert len(open_at(venue)) == 2
