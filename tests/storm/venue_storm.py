"""A real engine against a local venue in another process, with faults and kills between them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.core.reconcile import Scope, expected_balances, expected_positions
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.orders import OrderState, OrderType, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import CancelRequest, PlaceRequest, StatusRequest
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.segments import FileSegments

START_S = 60.0
HEAL_S = 150.0
LIMIT = "10000"
DUST = Decimal("0.0000002")
"""What rounding the executions since the last reconciliation may leave."""
FAULTS: dict[str, tuple[float, ...]] = {
    "reply-lost": (),
    "reply-dropped": (),
    "request-lost": (),
    "slow-reply": (200.0, 1500.0),
    "server-error": (),
    "reject-storm": (),
    "rate-limit": (0.2,),
    "ip-ban": (0.5,),
    "duplicate-report": (),
    "late-report": (100.0, 1500.0),
    "reordered-report": (),
    "lost-report": (),
    "fill-after-cancel": (),
    "drop-in-mid-fill": (),
    "drop-socket": (),
    "sequence-gap": (),
    "duplicate-market": (),
    "late-market": (),
    "wrong-precision": (),
}
"""What strikes once each time it is drawn, with the strengths it may have."""
LASTING: dict[str, tuple[float, ...]] = {"clock-skew": (-2000.0, 80.0, 2000.0), "maintenance": (0,)}
"""What stays on for a moment."""


class LocalVenue:
    """`tradewind venue` as a process, with its operator's routes."""

    def __init__(self, name: str, folder: Path, *, seed: int) -> None:
        command = [sys.executable, "-m", "tradewind", "venue", name, "--json", "--seed", str(seed)]
        with (folder / "venue.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        self.about: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.about["url"]
        self.account = self.about["accounts"][0]

    def admin(self, path: str, body: dict[str, Any] | None = None, method: str = "") -> Any:
        """One operator's call."""
        data = None if body is None else json.dumps(body).encode()
        way = method or ("GET" if data is None else "POST")
        request = urllib.request.Request(
            f"{self.url}/admin{path}", data, {"Content-Type": "application/json"}, method=way
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()


class StormEngine:
    """`tradewind run --mode live` as a process that may be killed, and who trades through it."""

    def __init__(self, venue: LocalVenue, home: Path, **settings: str) -> None:
        self.venue, self.home = venue, home
        self.process: subprocess.Popen[bytes] | None = None
        self.journal_id = ""
        self.placed: list[str] = []
        self.environment = {
            **os.environ,
            "TRADEWIND_STRATEGIES": "none",
            "ENABLE_LIVE_TRADING": "true",
            "MAX_POSITION_SIZE": LIMIT,
            "RISK_PER_TRADE": "1",
            "TRADEWIND_RECONCILE_INTERVAL_S": "2",
            **settings,
        }

    def start(self, *flags: str) -> None:
        """Start and wait until it answers; a venue that is away just then is tried again."""
        deadline_s = time.monotonic() + START_S
        while True:
            assert time.monotonic() < deadline_s, self.said()
            if self.process is None or self.process.poll() is not None:
                self._spawn(flags)
            try:
                ask(self.home, StatusRequest())
            except TradewindError:
                time.sleep(0.05)
            else:
                break
        with closing(read_journal(self.home / "journal")) as journal:
            self.journal_id = journal.journal_id

    def said(self) -> str:
        """What it wrote for people."""
        return (self.home.parent / "engine.out").read_text()[-3000:]

    def _spawn(self, flags: tuple[str, ...]) -> None:
        command = [sys.executable, "-m", "tradewind", "run", "--home", str(self.home)]
        with (self.home.parent / "engine.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*command, "--without-gateway", "--mode", "live", *flags],
                stdout=out,
                stderr=out,
                env=self.environment,
            )

    def end(self, number: int) -> None:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=60)

    def place(self, instrument: str, side: Side, quantity: int, price: int = 0) -> str:
        """A limit order, at the market without a price; "" where the engine could not take it."""
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
        try:
            ask(self.home, CancelRequest(name))
        except TradewindError:
            return

    def status(self) -> Any:
        return ask(self.home, StatusRequest())

    def wait_until_healed(self) -> None:
        """Until the venue is traded, nothing is unknown and nothing differs."""
        deadline_s = time.monotonic() + HEAL_S
        while True:
            status = self.status()
            unknown = [row for row in status["orders"] if row["state"] == "UNKNOWN"]
            pending = [row for row in status["orders"] if row["state"].startswith("PENDING")]
            venues = {row["state"] for row in status["venues"]}
            if not unknown and not pending and venues == {"trading"} and not status["differences"]:
                return
            wrong = (unknown, pending, status["venues"], status["differences"], status["halts"])
            assert time.monotonic() < deadline_s, wrong
            time.sleep(0.2)

    def state(self) -> State:
        """The state that its journal leads to, once it has ended."""
        with closing(read_journal(self.home / "journal")) as journal:
            recorder = Recorder(FileSegments(self.home / "market"))
            return recover(journal, recorder).state


class VenueStorm:
    """Draws faults and orders from one seed."""

    def __init__(self, engine: StormEngine, instruments: dict[str, tuple[int, int]], seed: int):
        self.engine, self.venue = engine, engine.venue
        self.instruments = instruments
        self.chance = random.Random(seed)
        self.kills = 0
        self.struck: dict[str, int] = {}

    def rage(self, faults: int) -> None:
        """So many faults, each with a few orders around it."""
        for _ in range(faults):
            self._strike()
            self._trade()
        self.venue.admin("/faults", method="DELETE")

    def _strike(self) -> None:
        name = self.chance.choice([*FAULTS, *LASTING, "kill", "cut"])
        self.struck[name] = self.struck.get(name, 0) + 1
        if name == "kill":
            self.engine.end(signal.SIGKILL)
            self.kills += 1
            self.engine.start()
        elif name == "cut":
            self.venue.admin("/sockets/cut", {})
        elif name in LASTING:
            value = self.chance.choice(LASTING[name])
            self.venue.admin("/faults", {"name": name, "value": value})
            self._trade()
            time.sleep(self.chance.random())
            self.venue.admin(f"/faults/{name}", method="DELETE")
        else:
            body: dict[str, Any] = {"name": name, "count": 1}
            if FAULTS[name]:
                body["value"] = self.chance.choice(FAULTS[name])
            self.venue.admin("/faults", body)

    def _trade(self) -> None:
        """A few orders, some at the market, some far below it and canceled."""
        for _ in range(self.chance.randint(1, 3)):
            instrument, (quantity, far) = self.chance.choice(list(self.instruments.items()))
            side = self.chance.choice((Side.BUY, Side.SELL))
            amount = quantity * self.chance.randint(1, 3)
            if self.chance.random() < 0.5:
                self.engine.place(instrument, side, amount)
            else:
                name = self.engine.place(instrument, Side.BUY, amount, far)
                if name and self.chance.random() < 0.7:
                    time.sleep(self.chance.random() * 0.1)
                    self.engine.cancel(name)
        time.sleep(self.chance.random() * 0.2)


def judge(storm: VenueStorm, account: str, symbol_of: dict[str, str]) -> dict[str, int]:
    """No order twice, none lost, positions and limits by the venue's own log; counts."""
    engine, venue = storm.engine, storm.venue
    state = engine.state()
    log = venue.admin("/log")
    ours = [entry for entry in log if _is_ours(entry, engine.journal_id)]
    received = [entry["client_id"] for entry in ours if entry["what"] == "received"]
    assert len(received) == len(set(received)), "I2: an order reached the venue twice"
    last = {entry["client_id"]: entry for entry in ours}
    for name, entry in last.items():
        order = state.orders.get(name)
        assert order is not None, f"the venue has {name}, we do not"
        digits = state.markets[order.instrument].instrument.quantity_digits
        filled = format_units(order.filled_quantity, digits)
        assert Decimal(filled) == Decimal(entry["filled"]), f"{name}: {filled}, {entry}"
        is_open = entry["status"] in ("NEW", "PARTIALLY_FILLED")
        assert order.is_open == is_open, f"{name} is {OrderState(order.state).name}, {entry}"
    for order in state.orders.values():
        assert order.state != OrderState.UNKNOWN, f"I10: {order.order_id} is UNKNOWN"
        if order.order_id not in last:
            name = OrderState(order.state).name
            assert name in ("DENIED", "REJECTED"), f"{order.order_id} is {name}, not at the venue"
    _judge_money(state, venue, account)
    _judge_limits(ours, symbol_of)
    return {"received": len(received), "known": len(state.orders), "kills": storm.kills}


def _is_ours(entry: dict[str, Any], journal_id: str) -> bool:
    return str(entry.get("client_id", "")).startswith(journal_id + "-")


def _judge_money(state: State, venue: LocalVenue, account: str) -> None:
    """I3: every balance is the venue's, which keeps more digits than our money has."""
    name = state.markets[0].venue
    scope = Scope(name, account, state.journal_id, 0, 0)
    ours = expected_balances(state, scope, has_positions=False)
    theirs = venue.admin("/accounts")[venue.account["name"]]
    for currency in ours.keys() | theirs.keys():
        there = theirs.get(currency, {"free": "0", "locked": "0"})
        total = Decimal(there["free"]) + Decimal(there["locked"])
        here = Decimal(format_units(ours.get(currency, 0), currency_digits(currency)))
        assert abs(here - total) <= DUST, f"I3: {currency} is {here} here and {total} there"
    assert expected_positions(state, scope) is not None


def _judge_limits(ours: list[dict[str, Any]], symbol_of: dict[str, str]) -> None:
    """I4: at every entry of the venue's log a position with all that works is within the limit."""
    working: dict[str, dict[str, tuple[int, Decimal]]] = {}
    held: dict[str, Decimal] = {}
    filled: dict[str, Decimal] = {}
    prices: dict[str, Decimal] = {}
    for entry in ours:
        symbol, name = entry["symbol"], entry["client_id"]
        sign = 1 if entry["side"] == "BUY" else -1
        now = Decimal(entry["filled"])
        held[symbol] = held.get(symbol, Decimal(0)) + sign * (now - filled.get(name, Decimal(0)))
        filled[name] = now
        left = Decimal(entry["quantity"]) - now
        open_orders = working.setdefault(symbol, {})
        open_orders.pop(name, None)
        if entry["what"] != "received" and entry["status"] in ("NEW", "PARTIALLY_FILLED"):
            open_orders[name] = (sign, left)
        prices[symbol] = max(prices.get(symbol, Decimal(0)), Decimal(symbol_of[symbol]))
        bought = held[symbol] + sum(left for sign, left in open_orders.values() if sign > 0)
        sold = -held[symbol] + sum(left for sign, left in open_orders.values() if sign < 0)
        # prices of the market wander by less than this while a storm lasts
        most = Decimal(LIMIT) * Decimal("1.1") / prices[symbol]
        assert max(bought, sold) <= most, f"I4: {symbol} holds {bought} or {sold}, at most {most}"
