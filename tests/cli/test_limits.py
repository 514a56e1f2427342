"""`RISK_LIMITS` and `tradewind limits`: each scope of a real run, and what is refused."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import msgspec
import pytest

from tests.cli.test_risk_settings import run
from tests.guards.guarded_run import Guard, guard, wait_for
from tradewind.cli.commands.risk import parsed_changes
from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.messages import OrderIntended
from tradewind.model.orders import OrderFlag, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    InstrumentsRequest,
    LimitsRequest,
    Performed,
    PlaceRequest,
    RiskRulesRequest,
    StatusRequest,
)

LIMITS = {
    "firm": {"order_quantity": "100"},
    "account:paper": {"open_orders": 7},
    "strategy:maker": {"fills": 100, "fills_ns": 1_000_000_000},
    "instrument:SOL/USDT.SIM": {"order_quantity": "5"},
    "venue:SIM": {"orders_per_second": 90},
}
COIN = "SOL/USDT.SIM"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a run on paper with limits of each kind of scope."""
    home = tmp_path_factory.mktemp("limits") / "home"
    environment = {"RISK_LIMITS": json.dumps(LIMITS), "TRADEWIND_STRATEGIES": "market_maker"}
    paper = {**environment, "ENABLE_LIVE_TRADING": "false"}
    with guard(["run", "--without-gateway"], home, paper) as engine:
        wait_for(lambda: trades(home, engine), "trading")
        yield home


def trades(home: Path, engine: Guard) -> bool:
    assert engine.process.poll() is None, engine.said
    try:
        return all(row["last"] for row in ask(home, StatusRequest())["market"])
    except TradewindError:
        return False


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *words, "--home", str(home)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def shown(home: Path) -> dict[str, Any]:
    found = json.loads(command(home, "limits", "show", "--json").stdout)
    return {one["scope"]: one["limits"] for one in found["limits"]}


def test_each_scope_has_the_limits_of_the_settings(running: Path) -> None:
    limits = shown(running)
    for scope, wanted in LIMITS.items():
        assert limits.get(scope, {}).items() >= wanted.items(), scope


def test_a_limit_is_changed_shown_and_taken_away(running: Path) -> None:
    scope = f"instrument:{COIN}"
    done = command(running, "limits", "set", "--scope", scope, "price_collar=0.1")
    assert done.returncode == 0, done.stderr
    assert shown(running)[scope] == {"order_quantity": "5", "price_collar": "0.1"}
    command(running, "limits", "set", "--scope", scope, "price_collar=none")
    assert shown(running)[scope] == {"order_quantity": "5"}


@pytest.mark.parametrize(
    ("scope", "change", "sentence"),
    [
        ("firm", "leverage=-1", "leverage: '-1' is no limit: use a number from 0"),
        ("firm", "leverage=NaN", "leverage: 'NaN' is no limit"),
        ("firm", "leverage=ten", "leverage: 'ten' is not a number"),
        ("firm", "mood=1", "there is no limit 'mood': known are"),
        ("firm", "open_orders=-1", "open_orders: -1 is out of range"),
        ("firm", "open_orders=many", "open_orders: 'many' cannot be read"),
        ("firm", "leverage", "'leverage' is no change of a limit"),
        ("firm", "fills=3", "fills and fills_ns go together"),
        ("strategy:nobody", "leverage=1", "there are no limits of 'strategy:nobody'"),
        ("instrument:SOL/USDT.SIM", "capital=1", "has no limit capital"),
        ("venue:SIM", "leverage=1", "venue:SIM has one limit only"),
    ],
)
def test_what_is_no_limit_is_refused_in_a_sentence_and_changes_nothing(
    running: Path, scope: str, change: str, sentence: str
) -> None:
    before = shown(running)
    done = command(running, "limits", "set", "--scope", scope, change)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert shown(running) == before


def test_a_contradiction_is_refused(running: Path) -> None:
    both = ('allowed_instruments=["SOL/USDT.SIM"]', 'restricted_instruments=["SOL/USDT.SIM"]')
    done = command(running, "limits", "set", "--scope", "firm", *both)
    assert "SOL/USDT.SIM is allowed and restricted" in done.stderr


