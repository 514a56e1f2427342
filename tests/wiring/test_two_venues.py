"""One run over two venues: an order divided between them, killed, recovered, reconciled at each."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import StormEngine
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import AlgorithmIntended, ParentEnded
from tradewind.model.route_messages import OrderRouted
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    CONFIRMATION,
    HaltRequest,
    ResumeRequest,
    StartStrategyRequest,
)

SPOT, COIN = "BTC/USDT.BINANCE", "BTC/USDT.BINANCE-USDM"
ROUTE = f"BTC={SPOT}@0.001@5+{COIN}@0.0005@20"
Venues = tuple[LocalVenue, LocalVenue]
SLICED = ("--algorithm", "twap", "--seconds", "40", "--slices", "4", "--at-end", "cross")
TERMS = {"route": "BTC", "quantity": "0.01", "total": "0.03", "every_s": "1"}


@pytest.fixture
def venues() -> Iterator[Venues]:
    with local_venue("binance") as spot, local_venue("binance-usdm") as coin:
        yield spot, coin


def settings(venues: Venues) -> dict[str, str]:
    spot, coin = venues
    keys = {
        name: {"key": venue.first["key"], "secret": venue.first["secret"]}
        for name, venue in (("binance", spot), ("binance-usdm", coin))
    }
    return {
        "BINANCE_BASE_URL": spot.url,
        "BINANCE_USDM_BASE_URL": coin.url,
        "BINANCE_API_KEY": "",
        "BINANCE_API_SECRET": "",
        "API_KEYS": json.dumps(keys),
        "TRADEWIND_VENUE": "binance,binance-usdm",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT",
        "TRADEWIND_ROUTES": ROUTE,
        "TRADEWIND_STRATEGIES": "none",
        "LIVE_TRADING_CONFIRM": "binance=1,binance-usdm=demo1",
    }


def command(home: Path, environment: dict[str, str], *words: str) -> tuple[int, str]:
    """One command that ends by itself: its exit code and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", *words, "--home", str(home)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def journaled(home: Path) -> list[m.Record]:
    with closing(read_journal(home / "journal")) as journal:
        return [record for group in journal.groups() for _, record in numbered(group)]


@pytest.mark.long
def test_an_order_by_a_route_goes_to_both_venues_and_each_agrees_with_its_part(
    venues: Venues, tmp_path: Path
) -> None:
    engine = StormEngine(venues[0], tmp_path / "home", **settings(venues))
    engine.start()
    try:
        status = engine.wait_until(
            lambda said: {row["state"] for row in said["venues"]} == {"trading"}, "both trade"
        )
        assert {row["venue"] for row in status["venues"]} == {"BINANCE", "BINANCE-USDM"}
        engine.wait_until(lambda said: all(row["last"] for row in said["market"]), "both priced")
        first = bought(engine, "0.05")
        chosen = next(one.instrument for one in first.scores if one.quantity).rpartition(".")[2]
        ask(engine.home, HaltRequest(f"venue:{chosen}", "a test", "test"))
        second = bought(engine, "0.06")
        ask(engine.home, ResumeRequest(f"venue:{chosen}", "test", CONFIRMATION))
        engine.wait_until(lambda said: len(said["positions"]) == 2, "bought at both")
        resting = ("order", "buy", "0.01", "BTC", "--limit", "58200", "--json")
        code, output = command(engine.home, {}, *resting)
        assert code == 0, output
        engine.wait_until(lambda said: has_resting(said["orders"]), "rests")
        engine.end(signal.SIGKILL)
        engine.start()
        engine.wait_until(
            lambda said: {row["state"] for row in said["venues"]} == {"trading"}, "recovered"
        )
        status = engine.wait_until(lambda said: has_resting(said["orders"]), "rests again")
        assert len(status["positions"]) == 2
        parent = json.loads(output)["order_id"]
        code, output = command(engine.home, {}, "orders", "--cancel", parent)
        assert code == 0, output
        status = engine.wait_until(lambda said: not said["orders"], "canceled")
        assert not status["halts"]
        assert [row for row in status["differences"] if row["rule"] == "halt"] == []
    finally:
        engine.end(signal.SIGTERM)
    records = journaled(engine.home)
    assert all(score.available > 0 and not score.reason for score in first.scores)
    assert sum(score.quantity for score in first.scores) == 5 * 10**6
    shares = {score.instrument.rpartition(".")[2]: score for score in second.scores}
    assert shares[chosen].reason == f"halted {chosen} a test"
    (other,) = (score for venue, score in shares.items() if venue != chosen)
    assert other.quantity == 6 * 10**6
    ends = [one.reason for one in records if isinstance(one, ParentEnded)]
    assert ends == ["filled", "filled", "canceled"]


