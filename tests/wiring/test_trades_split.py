"""Trades through the split topology on PostgreSQL: none is lost, how many a minute, and their cost.

The roles as processes without strategies, journal and rows in PostgreSQL. Market orders of persons
come over the control socket at their times, from a few threads. On paper the simulated venue fills
each at once: 10,600 a minute, for a minute, with gateway, worker and standbys. Live as many leave
by the execution-engine to a local venue, which shares the processors. A trade is an order that was
asked for, decided, journaled, filled and journaled again. How many a minute that is depends on the
machine, and is logged, with what each process spent on it.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.local_venue import local_venue
from tests.guards.guarded_run import INSTRUMENT, QUANTITY, settings_of
from tests.servers.postgres_server import PostgresServer, running_postgres
from tests.storm.engine import LIVE
from tests.wiring.driven_trades import LIMITS, Driver, Offer, finished, journaled
from tests.wiring.role_costs import RoleCosts
from tests.wiring.split_run import SplitRun
from tests.wiring.test_take_over import is_trading
from tradewind.ports.records import OrderRow, Records
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import ChangeLimitsRequest, StatusRequest
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

PAPER_PER_MINUTE, PAPER_TRADES = 10_600, 10_600
LIVE_PER_MINUTE, LIVE_TRADES = 10_600, 10_600
RECONCILED_EACH_S = "60"
"""As by default: each look asks the venue for all executions of ten minutes."""
LOG = logging.getLogger("tests.trades")


def traded(split: SplitRun, server: PostgresServer, place: JournalPlace, offer: Offer) -> None:
    """Ask for all, wait until all filled and have their rows, and say what it took."""
    driver = Driver(split.home, place, offer)
    postmaster = Path(server.folder, "postmaster.pid").read_text().split()[0]
    costs = RoleCosts(split.pids, int(postmaster))
    begun_s = time.perf_counter()
    driver.drive()

    def is_done() -> bool:
        names = ("orders_submitted_total", "orders_denied_total")
        decided = sum(split.metric("risk-manager", name) for name in names)
        return decided == offer.trades and split.metric("risk-manager", "open_orders") == 0

    split.until(is_done, "all orders are done")
    took_s, spent = time.perf_counter() - begun_s, costs.since()
    assert split.metric("risk-manager", "orders_denied_total") == 0
    with closing(RecordsPlace(place)) as rows:
        split.until(lambda: rows_of(rows.read()) == offer.trades, "all have their rows")
    rows_s = time.perf_counter() - begun_s
    per_trade = {name: round(one * 1e3 / offer.trades, 2) for name, one in sorted(spent.items())}
    by_time = [offer.trades * 60 / one for one in (took_s, rows_s)]
    LOG.info("a minute, and with their rows: %.0f, %.0f; load %.1f", *by_time, os.getloadavg()[0])
    LOG.info("milliseconds of a processor each: %s", per_trade)
    assert driver.refused == 0
    assert len(finished(journaled(place))) == offer.trades


def rows_of(records: Records) -> int:
    """How many orders have rows that say they filled."""
    return len(records.rows(OrderRow, {"state": "FILLED"}, limit=100_000))


@pytest.mark.long
def test_a_minute_of_trades_through_the_roles_loses_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_postgres() as server, SplitRun(home) as split:
        place = JournalPlace(home, server.new_database())
        split.environment = {"JOURNAL_URL": place.url, "TRADEWIND_STRATEGIES": "none"}
        split.strategies = 0
        split.start("--topology", "split")
        for role in ("risk-manager", "api-gateway", "data-processor"):
            split.until(lambda role=role: split.health(role).get("ok") is True, f"{role} is well")  # type: ignore[misc]
        ask(home, ChangeLimitsRequest("account:paper", LIMITS, "a test"))
        instrument = str(ask(home, StatusRequest())["market"][0]["instrument"])
        traded(split, server, place, Offer(instrument, PAPER_PER_MINUTE, PAPER_TRADES, 1_000))


@pytest.mark.long
def test_trades_by_an_execution_engine_at_a_local_venue_lose_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        running_postgres() as server,
        local_venue("binance", "--rates", "100") as venue,
        SplitRun(home) as split,
    ):
        place = JournalPlace(home, server.new_database())
        split.environment = {**LIVE, **settings_of(venue), "JOURNAL_URL": place.url}
        split.environment["TRADEWIND_RECONCILE_INTERVAL_S"] = RECONCILED_EACH_S
        split.strategies = 0
        split.start("--topology", "split", "--mode", "live", "--without-gateway")
        split.until(lambda: is_trading(home), "orders may leave")
        ask(home, ChangeLimitsRequest("account:live", LIMITS, "a test"))
        traded(split, server, place, Offer(INSTRUMENT, LIVE_PER_MINUTE, LIVE_TRADES, QUANTITY))
