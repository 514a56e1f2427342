"""A live engine as a process that may be killed, and who trades through it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.adapters.local_venue import LocalVenue
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.acceptance import halting, seen_of
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    CONFIRMATION,
    AmendRequest,
    CancelRequest,
    ChangeLimitsRequest,
    PlaceRequest,
    ReconcileRequest,
    ResumeRequest,
    StatusRequest,
)
from tradewind.runtime.reconciliation import SETTLE_NS
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.segments import FileSegments

START_S = 240.0
HEAL_S = 300.0
ANSWER_S = 120.0
"""How long a busy machine may keep the engine from answering."""
POLL_S = 0.02
SETTLED_NS = SETTLE_NS + 1_500_000_000
"""How long after an order a look that ends tells of it for certain: it settles, a look begins."""
SAID_CHARACTERS = 3000
MESSAGE_S = 0.006
"""Between two messages of ours: the venue takes two hundred orders a second."""
ORDERS_PER_SECOND = 1_000
LIMIT = "10000"
ACCOUNT = "live"
LIVE = {
    "TRADEWIND_STRATEGIES": "none",
    "ENABLE_LIVE_TRADING": "true",
    "MAX_POSITION_SIZE": LIMIT,
    "RISK_PER_TRADE": "1",
    "TRADEWIND_RECONCILE_INTERVAL_S": "1",
    "TRADEWIND_SILENCE_S": "3",
}
"""The switches and limits of a live run."""


class StormEngine:
    """`tradewind run --mode live`; `place`, `cancel` and `amend` are a person's."""

    def __init__(self, venue: LocalVenue, home: Path, **settings: str) -> None:
        self.venue, self.home = venue, home
        self.process: subprocess.Popen[bytes] | None = None
        self.journal_id = ""
        self.placed: list[str] = []
        self._next_s = 0.0
        self.environment = {**os.environ, **LIVE, **settings}

    def start(self) -> None:
        """Start and wait until it answers; a venue that is away just then is tried again."""
        deadline_s = time.monotonic() + START_S
        while True:
            assert time.monotonic() < deadline_s, self.said()
            if self.process is None or self.process.poll() is not None:
                self._spawn()
            try:
                ask(self.home, StatusRequest())
            except TradewindError:
                time.sleep(POLL_S)
            else:
                break
        if not self.journal_id:
            self._meet()

    def _meet(self) -> None:
        with closing(read_journal(self.home / "journal")) as journal:
            self.journal_id = journal.journal_id
        self._hurry()

    def _hurry(self) -> None:
        """More orders a second than the profile allows; the engine keeps that over restarts."""
        changes = {"orders_per_second": ORDERS_PER_SECOND}
        ask(self.home, ChangeLimitsRequest(f"account:{ACCOUNT}", changes, "storm"))

    def said(self) -> str:
        """What it wrote for people last."""
        return (self.home.parent / "engine.out").read_text()[-SAID_CHARACTERS:]

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "tradewind", "run", "--home", str(self.home)]
        with (self.home.parent / "engine.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*command, "--without-gateway", "--mode", "live"],
                stdout=out,
                stderr=out,
                env=self.environment,
            )

    def end(self, number: int) -> None:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=60)

    def freeze(self, seconds: float) -> None:
        """Stop the process and let it go on later."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def place(self, instrument: str, side: Side, quantity: int, price: int = 0) -> str:
        """A limit order, at the market without a price; "" where the engine could not take it."""
        self._pace()
        name = order_id(self.journal_id, "person", len(self.placed) + 1)
        self.placed.append(name)
        kind = OrderType.LIMIT if price else OrderType.MARKET
        event = m.OrderIntended(0, name, "person", instrument, side, quantity, kind, price)
        try:
            ask(self.home, PlaceRequest(event))
        except TradewindError:
            return ""
        return name

    def cancel(self, name: str) -> None:
        """Ask for a cancel; one that is done already is fine."""
        self._pace()
        with suppress(TradewindError):
            ask(self.home, CancelRequest(name))

    def amend(self, name: str, quantity: int, price: int) -> None:
        """Ask for other terms; one that is done already is fine."""
        self._pace()
        with suppress(TradewindError):
            ask(self.home, AmendRequest(name, quantity, price))

    def _pace(self) -> None:
        time.sleep(max(0.0, self._next_s - time.monotonic()))
        self._next_s = time.monotonic() + MESSAGE_S

    def status(self) -> Any:
        """Everything at a glance."""
        deadline_s = time.monotonic() + ANSWER_S
        while True:
            try:
                return ask(self.home, StatusRequest())
            except TradewindError:
                assert self.process is None or self.process.poll() is None, self.said()
                if time.monotonic() > deadline_s:
                    raise

    def is_trading(self) -> bool:
        """Whether orders go to the venue now."""
        try:
            status = self.status()
        except TradewindError:
            return False
        return {row["state"] for row in status["venues"]} == {"trading"}

    def wait_until(self, reached: Callable[[Any], bool], what: str) -> Any:
        """Wait until its status says something; that status."""
        deadline_s = time.monotonic() + HEAL_S
        while True:
            status = self.status()
            if reached(status):
                return status
            shown = {name: status[name] for name in ("venues", "differences", "halts", "orders")}
            assert time.monotonic() < deadline_s, f"not {what}: {shown}"
            time.sleep(POLL_S)

    def wait_until_healed(self) -> None:
        """Until the venue is traded, nothing is unknown or on its way, and nothing differs."""
        self.wait_until(_is_healed, "healed")

    def wait_until_reconciled(self) -> None:
        """Until a look that began behind now, and could see all that has settled, found it healed.

        An execution whose report was lost makes nothing unknown: reconciliation finds it.
        """
        settled_ns = time.time_ns() + SETTLED_NS
        self.wait_until(lambda status: status["venues"][0]["reconciled_ns"] > settled_ns, "looked")
        self.wait_until_healed()

    def accept_and_resume(self, status: Any) -> None:
        """A person takes the venue's word on what halted it, and lets trading go on."""
        for halt in status["halts"]:
            venue = halt["scope"].removeprefix("venue:")
            seen = seen_of(halting(status["differences"], venue))
            if seen:
                request = ReconcileRequest(venue, seen, "a bust", "storm")
                with suppress(TradewindError):
                    ask(self.home, request, deadline_s=HEAL_S)
            ask(self.home, ResumeRequest(halt["scope"], "storm", CONFIRMATION))

    def state(self) -> State:
        """The state that its journal leads to, once it has ended."""
        recording = Recorder(FileSegments(self.home / "market"))
        with closing(read_journal(self.home / "journal")) as journal, closing(recording):
            return recover(journal, recording).state


def _is_healed(status: Any) -> bool:
    unsettled = ("UNKNOWN", "PENDING", "AWAITING")
    if any(row["state"].startswith(unsettled) for row in status["orders"]):
        return False
    venues = {row["state"] for row in status["venues"]}
    return venues == {"trading"} and not status["differences"] and not status["halts"]
