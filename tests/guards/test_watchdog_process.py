"""The watchdog as a process, beside an engine that freezes, dies or ends in order."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.guards.guarded_run import (
    FAR_PRICE,
    INSTRUMENT,
    QUANTITY,
    guard,
    open_at,
    own_key,
    running_engine,
    settings_of,
    wait_for,
)
from tests.storm.engine import StormEngine
from tradewind.model.orders import Side
from tradewind.runtime.halt_file import HALT_NAME

WORDS = ["watchdog", "--after", "3"]
TWICE_AFTER_S = 6.0


def place_three(engine: StormEngine, venue: LocalVenue) -> None:
    for number in range(3):
        assert engine.place(INSTRUMENT, Side.BUY, QUANTITY, FAR_PRICE - 100 * number)
    wait_for(lambda: len(open_at(venue)) == 3, "three orders at the venue")


def test_a_frozen_engine_is_halted_and_its_orders_are_canceled_at_the_venue(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, running_engine(venue, home) as engine:
        place_three(engine, venue)
        environment = {**settings_of(venue), **own_key(venue, "WATCHDOG", "good")}
        with guard(WORDS, home, environment) as dog:
            metrics = home / "watchdog.prom"
            wait_for(metrics.exists, "a file of metrics")
            assert "tradewind_watchdog_pulled 0" in metrics.read_text()
            assert engine.process is not None
            engine.process.send_signal(signal.SIGSTOP)
            wait_for(lambda: not open_at(venue), "all canceled while the engine is frozen")
            assert (home / HALT_NAME).read_text().startswith("watchdog: the engine has been still")
            wait_for(lambda: "pulled 1" in metrics.read_text(), "a metric of it")
            engine.process.send_signal(signal.SIGCONT)
            engine.wait_until(lambda status: bool(status["halts"]), "halted")
            engine.wait_until(lambda status: not status["orders"], "told of the cancels")
            assert dog.end() == 0
            assert "3 open orders were canceled" in dog.said
            assert venue.first["secret"] not in dog.said


@pytest.mark.long
def test_the_orders_of_a_killed_engine_are_canceled(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, running_engine(venue, home) as engine:
        place_three(engine, venue)
        environment = {**settings_of(venue), **own_key(venue, "WATCHDOG", "good")}
        with guard(WORDS, home, environment):
            wait_for((home / "watchdog.prom").exists, "a file of metrics")
            engine.end(signal.SIGKILL)
            wait_for(lambda: not open_at(venue), "all canceled without the engine")


@pytest.mark.long
def test_the_orders_of_an_engine_that_was_stopped_in_order_are_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, running_engine(venue, home) as engine:
        place_three(engine, venue)
        environment = {**settings_of(venue), **own_key(venue, "WATCHDOG", "good")}
        with guard(WORDS, home, environment) as dog:
            metrics = home / "watchdog.prom"
            wait_for(metrics.exists, "a file of metrics")
            engine.end(signal.SIGTERM)
            wait_for(lambda: "still_seconds 0\n" in metrics.read_text(), "seen as stopped")
            with pytest.raises(AssertionError, match="not pulled"):
                wait_for(lambda: "pulled 1" in metrics.read_text(), "pulled", TWICE_AFTER_S)
            assert len(open_at(venue)) == 3
            assert not (home / HALT_NAME).exists()
            assert dog.end() == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"WATCHDOG_API_KEY": ""}, "it needs a key of its own: set WATCHDOG_API_KEY"),
        ({"TRADING_MODE": "paper"}, "orders on paper never leave the engine"),
        ({"BINANCE_API_KEY": "same", "WATCHDOG_API_KEY": "same"}, "is the key that trades"),
        ({"WATCHDOG_AFTER_S": "0"}, "watchdog.after_s: '0' is"),
    ],
)
def test_what_cannot_guard_is_said_in_one_sentence(
    changed: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    environment = {
        "TRADEWIND_VENUE": "binance",
        "TRADING_MODE": "live",
        "ENABLE_LIVE_TRADING": "true",
        "LIVE_TRADING_CONFIRM": "1",
        "BINANCE_API_KEY": "trading",
        "BINANCE_API_SECRET": "trading-secret",
        "WATCHDOG_API_KEY": "watching",
        "WATCHDOG_API_SECRET": "watching-secret",
        **changed,
    }
    with guard(["watchdog"], tmp_path / "home", environment) as dog:
        assert dog.process.wait(timeout=30) == 2
        assert sentence in dog.said
        assert dog.said.count("\n") == 1, dog.said
        assert "watching:" not in dog.said
