"""A live engine at a local venue, and a guard beside it, each a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.adapters.local_venue import LocalVenue
from tests.storm.engine import LIVE, StormEngine
from tests.storm.judge import OPEN

WAIT_S = 60.0
POLL_S = 0.05
FAR_PRICE = 5_850_000
QUANTITY = 50_000
INSTRUMENT = "BTC/USDT.BINANCE"


def settings_of(venue: LocalVenue) -> dict[str, str]:
    """What a run at the venue needs."""
    return {
        "TRADEWIND_VENUE": "binance",
        "TRADING_MODE": "live",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT,ETH/USDT",
        "BINANCE_BASE_URL": venue.url,
        "BINANCE_API_KEY": venue.first["key"],
        "BINANCE_API_SECRET": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": "1",
    }


def own_key(venue: LocalVenue, prefix: str, state: str) -> dict[str, str]:
    """A further key of the same account, as the settings of a guard."""
    made = venue.operate("POST", "keys", {"account": venue.first["name"], "state": state})
    return {f"{prefix}_API_KEY": made["key"], f"{prefix}_API_SECRET": made["secret"]}


def wait_for(reached: Callable[[], bool], what: str, within_s: float = WAIT_S) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline_s, f"not {what} within {within_s:g} s"
        time.sleep(POLL_S)


def open_at(venue: LocalVenue) -> set[str]:
    """The client ids of the orders that work at the venue, by its own log."""
    last = {one["client_id"]: one["status"] for one in venue.log() if "filled" in one}
    return {name for name, status in last.items() if status in OPEN}


@contextmanager
def running_engine(
    venue: LocalVenue, home: Path, more: Mapping[str, str] | None = None
) -> Iterator[StormEngine]:
    """An engine that trades at the venue."""
    engine = StormEngine(venue, home, **{**settings_of(venue), **(more or {})})
    engine.start()
    try:
        wait_for(lambda: engine.is_trading() and _has_prices(engine), "trading at prices")
        yield engine
    finally:
        if engine.process is not None and engine.process.poll() is None:
            engine.process.send_signal(signal.SIGCONT)
            engine.end(signal.SIGTERM)


def _has_prices(engine: StormEngine) -> bool:
    return all(row["last"] for row in engine.status()["market"])


class Guard:
    """A guard's process; `said` is what it wrote."""

    def __init__(self, words: list[str], home: Path, environment: dict[str, str]) -> None:
        self._log = home.parent / f"{words[0]}.out"
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tradewind", *words, "--home", str(home)],
                stdout=out,
                stderr=out,
                env={**os.environ, **LIVE, **environment},
            )

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self._log.read_text()

    def end(self) -> int:
        """Tell it to stop; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@contextmanager
def guard(words: list[str], home: Path, environment: dict[str, str]) -> Iterator[Guard]:
    """Run a guard."""
    running = Guard(words, home, environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