@pytest.mark.long
def test_one_order_is_divided_between_both_venues_and_adds_up_over_a_kill(
    venues: Venues, tmp_path: Path
) -> None:
    engine = StormEngine(venues[0], tmp_path / "home", **settings(venues))
    engine.start()
    try:
        engine.wait_until(is_ready, "both trade and are priced")
        code, output = command(engine.home, {}, "order", "buy", "0.1", "BTC", *SLICED, "--json")
        assert code == 0, output
        order_id = json.loads(output)["order_id"]
        status = engine.wait_until(lambda said: said["positions"], "first slice")
        first = status["positions"][0]["instrument"].rpartition(".")[2]
        ask(engine.home, HaltRequest(f"venue:{first}", "a test", "test"))
        engine.end(signal.SIGKILL)
        engine.start()
        engine.wait_until(is_ready, "recovered")
        engine.wait_until(lambda said: len(said["positions"]) == 2, "bought at the other")
        ask(engine.home, ResumeRequest(f"venue:{first}", "test", CONFIRMATION))
        engine.wait_until(lambda said: not said["orders"], "filled")
        assert held(engine.status()) == Decimal("0.1")
        ask(engine.home, StartStrategyRequest("accumulator", TERMS, "test"))
        engine.wait_until(lambda said: held(said) == Decimal("0.13"), "accumulated by the route")
        engine.wait_until_reconciled()
        status = engine.status()
        assert not status["halts"]
        assert [row for row in status["differences"] if row["rule"] == "halt"] == []
    finally:
        engine.end(signal.SIGTERM)
    records = journaled(engine.home)
    fills = {
        leg: sum(one.quantity for one in sent_of(records, order_id, leg)) for leg in (SPOT, COIN)
    }
    assert all(fills.values())
    assert fills[SPOT] + fills[COIN] * 10**5 == 10**7
    (ended,) = [one for one in records if isinstance(one, ParentEnded) and one.order_id == order_id]
    assert (ended.reason, ended.filled_quantity) == ("filled", 10**7)
    routed = [one for one in records if isinstance(one, AlgorithmIntended) and one.route == "BTC"]
    assert {one.strategy for one in routed} == {"person", "accum"}
    assert [one.epoch for one in records if isinstance(one, m.RunStarted)] == [1, 2]


def sent_of(records: list[m.Record], parent: str, instrument: str) -> list[m.OrderFilled]:
    """The fills of a parent's children at one venue."""
    sent = [one for one in records if isinstance(one, m.SubmitOrder)]
    names = {one.order_id for one in sent if one.instrument == instrument}
    fills = [one for one in records if isinstance(one, m.OrderFilled)]
    return [one for one in fills if one.order_id in names and one.order_id.startswith(parent + ".")]


def is_ready(said: Any) -> bool:
    """Whether both venues are traded and priced."""
    is_trading = {row["state"] for row in said["venues"]} == {"trading"}
    return is_trading and all(row["last"] for row in said["market"])


def held(said: Any) -> Decimal:
    """What the positions at both venues are together."""
    return sum((Decimal(row["quantity"]) for row in said["positions"]), Decimal(0))


def bought(engine: StormEngine, quantity: str) -> OrderRouted:
    """Buy by the route, wait until it is filled; the first decision on it."""
    code, output = command(engine.home, {}, "order", "buy", quantity, "BTC", "--json")
    assert code == 0, output
    order_id = json.loads(output)["order_id"]
    engine.wait_until(lambda said: not said["orders"], "filled")
    return next(
        one
        for one in journaled(engine.home)
        if isinstance(one, OrderRouted) and one.order_id == order_id
    )


def has_resting(orders: list[dict[str, str]]) -> bool:
    return any(row["type"] == "LIMIT" and row["state"] == "NEW" for row in orders)
