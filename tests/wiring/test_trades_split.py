"""A minute of trades through the split topology on PostgreSQL: none is lost, and how many it were.

The roles as processes, without strategies, their journal and rows in PostgreSQL. Market orders of
persons come over the control socket at their times, 10,600 a minute, from a few threads; the paper
venue fills each at once. A trade is an order that was asked for, decided, journaled, filled and
journaled again. How many a minute that is depends on the machine, and is logged.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.postgres_server import running_postgres
from tests.wiring.split_run import SplitRun
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import ChangeLimitsRequest, PlaceRequest, StatusRequest
from tradewind.wiring.journals import JournalPlace

OFFERED_PER_MINUTE = 10_600
SECONDS = 60
TRADES = OFFERED_PER_MINUTE * SECONDS // 60
THREADS = 8
WAIT_S = 60.0
LOG = logging.getLogger("tests.trades")
LIMITS = {"orders_per_second": 1_000_000, "open_orders": 1_000_000}


class Driver:
    """Asks for orders at their times, whatever became of those before."""

    def __init__(self, home: Path, journal_id: str, instrument: str) -> None:
        self.refused = 0
        self._home, self._journal_id, self._instrument = home, journal_id, instrument
        self._begun_s = time.perf_counter()

    def drive(self) -> None:
        """All of them."""
        threads = [threading.Thread(target=self._some, args=(at,)) for at in range(THREADS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _some(self, first: int) -> None:
        for number in range(first, TRADES, THREADS):
            due_s = self._begun_s + number * 60 / OFFERED_PER_MINUTE
            time.sleep(max(0.0, due_s - time.perf_counter()))
            side = Side.BUY if number % 2 else Side.SELL
            name = order_id(self._journal_id, "person", number + 1)
            wanted = m.OrderIntended(
                0, name, "person", self._instrument, side, 1_000, OrderType.MARKET, 0
            )
            try:
                ask(self._home, PlaceRequest(wanted), deadline_s=WAIT_S)
            except TradewindError:
                self.refused += 1


@pytest.mark.long
def test_a_minute_of_trades_through_the_roles_loses_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_postgres() as server, SplitRun(home) as split:
        url = server.new_database()
        split.environment = {"JOURNAL_URL": url, "TRADEWIND_STRATEGIES": "none"}
        split.strategies = 0
        split.start("--topology", "split", "--without-gateway")
        split.until(lambda: split.health("risk-manager").get("ok") is True, "the core is well")
        with closing(JournalPlace(home, url).read()) as journal:
            journal_id = journal.journal_id
        ask(home, ChangeLimitsRequest("account:paper", LIMITS, "a test"))
        instrument = str(ask(home, StatusRequest())["market"][0]["instrument"])
        driver = Driver(home, journal_id, instrument)
        begun_s = time.perf_counter()
        driver.drive()
        wanted = TRADES - driver.refused
        filled = 0.0
        while filled < wanted and time.perf_counter() - begun_s < SECONDS + WAIT_S:
            filled = split.metric("risk-manager", "fills_total")
            time.sleep(0.05)
        per_minute = filled * 60 / (time.perf_counter() - begun_s)
    LOG.info("%d trades a minute, load %.1f", per_minute, os.getloadavg()[0])
    assert (driver.refused, filled) == (0, TRADES)
