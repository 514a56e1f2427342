"""Guards of a run over two venues: each is watched, a break halts its own alone."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.guards.guarded_run import guard, open_at, own_key, wait_for
from tests.storm.engine import StormEngine
from tradewind.model.orders import Side

SPOT, COIN = "BTC/USDT.BINANCE", "BTC/USDT.BINANCE-USDM"
Venues = tuple[LocalVenue, LocalVenue]


@pytest.fixture
def venues() -> Iterator[Venues]:
    with (
        local_venue("binance", "--rates", "20") as spot,
        local_venue("binance-usdm", "--rates", "20") as coin,
    ):
        yield spot, coin


def settings(venues: Venues) -> dict[str, str]:
    spot, coin = venues
    keys = {
        name: {"key": venue.first["key"], "secret": venue.first["secret"]}
        for name, venue in (("binance", spot), ("binance-usdm", coin))
    }
    return {
        "BINANCE_BASE_URL": spot.url,
        "BINANCE_USDM_BASE_URL": coin.url,
        "BINANCE_USDM_COUNTDOWN_S": "0",
        "BINANCE_API_KEY": "",
        "BINANCE_API_SECRET": "",
        "API_KEYS": json.dumps(keys),
        "TRADEWIND_VENUE": "binance,binance-usdm",
        "TRADING_MODE": "live",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT",
        "TRADEWIND_RECONCILE_INTERVAL_S": "600",
        "LIVE_TRADING_CONFIRM": "binance=1,binance-usdm=demo1",
    }


def keys_at_both(venues: Venues, prefix: str, state: str) -> dict[str, str]:
    spot, coin = (own_key(venue, prefix, state) for venue in venues)
    return {name: f"{spot[name]},{coin[name]}" for name in spot}


def started(venues: Venues, home: Path, stack: ExitStack) -> StormEngine:
    """An engine that trades at both."""
    engine = StormEngine(venues[0], home, **settings(venues))
    engine.start()
    stack.callback(lambda: engine.end(signal.SIGKILL))
    engine.wait_until(lambda status: all(row["last"] for row in status["market"]), "prices")
    wait_for(engine.is_trading, "trading")
    return engine


@pytest.mark.long
def test_the_watchdog_cancels_at_both_venues_and_needs_a_key_at_each(
    venues: Venues, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with ExitStack() as stack:
        engine = started(venues, home, stack)
        assert engine.place(SPOT, Side.BUY, 50_000, 5_850_000)
        assert engine.place(COIN, Side.BUY, 1, 585_000)
        wait_for(lambda: all(len(open_at(venue)) == 1 for venue in venues), "one order at each")
        environment = {**settings(venues), **keys_at_both(venues, "WATCHDOG", "good")}
        one_key = {"WATCHDOG_API_KEY": environment["WATCHDOG_API_KEY"] + ",third"}
        with guard(["watchdog"], home, {**environment, **one_key}) as refused:
            assert refused.process.wait(timeout=60) == 2
            assert "has 3 parts and the run 2 venues: give one for each" in refused.said
        with guard(["watchdog", "--after", "3"], home, environment) as dog:
            wait_for((home / "watchdog.prom").exists, "a file of metrics")
            assert engine.process is not None
            engine.process.send_signal(signal.SIGSTOP)
            wait_for(lambda: not any(map(open_at, venues)), "all canceled at both")
            assert dog.end() == 0
            assert "2 open orders were canceled" in dog.said


@pytest.mark.long
def test_a_break_at_one_venue_halts_that_one_and_the_other_trades_on(
    venues: Venues, tmp_path: Path
) -> None:
    home, (spot, coin) = tmp_path / "home", venues
    with ExitStack() as stack:
        engine = started(venues, home, stack)
        assert engine.place(SPOT, Side.BUY, 50_000)
        assert engine.place(COIN, Side.BUY, 1)
        filled = [wait_for_fill(venue) for venue in venues]
        environment = {**settings(venues), **keys_at_both(venues, "DROP_COPY", "read-only")}
        with guard(["drop-copy", "--interval", "1"], home, environment):
            metrics = home / "drop_copy.prom"
            wait_for(metrics.exists, "a file of metrics")
            compared = [f'compared{{venue="{name}"}} 1' for name in ("BINANCE", "BINANCE-USDM")]
            wait_for(lambda: all(one in metrics.read_text() for one in compared), "compared both")
            assert engine.status()["halts"] == []
            bust = {"order_id": filled[1]["order_id"], "trade_id": filled[1]["trade_id"]}
            coin.operate("POST", "bust", bust)
            halted = engine.wait_until(lambda status: bool(status["halts"]), "halted")
            assert [one["scope"] for one in halted["halts"]] == ["venue:BINANCE-USDM"]
            wait_for(lambda: 'breaks{venue="BINANCE-USDM"} 1' in metrics.read_text(), "a metric")
            assert 'breaks{venue="BINANCE"} 0' in metrics.read_text()
            assert engine.place(SPOT, Side.BUY, 50_000, 5_850_000)
            wait_for(lambda: len(open_at(spot)) == 1, "the other venue trades on")
            engine.place(COIN, Side.BUY, 1, 585_000)
            assert not open_at(coin)


def wait_for_fill(venue: LocalVenue) -> dict[str, str]:
    wait_for(lambda: any(one["what"] == "trade" for one in venue.log()), "an execution")
    first: dict[str, str] = next(one for one in venue.log() if one["what"] == "trade")
    return first
