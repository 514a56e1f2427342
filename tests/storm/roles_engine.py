"""Core and execution-engine as processes with standbys, killed and frozen while they trade."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

from tests.adapters.local_venue import LocalVenue
from tests.storm.engine import LIVE, POLL_S, START_S, StormEngine
from tests.storm.venue_storm import VenueStorm
from tests.wiring.split_run import SplitRun
from tradewind.model.errors import TradewindError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import StatusRequest

CORE, ENGINE = "risk-manager", "execution-engine"


class RolesEngine(StormEngine):
    """A live run whose orders leave by an execution-engine; each has a standby."""

    def __init__(self, venue: LocalVenue, home: Path, split: SplitRun, **settings: str) -> None:
        super().__init__(venue, home, **settings)
        self.split = split
        self._begun: Counter[str] = Counter()
        split.environment = {**LIVE, **settings}

    def start(self) -> None:
        """Start all, and wait until orders may leave."""
        self.split.start("--role", "market-data", "--mode", "live")
        for role in (ENGINE, CORE):
            for _ in range(2):
                self.stand_by(role)
        deadline_s = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < deadline_s, self.said()
            time.sleep(POLL_S)
        self._meet()

    def stand_by(self, role: str) -> None:
        """One more process of a role."""
        self._begun[role] += 1
        self.split.start("--role", role, "--mode", "live", "--standby")

    def is_stood_by(self, role: str) -> bool:
        """Whether all but the one that began the role have loaded and wait, or waited."""
        return self.split.standing_by(role) >= self._begun[role] - 1

    def said(self) -> str:
        """What they wrote for people last."""
        return self.split.said[-3000:]

    def pid(self, role: str) -> int:
        """The process that plays a role; asked for until one does."""
        deadline_s = time.monotonic() + START_S
        while not (health := self.split.health(role)):
            assert time.monotonic() < deadline_s, self.said()
            time.sleep(POLL_S)
        return int(health["pid"])

    def kill(self, role: str) -> int:
        """`kill -9`, with the next standby begun at once; the process that was."""
        pid = self.pid(role)
        os.kill(pid, signal.SIGKILL)
        self.stand_by(role)
        return pid

    def pause(self, role: str, seconds: float) -> None:
        """Freeze and let go on; whoever stands by may have ended it meanwhile."""
        pid = self.pid(role)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        if self.split.is_running(pid):
            os.kill(pid, signal.SIGCONT)
        else:
            self.stand_by(role)

    def _answers(self) -> bool:
        try:
            ask(self.home, StatusRequest())
        except TradewindError:
            return False
        return True


class Trader(threading.Thread):
    """Places, cancels and amends without a pause, whatever happens to the processes."""

    def __init__(self, storm: VenueStorm) -> None:
        super().__init__(name="trader", daemon=True)
        self.storm = storm
        self._ending = threading.Event()

    def run(self) -> None:
        """Trade until told to end."""
        while not self._ending.wait(0.02):
            self.storm.trade()

    def end(self) -> None:
        """Place nothing more."""
        self._ending.set()
        self.join()
