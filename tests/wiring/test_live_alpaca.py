"""A run over the local Alpaca: its data on paper, its fills live, and what it refuses, told."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import StormEngine
from tradewind.model.orders import Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import OrdersRequest

WAIT_S = 60.0
COIN = "BTC/USD.ALPACA"
ENCRYPTION_KEY = "8f14e45fceea167a5a36dedd4bea2543d3d9446802a44259755d38e6d163e820"
CANARY = "canary5ecretNeverToBeSeenAnywhere0123456789abcdef"
LIVE = ("run", "--venue", "alpaca", "--mode", "live", "--without-gateway", "--for", "2")
PAPER = ("run", "--venue", "alpaca", "--mode", "paper", "--without-gateway", "--for", "3", "--json")


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--seed", "3") as running:
        yield running


def account_number(venue: LocalVenue) -> str:
    headers = {
        "APCA-API-KEY-ID": venue.first["key"],
        "APCA-API-SECRET-KEY": venue.first["secret"],
    }
    request = urllib.request.Request(f"{venue.url}/v2/account", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["account_number"])


def settings(venue: LocalVenue, **others: str) -> dict[str, str]:
    return {
        "TRADEWIND_VENUE": "alpaca",
        "TRADEWIND_INSTRUMENTS": "BTC/USD",
        "ALPACA_ADDRESS": venue.url,
        "ALPACA_API_KEY": venue.first["key"],
        "ALPACA_SECRET_KEY": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": account_number(venue),
        **others,
    }


def tradewind(home: Path, environment: dict[str, str], *words: str) -> tuple[int, str]:
    """One command that ends by itself: its exit code and all that it said."""
    command = [sys.executable, "-m", "tradewind", *words, "--home", str(home)]
    base = {"ENABLE_LIVE_TRADING": "true", "MAX_POSITION_SIZE": "100", "RISK_PER_TRADE": "1"}
    done = subprocess.run(
        command,
        env={**os.environ, **base, "TRADEWIND_STRATEGIES": "none", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ALPACA_API_KEY": "PKWRONG"}, "401 request is not authorized"),
        ({"LIVE_TRADING_CONFIRM": "PA2"}, "LIVE_TRADING_CONFIRM=PA2 is not the account"),
        ({"ENABLE_LIVE_TRADING": "false"}, "needs ENABLE_LIVE_TRADING=true"),
        ({"TRADEWIND_INSTRUMENTS": "NOPE"}, "Alpaca has no NOPE"),
        ({"ALPACA_ADDRESS": "http://127.0.0.1:1/x"}, "is no address of a venue"),
    ],
)
def test_a_live_run_that_cannot_be_ends_with_one_sentence(
    venue: LocalVenue, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    code, output = tradewind(tmp_path / "home", settings(venue, **changed), *LIVE)
    assert code in (1, 2), output
    assert said in output
    assert "Traceback" not in output


def test_paper_has_the_venues_prices_and_sends_it_no_order(
    venue: LocalVenue, tmp_path: Path
) -> None:
    environment = settings(venue, TRADEWIND_STRATEGIES="ma_crossover,mean_reversion")
    environment |= {"TRADEWIND_INSTRUMENTS": "", "MAX_POSITION_SIZE": "10000"}
    before = len(venue.log())
    code, output = tradewind(tmp_path / "home", environment, *PAPER)
    assert code == 0, output
    summary = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert summary["mode"] == "paper"
    assert summary["counts"]["market_rows"] > 0
    assert {row["instrument"] for row in summary["market"]} == {COIN, "ETH/USD.ALPACA"}
    assert len(venue.log()) == before


def test_paper_without_a_key_is_refused_with_the_reason(venue: LocalVenue, tmp_path: Path) -> None:
    environment = settings(venue, ALPACA_API_KEY="", ALPACA_SECRET_KEY="")
    code, output = tradewind(tmp_path / "home", environment, *PAPER)
    assert code == 2
    assert "Alpaca gives market data to a key only" in output
    assert "run tradewind connect alpaca, or set ALPACA_API_KEY and ALPACA_SECRET_KEY" in output


def test_connect_stores_keys_that_a_run_finds_and_nobody_can_read(
    venue: LocalVenue, tmp_path: Path
) -> None:
    home = tmp_path / "not made yet" / "home"
    environment = settings(venue)
    code, output = tradewind(home, environment, "connect", "alpaca", "--json")
    assert code == 0, output
    answer = json.loads(output)
    assert (answer["account"], answer["can_trade"]) == (account_number(venue), True)
    assert answer["place"] == venue.url
    stored = Path(answer["stored"])
    assert stored.stat().st_mode & 0o777 == 0o600
    assert venue.first["secret"] not in stored.read_text()
    environment |= {"ALPACA_API_KEY": "", "ALPACA_SECRET_KEY": ""}
    assert tradewind(home, environment, *LIVE)[0] == 0
    other = environment | {"API_ENCRYPTION_KEY": ENCRYPTION_KEY}
    code, output = tradewind(home, other, *LIVE)
    assert code == 2
    assert "run tradewind connect alpaca again" in output


@pytest.mark.parametrize(
    ("state", "said"), [("blocked", "trading_blocked"), ("revoked", "401 request is not")]
)
def test_keys_that_may_not_trade_are_neither_stored_nor_traded_with(
    venue: LocalVenue, tmp_path: Path, state: str, said: str
) -> None:
    home, environment = tmp_path / "home", settings(venue)
    venue.operate("POST", "account", {"account": "demo", "state": state})
    try:
        for words in (("connect", "alpaca"), LIVE):
            code, output = tradewind(home, environment, *words)
            assert code in (1, 2), output
            assert said in output
            assert "Traceback" not in output
    finally:
        venue.operate("POST", "account", {"account": "demo", "state": "open"})
    assert not (home / "keys").exists()


def test_a_secret_is_seen_nowhere(venue: LocalVenue, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = settings(venue, ALPACA_SECRET_KEY=CANARY)
    said = [tradewind(home, environment, *LIVE)[1], tradewind(home, environment, *PAPER)[1]]
    said.append(tradewind(home, environment, "connect", "alpaca", "--check")[1])
    assert all("401" in text for text in said)
    said += [path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file()]
    assert len(said) > 3
    assert not [text for text in said if CANARY in text]


@pytest.fixture
def engine(venue: LocalVenue, tmp_path: Path) -> Iterator[StormEngine]:
    running = StormEngine(venue, tmp_path / "home", **settings(venue))
    running.start()
    yield running
    running.end(signal.SIGTERM)


def outcome(engine: StormEngine, name: str) -> Any:
    """The order's row once it is over, or as it works."""
    engine.wait_until_healed()
    return next(row for row in ask(engine.home, OrdersRequest()) if row["order_id"] == name)


