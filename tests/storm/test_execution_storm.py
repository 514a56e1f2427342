"""Core and execution-engine are killed and frozen in turn while they trade; nothing is doubled."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.judge import judge
from tests.storm.roles_engine import CORE, ENGINE, RolesEngine, Trader
from tests.storm.test_venue_storm import SPOT
from tests.storm.venue_storm import VENUE_LIFE_S, VenueStorm
from tests.wiring.split_run import SplitRun

SHORT_S, LONG_S = 3.0, 8.0
"""A freeze that a lease outlives, and one behind which a standby has the role."""
BETWEEN = 8
"""Orders that reach the venue before the next strike: a busy machine has few a second."""
STRIKES = [(role, how) for role in (CORE, ENGINE) for how in ("kill", "short", "long")]


def received(venue: LocalVenue) -> int:
    """How many orders have reached the venue."""
    return sum(one["what"] == "received" for one in venue.log())


def arrive(split: SplitRun, venue: LocalVenue, what: str) -> None:
    """Wait until some more orders have reached the venue."""
    wanted = received(venue) + BETWEEN
    split.until(lambda: received(venue) >= wanted, what)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_and_freezes_while_trading_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    strikes = chance.sample(STRIKES * 2, k=2 * len(STRIKES))
    options = (*SPOT.options, "--seed", str(seed))
    home = tmp_path / "home"
    with local_venue(SPOT.name, *options, life_s=VENUE_LIFE_S) as venue, SplitRun(home) as split:
        engine = RolesEngine(venue, home, split, **SPOT.settings(venue))
        engine.start()
        trader = Trader(VenueStorm(SPOT, engine, seed))
        trader.start()
        for role, how in strikes:
            arrive(split, venue, f"orders arrive before {role} {how}")
            split.until(lambda role=role: engine.is_stood_by(role), f"{role} has a standby")  # type: ignore[misc]
            if how == "kill":
                engine.kill(role)
            else:
                engine.pause(role, SHORT_S if how == "short" else LONG_S)
        arrive(split, venue, "orders arrive at the end")
        trader.end()
        engine.wait_until_reconciled()
        split.stop()
        (tmp_path / "venue.json").write_text(json.dumps(venue.log()))
        counts = judge(SPOT, engine, venue)
    (tmp_path / "counts.json").write_text(json.dumps(counts))
    assert counts["received"] >= BETWEEN * (len(strikes) + 1)
    assert counts["FILLED"] > 10
