"""A live run over the local Binance: the venue shows an iceberg, through a kill and amendments."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import StormEngine
from tests.wiring.test_live_binance import COIN, settings, state_of
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended
from tradewind.model.ids import order_id
from tradewind.model.orders import Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import AmendRequest, CancelRequest, PlaceRequest


@pytest.fixture(scope="module")
def moving_venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--seed", "3") as running:
        yield running


@pytest.fixture
def engine(moving_venue: LocalVenue, tmp_path: Path) -> Iterator[StormEngine]:
    running = StormEngine(moving_venue, tmp_path / "home", **settings(moving_venue))
    running.start()
    yield running
    running.end(signal.SIGTERM)


def iceberg(engine: StormEngine, number: int, quantity: int, *, display: int) -> tuple[str, str]:
    """Place one far below the market; its id and that of its first child."""
    said = engine.wait_until(lambda said: all(row["last"] for row in said["market"]), "priced")
    below = int(float(said["market"][0]["last"]) * 0.97) * 100
    name = order_id(engine.journal_id, "person", number)
    terms = {"limit_price": below, "display": display}
    wanted = AlgorithmIntended(
        0, name, "person", COIN, Side.BUY, quantity, Algorithm.ICEBERG, **terms
    )
    ask(engine.home, PlaceRequest(wanted))
    return name, f"{name}.1"


def least_bid(venue: LocalVenue) -> str:
    """What the public book shows at its lowest bid: the market's own stand higher."""
    with urllib.request.urlopen(f"{venue.url}/api/v3/depth?symbol=BTCUSDT&limit=5000") as answer:
        bids: list[list[str]] = json.load(answer)["bids"]
    return bids[-1][1]


def row_of(status: Any, name: str) -> Any:
    return next((row for row in status["orders"] if row["order_id"] == name), None)


@pytest.mark.long
def test_an_iceberg_of_the_venue_is_adopted_lowered_and_canceled(engine: StormEngine) -> None:
    venue = engine.venue
    name, child = iceberg(engine, 1, 100_000, display=20_000)
    engine.wait_until(lambda said: state_of(said, child) == "NEW", "resting")
    assert least_bid(venue) == "0.00020000"
    engine.end(signal.SIGKILL)
    engine.start()
    engine.wait_until_reconciled()
    said = engine.status()
    assert state_of(said, child) == "NEW"
    assert not said["differences"]
    assert not said["halts"]
    ask(engine.home, AmendRequest(name, 60_000, 0))

    def is_lowered(said: Any) -> bool:
        row = row_of(said, child)
        return bool(row) and float(row["quantity"]) == 0.0006

    engine.wait_until(is_lowered, "lowered where it is")
    ask(engine.home, CancelRequest(name))
    engine.wait_until(lambda said: not said["orders"], "canceled")
    log = [one for one in venue.log() if str(one.get("client_id", "")).startswith(name)]
    assert {one["client_id"] for one in log} == {child}
    assert [one["what"] for one in log if one["what"] in ("new", "replaced", "canceled")] == [
        "new",
        "replaced",
        "canceled",
    ]


@pytest.mark.long
def test_an_iceberg_that_the_venue_refuses_is_worked_by_the_core(engine: StormEngine) -> None:
    name, child = iceberg(engine, 2, 510_000, display=10_000)  # 51 parts, one too many
    second = f"{name}.2"
    engine.wait_until(lambda said: state_of(said, second) == "NEW", "worked by the core")
    assert float(row_of(engine.status(), second)["quantity"]) == 0.0001
    ask(engine.home, CancelRequest(name))
    engine.wait_until(lambda said: not said["orders"], "canceled")
    begun = [one for one in engine.venue.log() if one["what"] == "new"]
    assert child not in {one["client_id"] for one in begun}