def test_orders_live_are_filled_rested_canceled_and_reconciled(engine: StormEngine) -> None:
    venue = engine.venue
    engine.wait_until_healed()
    filled = engine.place(COIN, Side.BUY, 1_000)
    resting = engine.place(COIN, Side.BUY, 1_000, 58_500_0000)
    assert outcome(engine, filled)["state"] == "FILLED"
    assert outcome(engine, resting)["state"] == "NEW"
    engine.cancel(resting)
    assert outcome(engine, resting)["state"] == "CANCELED"
    received = [row["client_id"] for row in venue.log() if row["what"] == "received"]
    assert [name for name in received if name in (filled, resting)] == [filled, resting]
    venue.operate("POST", "sockets/cut", {})
    engine.wait_until_healed()
    venue.operate("POST", "deposit", {"account": "demo", "asset": "USD", "amount": "25"})
    until(lambda: engine.status()["halts"] and engine.status()["differences"])
    [row] = engine.status()["differences"]
    assert (row["kind"], row["rule"], row["venue"]) == ("balance", "halt", "ALPACA")
    assert Decimal(row["theirs"]) - Decimal(row["ours"]) == 25
    code, shown = tradewind(engine.home, {}, "status")
    assert code in (0, 3)
    assert "WE SAY" in shown
    assert "VENUE SAYS" in shown


def until(reached: Callable[[], Any]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not reached():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_what_we_refuse_never_leaves_and_what_the_venue_refuses_is_rejected(
    engine: StormEngine,
) -> None:
    venue = engine.venue
    engine.wait_until_healed()
    below = engine.place(COIN, Side.BUY, 99)
    venue.operate("POST", "account", {"account": "demo", "state": "blocked"})
    blocked = engine.place(COIN, Side.BUY, 1_000)
    row = outcome(engine, blocked)
    venue.operate("POST", "account", {"account": "demo", "state": "open"})
    assert (row["state"], outcome(engine, below)["state"]) == ("REJECTED", "REJECTED")
    assert below not in {entry.get("client_id") for entry in venue.log()}


def test_a_clock_that_is_off_pauses_trading_and_trading_comes_back(engine: StormEngine) -> None:
    engine.venue.fault("clock-skew", value=2_000.0)
    until(lambda: engine.status()["venues"][0]["state"] == "lost")
    assert "clock" in engine.status()["venues"][0]["reason"]
    late = engine.place(COIN, Side.BUY, 1_000)
    engine.venue.heal()
    until(lambda: engine.status()["venues"][0]["state"] == "trading")
    assert outcome(engine, late)["state"] == "DENIED"
