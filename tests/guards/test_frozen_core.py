"""The kill switch while the trading core is frozen: the execution-engine pulls it by itself."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.guards.guarded_run import open_at, settings_of, wait_for
from tests.storm.engine import LIVE
from tests.wiring.split_run import SplitRun
from tests.wiring.test_take_over import is_trading, placed
from tradewind.model.errors import TradewindError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import StatusRequest
from tradewind.runtime.halt_file import write_halt_file

RESTING = 5
LOG = logging.getLogger("tests.frozen")


def started(split: SplitRun, venue: LocalVenue, *standby: str) -> None:
    """A live run by roles as its settings' defaults have them, with orders that rest."""
    split.strategies = 0
    split.environment = {**LIVE, **settings_of(venue)}
    split.start("--role", "market-data")
    split.start("--role", "execution-engine")
    split.start("--role", "risk-manager", *standby)
    split.until(lambda: is_trading(split.home), "orders may leave")
    names = {placed(split.home, number + 1) for number in range(RESTING)}
    wait_for(lambda: open_at(venue) == names, "orders rest at the venue")


def is_halted(home: Path) -> bool:
    """Whether a core says that all is halted and that nothing works."""
    try:
        status = ask(home, StatusRequest())
    except TradewindError:
        return False
    scopes = {row["scope"] for row in status["halts"]}
    return "all" in scopes and {row["state"] for row in status["orders"]} <= {"CANCELED"}


@pytest.mark.long
def test_a_halt_file_cancels_all_while_the_core_is_frozen_and_it_learns_of_it(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, SplitRun(home) as split:
        started(split, venue)
        core = split.health("risk-manager")["pid"]
        os.kill(core, signal.SIGSTOP)
        begun_s = time.monotonic()
        write_halt_file(home, "the core hangs")
        wait_for(lambda: not open_at(venue), "all canceled beside a frozen core")
        LOG.info("canceled %.2f s behind the file", time.monotonic() - begun_s)
        os.kill(core, signal.SIGCONT)
        split.until(lambda: is_halted(home), "the core knows of the halt and of its orders' end")
        sent = sum(one["what"] == "received" for one in venue.log())
        placed(home, RESTING + 1)
        assert split.metric("risk-manager", "orders_denied_total") == 1
        assert sum(one["what"] == "received" for one in venue.log()) == sent == RESTING


@pytest.mark.long
def test_a_command_halts_while_the_core_is_frozen_and_so_does_who_takes_over(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, SplitRun(home) as split:
        started(split, venue, "--standby")
        split.start("--role", "risk-manager", "--standby")
        split.until_standing_by("risk-manager")
        core = split.health("risk-manager")["pid"]
        os.kill(core, signal.SIGSTOP)
        begun_s = time.monotonic()
        command = [sys.executable, "-m", "tradewind", "halt", "--home", str(home)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as halting:
            wait_for(lambda: not open_at(venue), "all canceled beside a frozen core")
            LOG.info("canceled %.2f s behind the command", time.monotonic() - begun_s)
            halting.wait()
        assert "canceled_for_halt" in (home / "execution-engine.log").read_text()
        split.until(lambda: split.health("risk-manager").get("pid", core) != core, "taken over")
        split.until(lambda: is_halted(home), "who took over knows of the halt")
        assert sum(one["what"] == "received" for one in venue.log()) == RESTING
