"""A live run over the local Binance: what the venue refuses is told as the venue told it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import StormEngine
from tradewind.model import messages as m
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    AmendRequest,
    CancelRequest,
    HealthRequest,
    MetricsRequest,
    OrdersRequest,
    PlaceRequest,
    StatusRequest,
)

COIN = "BTC/USDT.BINANCE"
ENCRYPTION_KEYS = (
    "8f14e45fceea167a5a36dedd4bea2543d3d9446802a44259755d38e6d163e820",
    "c9f0f895fb98ab9159f51fd0297e236d6512bd43d9caa6e02c990b0a82652dca",
)
CANARY = "canary5ecretNeverToBeSeenAnywhere0123456789abcdef"


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--seed", "3") as running:
        yield running


def settings(venue: LocalVenue, **others: str) -> dict[str, str]:
    return {
        "TRADEWIND_VENUE": "binance",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT",
        "BINANCE_BASE_URL": venue.url,
        "BINANCE_API_KEY": venue.first["key"],
        "BINANCE_API_SECRET": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": "1",
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


LIVE = ("run", "--mode", "live", "--without-gateway", "--for", "2")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BINANCE_API_KEY": "k" * 64}, "Invalid API-key"),
        ({"BINANCE_API_SECRET": "s" * 64}, "Signature for this request is not valid"),
        ({"LIVE_TRADING_CONFIRM": "2"}, "LIVE_TRADING_CONFIRM=2 is not the account of this key"),
        ({"ENABLE_LIVE_TRADING": "false"}, "needs ENABLE_LIVE_TRADING=true"),
        ({"TRADEWIND_INSTRUMENTS": "NOPE/USDT"}, "Invalid symbol"),
        ({"BINANCE_API_SECRET": ""}, "BINANCE_API_SECRET is missing"),
    ],
)
def test_a_live_run_that_cannot_be_ends_with_one_sentence(
    venue: LocalVenue, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    code, output = tradewind(tmp_path / "home", settings(venue, **changed), *LIVE)
    assert code in (1, 2), output
    assert said in output
    assert "Traceback" not in output


def test_a_home_of_paper_money_takes_no_real_money(venue: LocalVenue, tmp_path: Path) -> None:
    paper = ("run", "--mode", "paper", "--without-gateway", "--for", "1")
    code, output = tradewind(tmp_path / "home", settings(venue), *paper)
    assert code == 0, output
    code, output = tradewind(tmp_path / "home", settings(venue), *LIVE)
    assert code == 2
    assert "use another folder with --home" in output


def test_connect_stores_keys_that_a_run_finds_and_nobody_can_read(
    venue: LocalVenue, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    environment = settings(venue, API_ENCRYPTION_KEY=ENCRYPTION_KEYS[0])
    code, output = tradewind(home, environment, "connect", "binance", "--json")
    assert code == 0, output
    answer = json.loads(output)
    assert (answer["account"], answer["can_withdraw"]) == ("1", False)
    stored = Path(answer["stored"])
    assert stored.stat().st_mode & 0o777 == 0o600
    assert venue.first["secret"] not in stored.read_text()
    environment |= {"BINANCE_API_KEY": "", "BINANCE_API_SECRET": ""}
    assert tradewind(home, environment, *LIVE)[0] == 0
    code, output = tradewind(home, environment | {"API_ENCRYPTION_KEY": ENCRYPTION_KEYS[1]}, *LIVE)
    assert code == 2
    assert "run tradewind connect binance again" in output


def test_a_secret_is_seen_nowhere(venue: LocalVenue, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = settings(venue, BINANCE_API_SECRET=CANARY, API_KEYS=json.dumps({"x": CANARY}))
    said = [tradewind(home, environment, *LIVE)[1]]
    said.append(tradewind(home, environment, "connect", "binance", "--check")[1])
    shown = {key: value for key, value in environment.items() if key != "TRADEWIND_HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", "config", "show"],
        env={**os.environ, **shown},
        capture_output=True,
        text=True,
        check=False,
    )
    said.append(done.stdout + done.stderr)
    for path in home.rglob("*"):
        if path.is_file():
            said.append(path.read_bytes().decode("latin-1"))
    assert len(said) > 3
    assert not [text for text in said if CANARY in text]


def test_a_process_that_holds_keys_leaves_no_core_and_lets_nobody_read_it() -> None:
    """PR_GET_DUMPABLE is 0, and so is the size of a core file."""
    code = (
        "import ctypes, resource\n"
        "from tradewind.wiring.process_guard import forbid_core_dumps\n"
        "forbid_core_dumps()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 (0, 0)"


def test_a_live_run_in_trouble_shows_its_secret_nowhere(venue: LocalVenue, tmp_path: Path) -> None:
    """With the venue's own keys, every message logged, orders, faults and a kill."""
    engine = StormEngine(venue, tmp_path / "home", LOG_LEVEL="debug", **settings(venue))
    engine.start()
    assert engine.process is not None
    limits = Path(f"/proc/{engine.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits), limits
    engine.wait_until_healed()
    said = []
    for fault in ("server-error", "reply-lost", "rate-limit", "reject-storm", "drop-socket"):
        venue.fault(fault, count=1)
        engine.place(COIN, Side.BUY, 50_000)
    venue.fault("clock-skew", value=2_500.0)
    engine.place(COIN, Side.BUY, 50_000)
    venue.heal()
    for asked in (StatusRequest(), HealthRequest(), MetricsRequest(), OrdersRequest()):
        said.append(json.dumps(ask(engine.home, asked)))
    engine.wait_until_healed()
    engine.end(signal.SIGABRT)
    said.append(engine.said())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    said += [path.read_bytes().decode("latin-1") for path in files]
    assert not [path for path in files if path.name.startswith("core")]
    assert any("BINANCE" in text for text in said)
    secrets = (venue.first["secret"], venue.first["key"], "signature=")
    assert not [text[:200] for text in said if any(secret in text for secret in secrets)]


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


def test_what_the_venue_refuses_is_rejected_and_what_we_refuse_never_leaves(
    engine: StormEngine,
) -> None:
    venue = engine.venue
    below = engine.place(COIN, Side.BUY, 1_000)
    decimals = engine.place(COIN, Side.BUY, 50_001)
    venue.operate("POST", "halt", {"symbol": "BTCUSDT"})
    closed = engine.place(COIN, Side.BUY, 50_000)
    assert outcome(engine, closed)["state"] in ("REJECTED", "DENIED")
    venue.operate("POST", "resume", {"symbol": "BTCUSDT"})
    assert outcome(engine, below)["state"] == "DENIED"
    assert outcome(engine, decimals)["state"] == "DENIED"
    received = {entry.get("client_id") for entry in venue.log()}
    assert not received & {below, decimals}


def test_a_stop_that_rests_is_canceled_before_one_in_its_stead_is_placed(
    engine: StormEngine,
) -> None:
    said = engine.wait_until(lambda said: all(row["last"] for row in said["market"]), "priced")
    below = int(float(said["market"][0]["last"]) * 0.97) * 100
    assert outcome(engine, engine.place(COIN, Side.BUY, 50_000))["state"] == "FILLED"
    name = order_id(engine.journal_id, "person", 99)
    stop = m.OrderIntended(
        0, name, "person", COIN, Side.SELL, 50_000, OrderType.STOP_LIMIT, below, below
    )
    ask(engine.home, PlaceRequest(stop))
    engine.wait_until(lambda said: state_of(said, name) == "NEW", "resting")
    ask(engine.home, AmendRequest(name, 40_000, 0, below + 10_000))
    engine.wait_until(lambda said: state_of(said, f"{name}_2") == "NEW", "placed in its stead")
    assert outcome(engine, name)["state"] == "CANCELED"
    log = engine.venue.log()
    ended = [one for one in log if one.get("client_id") == name and one["what"] == "canceled"]
    begun = [one for one in log if one.get("client_id") == f"{name}_2"]
    assert ended[0]["sequence"] < begun[0]["sequence"]
    assert (begun[0]["quantity"], ended[0]["quantity"]) == ("0.0004", "0.0005")
    ask(engine.home, CancelRequest(name))
    engine.wait_until(lambda said: not said["orders"], "canceled by its first id")


def state_of(status: Any, name: str) -> str:
    """The state of an open order, "" where it is none."""
    return next((row["state"] for row in status["orders"] if row["order_id"] == name), "")


@pytest.mark.parametrize(
    ("fault", "value", "reason"),
    [("clock-skew", 2_000.0, "clock is"), ("ip-ban", 3.0, "")],
)
def test_a_venue_that_cannot_be_traded_is_lost_and_comes_back(
    engine: StormEngine, fault: str, value: float, reason: str
) -> None:
    engine.venue.fault(fault, value=value, count=1)
    name = engine.place(COIN, Side.BUY, 50_000)
    engine.venue.heal()
    assert outcome(engine, name)["state"] in ("FILLED", "DENIED", "REJECTED")
    assert reason in str(engine.status()) or engine.status()["venues"][0]["state"] == "trading"