def test_a_limit_below_the_position_is_refused_and_zero_is_not(running: Path) -> None:
    journal_id = ask(running, InstrumentsRequest())["journal_id"]
    name = order_id(journal_id, "person", 1)
    ask(running, PlaceRequest(OrderIntended(0, name, "person", COIN, Side.BUY, 400)))
    wait_for(lambda: held(running) > 0, "a position")
    words = ("limits", "set", "--scope", "account:paper")
    done = command(running, *words, "position_quantity=0.01")
    assert "position_quantity 0.01 is below what account:paper holds" in done.stderr
    assert command(running, *words, "position_quantity=0").returncode == 0
    command(running, *words, "position_quantity=none")


@pytest.fixture(scope="module")
def web(running: Path) -> Iterator[httpx.Client]:
    """A client of a gateway over the same run."""
    process = GatewayProcess(running, claim_port(0))
    process.start(0.0)
    base = f"http://127.0.0.1:{process.port}/api/v1"
    with httpx.Client(base_url=base, timeout=60) as client:
        yield client
    process.stop()


def asked(web: httpx.Client, method: str, path: str, body: Any) -> tuple[int, str]:
    """The status of an answer, and what a refusal says."""
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    answer = web.request(method, path, json=body, headers=headers)
    said: str = answer.json().get("detail", "")
    assert "\n" not in said
    return answer.status_code, said


