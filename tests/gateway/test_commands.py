"""Commands beside orders: strategies, limits, venues; and what risk decided."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.gateway.test_permissions import order_row
from tests.runtime.memory_engine import MemoryEngine
from tradewind.ports.records import DenialRow
from tradewind.runtime.acceptance import Seen
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    ReconcileRequest,
    StartStrategyRequest,
    StopStrategyRequest,
)
from tradewind.runtime.read_models import DifferenceRow


@pytest.fixture
def admin(client: TestClient, served: Served, engine: MemoryEngine) -> TestClient:
    served.add("ann", "admin")
    served.with_second_factor(client, "ann")
    return client


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_strategy_is_started_once_for_a_key_and_stopped(
    admin: TestClient, engine: MemoryEngine, served: Served
) -> None:
    wanted = {"parameters": {"fast": "5"}}
    for _ in range(2):
        done = admin.post("/api/v1/strategies/ma_crossover/start", json=wanted, headers=keyed("k1"))
        assert (done.status_code, done.json()["sequence"]) == (202, 2)
    stopped = admin.post("/api/v1/strategies/ma_crossover/stop", headers=keyed("k2"))
    assert stopped.status_code == 202
    assert engine.performed == [
        StartStrategyRequest("ma_crossover", {"fast": "5"}, "ann"),
        StopStrategyRequest("ma_crossover", "ann"),
    ]
    assert ("ann", "strategy started", "ok") in served.actions()


def test_the_library_shows_its_parameters(admin: TestClient) -> None:
    found = admin.get("/api/v1/strategies/classes").json()["classes"]
    assert {one["name"] for one in found} >= {"ma_crossover", "market_maker"}
    assert all(one["summary"] and one["parameters"] for one in found)


def test_limits_are_changed_by_name_and_taken_away_by_null(
    admin: TestClient, engine: MemoryEngine, served: Served
) -> None:
    wanted = {"scope": "account:paper", "changes": {"leverage": "2", "open_orders": None}}
    done = admin.patch("/api/v1/risk/limits", json=wanted, headers=keyed("k1"))
    assert (done.status_code, done.json()["limits"]) == (200, {"leverage": "2"})
    changes = {"leverage": "2", "open_orders": None}
    assert engine.performed == [ChangeLimitsRequest("account:paper", changes, "ann")]
    assert ("ann", "limits changed", "ok") in served.actions()
    unknown = {"scope": "account:paper", "changes": {"no_such": "2"}}
    refused = admin.patch("/api/v1/risk/limits", json=unknown, headers=keyed("k2"))
    assert refused.status_code == 422


def test_rules_of_risk_are_shown_and_changed_with_who_did_it(
    admin: TestClient, client: TestClient, engine: MemoryEngine, served: Served
) -> None:
    wanted = {"kind": "levels", "name": "drawdown", "changes": {"warn": "0.05", "block": None}}
    done = admin.patch("/api/v1/risk/rules", json=wanted, headers=keyed("k1"))
    assert done.status_code == 200, done.text
    away = {"kind": "scenarios", "name": "coins halve", "changes": None}
    assert admin.patch("/api/v1/risk/rules", json=away, headers=keyed("k2")).status_code == 200
    assert engine.performed == [
        ChangeRiskRuleRequest("levels", "drawdown", {"warn": "0.05", "block": None}, "ann"),
        ChangeRiskRuleRequest("scenarios", "coins halve", None, "ann"),
    ]
    assert ("ann", "risk rule changed", "ok") in served.actions()
    moody = {"kind": "mood", "name": "drawdown", "changes": {}}
    refused = admin.patch("/api/v1/risk/rules", json=moody, headers=keyed("k3"))
    assert refused.status_code == 422
    assert admin.get("/api/v1/risk/rules").json()["terms"].keys() == {"paper", "other"}


def test_terms_of_other_accounts_are_not_there(client: TestClient, served: Served) -> None:
    served.add("bob", "viewer", ("other",))
    served.login(client, "bob")
    assert client.get("/api/v1/risk/rules").json()["terms"] == {"other": None}


def test_exposure_of_other_accounts_is_not_there(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    served.add("bob", "viewer", ("other",))
    served.login(client, "bob")
    rows = client.get("/api/v1/risk/exposure").json()["accounts"]
    assert [row["account"] for row in rows] == ["other"]


def test_the_venues_word_is_taken_only_where_it_is_said(
    admin: TestClient, engine: MemoryEngine
) -> None:
    row: DifferenceRow = {
        "venue": "SIM", "kind": "balance", "subject": "USDT", "ours": "100", "theirs": "90",
        "rule": "halt", "reason": "money moved", "time_ns": 1_767_225_600_000_000_000,
    }  # fmt: skip
    engine.differing = [row]
    for number, accept in enumerate((False, True)):
        wanted = {"accept": accept, "reason": "I looked"}
        done = admin.post("/api/v1/venues/SIM/reconcile", json=wanted, headers=keyed(f"k{number}"))
        assert done.status_code == 200
    assert engine.performed == [
        ReconcileRequest("SIM", (), "I looked", "ann"),
        ReconcileRequest("SIM", (Seen("balance", "USDT", "90"),), "I looked", "ann"),
    ]


def test_a_decision_is_told_in_a_sentence(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    served.add("bob", "viewer", ("paper",))
    served.login(client, "bob")
    served.records.write("core", 3, [order_row(3, "j0-cross-1", "paper")])
    served.records.write("core", 4, [order_row(4, "j0-other-1", "other")])
    denial = DenialRow(5, 5, "j0-cross-1", "cross", "max_position", "3", "2")
    served.records.write("core", 5, [denial])
    found = client.get("/api/v1/risk/decisions/j0-cross-1").json()
    assert found["sentence"] == "max_position saw 3 and allows 2"
    assert client.get("/api/v1/risk/decisions/j0-other-1").status_code == 404


def test_the_configuration_is_for_administrators(
    admin: TestClient, client: TestClient, served: Served
) -> None:
    assert admin.get("/api/v1/configuration").json()["settings"][0]["name"] == "gateway.port"
    served.add("bob", "trader")
    served.login(client, "bob")
    assert client.get("/api/v1/configuration").status_code == 403
