"""A minute of trades through the split topology on PostgreSQL: none is lost, and how many it were.

The whole split topology without strategies, its journal and rows in PostgreSQL. Market orders of
persons come over the control socket at their times, 10,600 a minute, from a few threads; the paper
venue fills each at once. A trade is an order that was asked for, decided, journaled, filled and
journaled again. How many a minute that is depends on the machine, and is logged, with what each
process spent on it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.postgres_server import running_postgres
from tests.wiring.role_costs import RoleCosts
from tests.wiring.split_run import SplitRun
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.ports.journal import numbered
from tradewind.ports.records import OrderRow, Records
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import ChangeLimitsRequest, PlaceRequest, StatusRequest
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

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


def finished(records: Iterable[m.Record]) -> set[str]:
    """Orders that filled whole; one that walks several prices has a fill of each."""
    leaves: dict[str, int] = {}
    for record in records:
        if isinstance(record, m.OrderIntended):
            assert record.order_id not in leaves, "an order is there twice"
            leaves[record.order_id] = record.quantity
        elif isinstance(record, m.OrderFilled):
            leaves[record.order_id] -= record.quantity
    return {name for name, rest in leaves.items() if rest == 0}


def journaled(place: JournalPlace) -> Iterator[m.Record]:
    """All records, one after the other."""
    with closing(place.read()) as journal:
        for group in journal.groups():
            yield from (record for _, record in numbered(group))


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
        with closing(place.read()) as journal:
            journal_id = journal.journal_id
        ask(home, ChangeLimitsRequest("account:paper", LIMITS, "a test"))
        instrument = str(ask(home, StatusRequest())["market"][0]["instrument"])
        costs = RoleCosts(
            split.pids, int(Path(server.folder, "postmaster.pid").read_text().split()[0])
        )
        driver = Driver(home, journal_id, instrument)
        begun_s = time.perf_counter()
        driver.drive()

        def is_done() -> bool:
            left = split.metric("risk-manager", "orders_submitted_total")
            return left == TRADES and split.metric("risk-manager", "open_orders") == 0

        split.until(is_done, "all orders are done")
        took_s = time.perf_counter() - begun_s
        spent = costs.since()
        with closing(RecordsPlace(place)) as rows:
            split.until(lambda: rows_of(rows.read()) == TRADES, "all have their rows")
        rows_s = time.perf_counter() - begun_s
    per_trade = {name: round(one * 1e3 / TRADES, 2) for name, one in sorted(spent.items())}
    LOG.info("%d trades a minute, %d with their rows, load %.1f, ms of a processor each: %s",
             TRADES * 60 / took_s, TRADES * 60 / rows_s, os.getloadavg()[0], per_trade)  # fmt: skip
    assert driver.refused == 0
    assert len(finished(journaled(place))) == TRADES


def rows_of(records: Records) -> int:
    """How many orders have rows that say they filled."""
    return len(records.rows(OrderRow, {"state": "FILLED"}, limit=2 * TRADES))
