"""A storm over a venue: faults of a seed, each with a few orders around it, then a verdict."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.adapters.local_venue import local_venue
from tests.storm.engine import StormEngine
from tests.storm.faults import BUST, CUTTING, LASTING, ONCE, drawn
from tests.storm.ground import Ground, Listed
from tests.storm.judge import judge
from tradewind.model.orders import Side
from tradewind.runtime.acceptance import FILL

VENUE_LIFE_S = 6 * 3600.0
TRADING_S = 240.0
"""How long trading may take to go on behind a fault that takes the connection."""
BUST_MS = 50.0
BUST_S = 30.0
"""How long a bust may take to be seen twice."""
RESTING_MAX = 12
RUSHED = 0.1
"""The share of orders that do not wait until the venue is traded again."""
STRENGTHS = {**ONCE, **CUTTING, **LASTING}


class VenueStorm:
    """Draws faults and orders from one seed; `struck` counts the faults."""

    def __init__(self, ground: Ground, engine: StormEngine, seed: int) -> None:
        self.ground, self.engine, self.venue = ground, engine, engine.venue
        self.chance = random.Random(seed)
        self.struck: Counter[str] = Counter()
        self.took_s: dict[str, float] = defaultdict(float)
        """Seconds by fault: until trading went on, and for its orders."""
        self._resting: list[str] = []

    def rage(self, faults: int) -> None:
        """So many faults, each with a few orders around it."""
        for name in drawn(self.chance, faults, self.ground.unplayable):
            self.struck[name] += 1
            begun_s = time.monotonic()
            if name == BUST:
                self._bust()
            elif name in LASTING:
                self._last(name)
            else:
                self._strike(name)
                self._trade(name)
            self.took_s[name] += time.monotonic() - begun_s
        self.venue.heal()

    def _strike(self, name: str) -> None:
        if name == "kill":
            self.engine.end(signal.SIGKILL)
            self.engine.start()
        elif name == "freeze":
            self.engine.freeze(self.chance.uniform(0.1, 1.5))
        elif name == "cut":
            self.venue.operate("POST", "sockets/cut", {})
        else:
            self.venue.fault(name, **self._strength(name), count=1)

    def _last(self, name: str) -> None:
        """A fault that stays on while orders are tried, and then goes."""
        self.venue.fault(name, **self._strength(name))
        self.trade()
        time.sleep(self.chance.uniform(0.0, 0.5))
        with suppress(HTTPError):
            self.venue.operate("DELETE", f"faults/{name}")
        self._trade(name)

    def _bust(self) -> None:
        """A fill is taken back: the venue is halted until a person takes its word."""
        self._wait_until_trading(BUST)
        self.venue.fault(BUST, value=BUST_MS, count=1)
        deadline_s = time.monotonic() + TRADING_S
        while not any(row["name"] == BUST and row["struck"] for row in self._faults()):
            assert time.monotonic() < deadline_s, "no fill to take back"
            self._at_market()
            time.sleep(0.2)
        deadline_s = time.monotonic() + BUST_S
        while not _has_bust(self.engine.status()) and time.monotonic() < deadline_s:
            time.sleep(0.05)  # one that we had not heard of yet halts nothing
        while True:
            status = self.engine.status()
            if not status["halts"] and not status["differences"]:
                return
            self.engine.accept_and_resume(status)
            time.sleep(0.1)

    def _faults(self) -> Any:
        return self.venue.operate("GET", "faults")

    def _strength(self, name: str) -> dict[str, Any]:
        values = STRENGTHS[name]
        return {"value": self.chance.choice(values)} if values else {}

    def _trade(self, name: str) -> None:
        """A few orders, most of them once the venue is traded again."""
        if self.chance.random() >= RUSHED:
            self._wait_until_trading(name)
        self.trade()

    def _wait_until_trading(self, name: str) -> None:
        assert not self.engine.status()["halts"], self._why()
        deadline_s = time.monotonic() + TRADING_S
        while not self.engine.is_trading():
            assert time.monotonic() < deadline_s, f"not traded behind {name}: {self._why()}"
            time.sleep(0.02)

    def _why(self) -> Any:
        status = self.engine.status()
        return status["venues"], status["halts"], status["differences"]

    def trade(self) -> None:
        """A few orders, and cancels of what has rested for long."""
        for _ in range(self.chance.randint(2, 4)):
            self.chance.choice((self._at_market, self._at_market, self._rest, self._rest))()
        while len(self._resting) > RESTING_MAX:
            self.engine.cancel(self._resting.pop(0))

    def _chosen(self, names: Iterable[str]) -> tuple[str, Listed]:
        name = self.chance.choice(sorted(names))
        return name, self.ground.listed[name]

    def _at_market(self) -> None:
        """An order that fills at once."""
        instrument, listed = self._chosen(self.ground.listed.keys() - self.ground.resting)
        side = self.chance.choice((Side.BUY, Side.SELL))
        self.engine.place(instrument, side, listed.quantity * self.chance.randint(1, 3))

    def _rest(self) -> None:
        """An order that rests; some are canceled or amended at once, some later."""
        instrument, listed = self._chosen(self.ground.resting or self.ground.listed.keys())
        quantity = listed.quantity * self.chance.randint(2, 4)
        name = self.engine.place(instrument, Side.BUY, quantity, listed.far_price)
        if not name:
            return
        fate = self.chance.random()
        if fate < 0.4:
            self.engine.cancel(name)
            return
        self._resting.append(name)
        if fate < 0.7 and self.ground.amends == "quantity":
            self.engine.amend(name, quantity - listed.quantity, listed.far_price)
        elif fate < 0.7 and self.ground.amends == "price":
            self.engine.amend(name, quantity, listed.far_price - listed.far_price // 100)


def _has_bust(status: Any) -> bool:
    return any(row["kind"] == FILL for row in status["differences"])


def storm_over(ground: Ground, folder: Path, *, seed: int, faults: int) -> Counter[str]:
    """A whole storm: venue, engine, faults, healing, verdict; counts of orders and faults.

    `storm.json` in the folder tells what struck, what it took and what became of the orders,
    `venue.json` is the venue's log.
    """
    begun_s = time.monotonic()
    options = (*ground.options, "--seed", str(seed))
    with local_venue(ground.name, *options, life_s=VENUE_LIFE_S) as venue:
        engine = StormEngine(venue, folder / "home", **ground.settings(venue))
        engine.start()
        storm = VenueStorm(ground, engine, seed)
        try:
            storm.rage(faults)
            raged_s = time.monotonic()
            engine.wait_until_reconciled()
            healed_s = time.monotonic()
            engine.end(signal.SIGTERM)
        finally:
            if engine.process is not None and engine.process.poll() is None:
                engine.end(signal.SIGKILL)
            (folder / "venue.json").write_text(json.dumps(venue.log()))
        counts = judge(ground, engine, venue)
    story = {
        "venue": ground.name,
        "seed": seed,
        "faults": dict(storm.struck),
        "orders": dict(counts),
        "seconds": round(time.monotonic() - begun_s, 1),
        "seconds_to_heal": round(healed_s - raged_s, 1),
        "seconds_by_fault": {name: round(took_s, 1) for name, took_s in storm.took_s.items()},
    }
    (folder / "storm.json").write_text(json.dumps(story, indent=1))
    return counts
