"""The execution-engine as a process: orders leave by it; a kill loses and doubles nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.wiring.split_run import SplitRun
from tests.wiring.test_take_over import is_trading, journaled, placed, settings, until
from tradewind.model import messages as m


def started(split: SplitRun, venue: LocalVenue, standbys: int) -> None:
    """A live run whose orders leave by an execution-engine, with so many processes standing by."""
    split.strategies = 0
    split.environment = settings(venue) | {"TRADEWIND_EXECUTION": "engine"}
    core = dict(split.environment)
    split.start("--role", "market-data", "--mode", "live")
    for _ in range(1 + standbys):
        split.start("--role", "execution-engine", "--mode", "live", "--standby")
    # the core has no key, and needs none
    split.environment = {name: one for name, one in core.items() if "API" not in name}
    for _ in range(1 + standbys):
        split.start("--role", "risk-manager", "--mode", "live", "--standby")
    split.until(lambda: is_trading(split.home), "orders may leave")


def accepted(home: Path) -> set[str]:
    return {one.order_id for one in journaled(home) if isinstance(one, m.OrderAccepted)}


@pytest.mark.long
def test_an_order_leaves_by_the_execution_engine_and_the_core_has_no_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with local_venue("binance") as venue, SplitRun(home) as split:
        started(split, venue, 0)
        order = placed(home, 1)
        until(lambda: order in accepted(home), "the venue took it")
        assert split.metric("execution-engine", "orders_left_total") == 1
        assert split.health("execution-engine")["ok"] is True
        os.kill(split.health("execution-engine")["pid"], signal.SIGKILL)
        until(lambda: not is_trading(home), "the venue is lost without it")
        split.environment = settings(venue) | {"TRADEWIND_EXECUTION": "engine"}
        split.start("--role", "execution-engine", "--mode", "live")
        split.until(lambda: is_trading(home), "orders may leave again")
        again = placed(home, 2)
        until(lambda: again in accepted(home), "the venue took the next one")
        sent = [one.get("client_id") for one in venue.log() if one.get("client_id")]
        assert sent.count(order) >= 1
