"""The kill switch, with real processes: an engine that trades at a local venue, and `halt`.

Orders flow over the control socket while a thousand rest at the venue; then all is halted. It
measures by the venue's own log how long after the command the last order arrived there, and until
the last of the resting ones was canceled. The venue's cap of 200 open orders a symbol is lifted.

What limits it: the group commit of the journal, and the venue's one call a symbol. The yardstick is
what was asked: a second for a thousand cancels.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _measure import IS_SHORT, report

from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    HaltRequest,
    InstrumentsRequest,
    PlaceRequest,
    StatusRequest,
)

RESTING = 100 if IS_SHORT else 1_000
WAIT_S = 60.0
LISTED = (("BTC/USDT.BINANCE", 10_000, 5_850_000), ("ETH/USDT.BINANCE", 500_000, 290_000))
VENUE = (
    "import sys, tradewind.venue.binance.filters as filters\n"
    "filters.MAX_NUM_ORDERS = 5_000\n"
    "from tradewind.cli.main import main\n"
    "sys.exit(main(['venue', 'binance', '--json', '--rates', '1000', '--for', '600']))\n"
)
SWITCHES = {
    "TRADEWIND_VENUE": "binance",
    "TRADEWIND_INSTRUMENTS": "BTC/USDT,ETH/USDT",
    "TRADEWIND_STRATEGIES": "none",
    "ENABLE_LIVE_TRADING": "true",
    "LIVE_TRADING_CONFIRM": "1",
    "MAX_POSITION_SIZE": "1000000",
    "RISK_PER_TRADE": "1",
}
NO_LIMITS = dict.fromkeys(
    ("open_orders", "orders_per_second", "gross_exposure", "leverage", "price_collar")
)


@contextmanager
def venue() -> Iterator[dict[str, Any]]:
    """A local venue of its own."""
    with subprocess.Popen([sys.executable, "-c", VENUE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def engine(home: Path, about: dict[str, Any]) -> Iterator[None]:
    """An engine that trades there."""
    account = about["accounts"][0]
    keys = {"BINANCE_API_KEY": account["key"], "BINANCE_API_SECRET": account["secret"]}
    environment = {**os.environ, **SWITCHES, **keys, "BINANCE_BASE_URL": about["url"]}
    command = [sys.executable, "-m", "tradewind", "run", "--home", str(home), "--mode", "live"]
    with subprocess.Popen(
        [*command, "--without-gateway"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(lambda: is_trading(home))
            yield
        finally:
            process.terminate()


def wait_for(reached: Any) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + WAIT_S
    while not reached():
        if time.monotonic() > deadline_s:
            raise SystemExit(f"not within {WAIT_S:g} s")
        time.sleep(0.05)


def is_trading(home: Path) -> bool:
    """Whether orders go to the venue, at prices."""
    try:
        status = ask(home, StatusRequest())
    except TradewindError:
        return False
    has_prices = all(row["last"] for row in status["market"])
    return has_prices and {row["state"] for row in status["venues"]} == {"trading"}


def log_of(about: dict[str, Any]) -> list[dict[str, Any]]:
    """The venue's own log."""
    with urllib.request.urlopen(f"{about['url']}/admin/log", timeout=30) as answer:
        entries: list[dict[str, Any]] = json.load(answer)
        return entries


def open_in(log: list[dict[str, Any]]) -> set[str]:
    """Orders that work by the log."""
    last = {one["client_id"]: one["status"] for one in log if "filled" in one}
    return {name for name, status in last.items() if status in ("NEW", "PARTIALLY_FILLED")}


class Placer:
    """Places orders of ever other prices, far from the market."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._journal_id = ask(home, InstrumentsRequest())["journal_id"]
        self._lock = threading.Lock()
        self.count = 0

    def place(self) -> None:
        """One order; a refusal is fine."""
        with self._lock:
            self.count += 1
            number = self.count
        instrument, quantity, price = LISTED[number % len(LISTED)]
        name = order_id(self._journal_id, "person", number)
        event = m.OrderIntended(
            0, name, "person", instrument, Side.BUY, quantity, OrderType.LIMIT, price - number
        )
        try:
            ask(self._home, PlaceRequest(event))
        except TradewindError:
            return

    def place_until(self, reached: Any) -> None:
        """Four at once until something is so."""

        def work() -> None:
            while not reached():
                self.place()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def measured(home: Path, about: dict[str, Any]) -> tuple[float, float, int]:
    """Milliseconds until the last order arrived and until all were canceled, and how many."""
    ask(home, ChangeLimitsRequest("account:live", NO_LIMITS, "benchmark"))
    placer = Placer(home)
    placer.place_until(lambda: placer.count >= RESTING)
    wait_for(lambda: len(open_in(log_of(about))) >= RESTING)
    stop = threading.Event()
    flowing = threading.Thread(target=placer.place_until, args=(stop.is_set,))
    flowing.start()
    time.sleep(1.0)  # orders are on their way at every moment
    called_ns = time.time_ns()
    ask(home, HaltRequest("all", "benchmark", "benchmark"), deadline_s=30)
    wait_for(lambda: not open_in(log_of(about)))
    stop.set()
    flowing.join()
    log = log_of(about)
    received = [one["time_ns"] for one in log if one["what"] == "received"]
    canceled = [one["time_ns"] for one in log if one["what"] == "canceled"]
    return (max(received) - called_ns) / 1e6, (max(canceled) - called_ns) / 1e6, len(canceled)


def main() -> int:
    """Run once and report."""
    with tempfile.TemporaryDirectory() as folder, venue() as about:
        home = Path(folder) / "home"
        with engine(home, about):
            last_ms, all_ms, count = measured(home, about)
    return report(
        "kill_switch",
        all_ms,
        "ms until all were canceled",
        floor=1000.0,
        ratio=1000.0 / all_ms,
        target=1.0,
        last_order_ms=last_ms,
        canceled=count,
    )


if __name__ == "__main__":
    sys.exit(main())