@pytest.mark.parametrize(
    ("scope", "changes", "status", "sentence"),
    [
        ("firm", {"allowed_instruments": [COIN], "restricted_instruments": [COIN]}, 409,
         f"{COIN} is allowed and restricted: name it in one of the two"),
        ("firm", {"fills": 3}, 409, "fills and fills_ns go together"),
        ("firm", {"leverage": "-1"}, 422, "leverage: write a decimal number from 0 on"),
        ("firm", {"leverage": "NaN"}, 422, "leverage: write a decimal number from 0 on"),
        ("firm", {"mood": "1"}, 422, "mood"),
        ("strategy:nobody", {"leverage": "1"}, 409, "there are no limits of 'strategy:nobody'"),
        ("venue:SIM", {"leverage": "1"}, 409, "venue:SIM has one limit only"),
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused_over_http_and_changes_nothing(
    running: Path,
    web: httpx.Client,
    scope: str,
    changes: dict[str, Any],
    status: int,
    sentence: str,
) -> None:
    before = ask(running, LimitsRequest())["limits"]
    found, said = asked(web, "PATCH", "/risk/limits", {"scope": scope, "changes": changes})
    assert (found, sentence in said) == (status, True), said
    assert ask(running, LimitsRequest())["limits"] == before


def test_over_http_a_limit_below_the_position_and_changes_of_a_filled_order_are_refused(
    running: Path, web: httpx.Client
) -> None:
    wanted = {"instrument": COIN, "side": "BUY", "quantity": "5"}
    headers = {"Idempotency-Key": "one-position"}
    order_id = web.post("/orders", json=wanted, headers=headers).json()["order_id"]
    wait_for(lambda: held(running) > 0, "a position")
    wait_for(lambda: web.get(f"/orders/{order_id}").json().get("state") == "FILLED", "its row")
    before = ask(running, LimitsRequest())["limits"]
    for scope in ("account:paper", f"instrument:{COIN}"):
        change = {"scope": scope, "changes": {"position_quantity": "0.01"}}
        status, said = asked(web, "PATCH", "/risk/limits", change)
        assert (status, f"0.01 is below what {scope} holds" in said) == (409, True), said
    assert ask(running, LimitsRequest())["limits"] == before
    filled = (409, f"{order_id} is FILLED: only an open order can be changed")
    assert asked(web, "PATCH", f"/orders/{order_id}", {"quantity": "9"}) == filled
    assert asked(web, "DELETE", f"/orders/{order_id}", None) == filled
    unknown = (404, "there is no open order 'nobody': see /api/v1/orders/open")
    assert asked(web, "PATCH", "/orders/nobody", {"quantity": "9"}) == unknown
    assert asked(web, "DELETE", "/orders/nobody", None) == unknown
    done = command(running, "amend", order_id, "--quantity", "9")
    assert (done.returncode, "is FILLED: only an open order" in done.stderr) == (2, True)
    done = command(running, "orders", "--cancel", "nobody")
    assert (done.returncode, "there is no open order 'nobody'" in done.stderr) == (1, True)


def held(home: Path) -> float:
    rows = ask(home, StatusRequest())["positions"]
    return next((abs(float(one["quantity"])) for one in rows if one["instrument"] == COIN), 0.0)


def test_a_halt_with_flatten_closes_what_is_held(running: Path) -> None:
    journal_id = ask(running, InstrumentsRequest())["journal_id"]
    name = order_id(journal_id, "person", 2)
    ask(running, PlaceRequest(OrderIntended(0, name, "person", COIN, Side.BUY, 400)))
    wait_for(lambda: held(running) > 0, "a position")
    done = command(running, "halt", "--flatten", "--reason", "drill")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: not ask(running, StatusRequest())["positions"], "flat")
    name = order_id(journal_id, "person", 3)
    ask(running, PlaceRequest(OrderIntended(0, name, "person", COIN, Side.BUY, 400)))
    closing = OrderIntended(
        0, order_id(journal_id, "person", 4), "person", COIN, Side.SELL, 400,
        flags=OrderFlag.FLATTEN,
    )  # fmt: skip
    ask(running, PlaceRequest(closing))  # nothing is held that it could close
    assert held(running) == 0
    done = command(running, "resume", "--confirm", "RESUME")  # the run is shared
    assert done.returncode == 0, done.stderr


def rules(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = ask(home, RiskRulesRequest())
    return {**found, "sequence": 0}


def test_levels_scenarios_and_terms_are_changed_and_shown(running: Path) -> None:
    for words in (
        ("levels", "stress_loss", "warn=none", "block=2000000000"),
        ("scenario", "coins halve", f"{COIN}=-0.5", "*=-0.1"),
        ("terms", "paper", "initial_margin=0.5", "maintenance_margin=0.25"),
    ):
        done = command(running, "risk", *words)
        assert done.returncode == 0, done.stderr
    found = rules(running)
    assert found["levels"] == {"stress_loss": {"block": "2000000000"}}
    assert found["scenarios"]["coins halve"] == {COIN: "-0.5", "*": "-0.1"}
    assert found["terms"]["paper"] == {"initial_margin": "0.5", "maintenance_margin": "0.25"}
    assert "coins halve" in command(running, "risk", "show").stdout
    assert command(running, "risk", "terms", "paper", "none").returncode == 0
    assert rules(running)["terms"] == {"paper": None}


def change_rule(home: Path, words: tuple[str, ...]) -> None:
    """What `tradewind risk` does with its words, in this process."""
    changes = parsed_changes(words[0], list(words[2:]))
    request = {"request": "change_risk_rule", "kind": words[0], "name": words[1], "by": "ann"}
    ask(home, msgspec.convert(request | {"changes": changes}, Performed))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("levels", "mood", "warn=1"), "there is no measure 'mood'"),
        (("levels", "drawdown", "panic=1"), "drawdown has no level 'panic'"),
        (("levels", "drawdown", "warn=-1"), "drawdown.warn: '-1' is no limit"),
        (("levels", "drawdown", "warn=0.2", "flatten=0.1"), "turn them round"),
        (("levels", "drawdown", "warn"), "'warn' is no change"),
        (("scenarios", "doom", "*=-1.1"), "'*' moves by -1 (worthless) to 100"),
        (("scenarios", "doom", "*=NaN"), "'*' moves by -1"),
        (("scenarios", "doom", "MOON.SIM=-0.1"), "MOON.SIM"),
        (("scenarios", "doom", "none"), "there is no scenario 'doom'"),
        (("terms", "paper", "kind=loan"), "account terms:"),
        (("terms", "paper", "initial_margin=0.1", "maintenance_margin=0.2"), "maintenance is not"),
        (("terms", "nobody", "kind=cash"), "there is no account 'nobody'"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence_and_changes_nothing(
    running: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = rules(running)
    with pytest.raises(TradewindError) as refusal:
        change_rule(running, words)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert rules(running) == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "risk limits: "),
        ('{"moon": {"leverage": "1"}}', "'moon' has no limits"),
        ('{"firm": {"mood": 1}}', "risk limits of firm: there is no limit 'mood'"),
        ('{"firm": {"leverage": "NaN"}}', "risk limits of firm: leverage: 'NaN' is no limit"),
        ('{"firm": {"leverage": "-1"}}', "risk limits of firm: leverage: '-1' is no limit"),
        ('{"firm": {"fills": 3}}', "fills and fills_ns go together"),
        ('{"account:nobody": {"leverage": "1"}}', "there is no account 'nobody'"),
    ],
)
def test_settings_that_are_no_limits_are_refused_with_a_sentence(
    text: str, sentence: str, tmp_path: Path
) -> None:
    done = run(tmp_path, RISK_LIMITS=text)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert sentence in done.stderr
