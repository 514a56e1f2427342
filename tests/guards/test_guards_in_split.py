"""Watchdog and drop copy under the supervisor of a split live run, whose orders leave by a role."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.adapters.local_venue import local_venue
from tests.guards.guarded_run import own_key, settings_of
from tests.storm.engine import LIVE
from tests.wiring.split_run import SplitRun
from tests.wiring.test_take_over import is_trading, placed

ROLES = ("watchdog", "drop-copy", "execution-engine")


@pytest.mark.long
def test_guards_are_started_again_and_leave_orders_alone_at_the_end(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with local_venue("binance", "--rates", "20") as venue, SplitRun(home) as split:
        split.strategies = 0
        split.environment = {
            **LIVE,
            **settings_of(venue),
            **own_key(venue, "WATCHDOG", "good"),
            **own_key(venue, "DROP_COPY", "good"),
        }
        split.start("--topology", "split", "--mode", "live", "--without-gateway")
        split.until(lambda: is_trading(home), "orders may leave")
        for role in ROLES:
            split.until(lambda role=role: split.health(role).get("ok") is True, f"{role} is well")  # type: ignore[misc]
        order = placed(home, 1)
        looks = split.metric("drop-copy", "drop_copy_looks_total")
        split.until(
            lambda: split.metric("drop-copy", "drop_copy_looks_total") > looks, "it compares"
        )
        for role in ("watchdog", "drop-copy"):
            pid = split.health(role)["pid"]
            os.kill(pid, signal.SIGKILL)
            split.until(
                lambda role=role, pid=pid: split.health(role).get("pid", pid) != pid,  # type: ignore[misc]
                f"{role} is there again",
            )
        assert split.metric("watchdog", "watchdog_pulls_total") == 0
        split.stop()
        assert split.codes == [0]
        last = [entry for entry in venue.log() if entry.get("client_id") == order][-1]
        assert last["status"] == "NEW", "an end in order is no reason to cancel"
