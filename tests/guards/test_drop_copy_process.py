"""The drop-copy reconciler as a process with a key that may only read."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.guards.guarded_run import (
    FAR_PRICE,
    INSTRUMENT,
    QUANTITY,
    guard,
    own_key,
    running_engine,
    settings_of,
    wait_for,
)
from tests.storm.engine import StormEngine
from tradewind.model.orders import Side

WORDS = ["drop-copy", "--interval", "1"]


def filled(venue: LocalVenue) -> list[dict[str, str]]:
    return [one for one in venue.log() if one["what"] == "trade"]


def metric(home: Path, name: str) -> float:
    text = (home / "drop_copy.prom").read_text()
    return next(float(line.split()[1]) for line in text.splitlines() if line.split()[0] == name)


def trade(engine: StormEngine, venue: LocalVenue) -> None:
    """One order that rests and one that is filled."""
    assert engine.place(INSTRUMENT, Side.BUY, QUANTITY, FAR_PRICE)
    assert engine.place(INSTRUMENT, Side.BUY, QUANTITY)
    wait_for(lambda: len(filled(venue)) > 0, "an execution")


def test_a_run_that_agrees_with_its_venue_raises_no_alarm_and_a_bust_halts_it(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    # the engine's own look is too far off to see the bust first
    slow = {"TRADEWIND_RECONCILE_INTERVAL_S": "600"}
    with (
        local_venue("binance", "--rates", "20") as venue,
        running_engine(venue, home, slow) as engine,
    ):
        trade(engine, venue)
        environment = {**settings_of(venue), **own_key(venue, "DROP_COPY", "read-only")}
        with guard(WORDS, home, environment) as copying:
            wait_for((home / "drop_copy.prom").exists, "a file of metrics")
            wait_for(
                lambda: (
                    metric(home, "tradewind_drop_copy_looks_total") >= 3
                    and metric(home, "tradewind_drop_copy_compared") >= 2
                ),
                "order and execution compared a few times",
            )
            assert metric(home, "tradewind_drop_copy_breaks") == 0
            assert engine.status()["halts"] == []
            first = filled(venue)[0]
            bust = {"order_id": first["order_id"], "trade_id": first["trade_id"]}
            venue.operate("POST", "bust", bust)
            halted = engine.wait_until(lambda status: bool(status["halts"]), "halted")
            assert halted["halts"][0]["scope"] == "venue:BINANCE"
            assert "fill_not_at_venue" in halted["halts"][0]["reason"]
            assert halted["halts"][0]["by"] == "drop copy"
            wait_for(lambda: metric(home, "tradewind_drop_copy_breaks") == 1, "a metric of it")
            assert copying.end() == 0
            assert not (home / "drop_copy.prom").exists()
