"""Four eyes: a limit is raised, and a strategy started live, when two people ask for the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.second_person import first_wish
from tradewind.ports.audit import AuditEntry
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    StartStrategyRequest,
)
from tradewind.runtime.read_models import Status

LIMITS = "/api/v1/risk/limits"
RAISE = {"scope": "account:paper", "changes": {"leverage": "3", "short_sale": True}}
TIGHTER = {"scope": "account:paper", "changes": {"leverage": "1"}}


class LiveEngine(MemoryEngine):
    """Says that it trades live."""

    def status(self) -> Status:
        return {**super().status(), "mode": "live"}


class Two:
    """Two people who may change limits, and one client that is either."""

    def __init__(self, served: Served, client: TestClient) -> None:
        self.served = served
        self.client = client
        self.number = 0
        self.tokens = {}
        for name in ("ann", "bob"):
            served.add(name, "admin")
            served.with_second_factor(client, name)
            self.tokens[name] = client.headers["Authorization"]

    def sends(self, name: str, method: str, path: str, body: dict[str, Any]) -> int:
        self.number += 1
        head = {"Authorization": self.tokens[name], "Idempotency-Key": f"k{self.number}"}
        return self.client.request(method, path, json=body, headers=head).status_code

    def done(self, kind: type) -> int:
        return sum(isinstance(each, kind) for each in self.served.engine.performed)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    engine = LiveEngine()
    with running(tmp_path, engine):
        served = Served(tmp_path, engine, needs_two_people=True)
        with served.client() as client:
            yield Two(served, client)


def test_a_raise_happens_when_a_second_person_sends_the_same(two: Two) -> None:
    assert two.sends("ann", "PATCH", LIMITS, RAISE) == 409
    assert two.sends("ann", "PATCH", LIMITS, RAISE) == 409
    assert two.done(ChangeLimitsRequest) == 0
    assert two.sends("bob", "PATCH", LIMITS, RAISE) == 200
    assert two.done(ChangeLimitsRequest) == 1
    said = [action for _, action, _ in two.served.actions() if "second person" in action]
    assert said == ["second person asked"] * 2 + ["second person agreed"]


def test_one_agreement_is_good_for_one_change(two: Two) -> None:
    two.sends("ann", "PATCH", LIMITS, RAISE)
    assert two.sends("bob", "PATCH", LIMITS, RAISE) == 200
    assert two.sends("bob", "PATCH", LIMITS, RAISE) == 409


def test_another_wish_is_no_agreement(two: Two) -> None:
    two.sends("ann", "PATCH", LIMITS, RAISE)
    other = {"scope": "account:paper", "changes": {"leverage": "30", "short_sale": True}}
    assert two.sends("bob", "PATCH", LIMITS, other) == 409
    assert two.done(ChangeLimitsRequest) == 0


def test_a_wish_is_over_after_its_time() -> None:
    entry = AuditEntry(1, 100, "ann", "second person asked", "t", "ok", "", '{"user_id": "u1"}')
    assert first_wish([entry], "t", since_ns=100) == entry
    assert first_wish([entry], "t", since_ns=101) is None


def test_what_is_tighter_needs_nobody_else(two: Two) -> None:
    assert two.sends("ann", "PATCH", LIMITS, TIGHTER) == 200


@pytest.mark.parametrize("kind", ["levels", "scenarios", "terms"])
def test_a_rule_of_risk_needs_two_whatever_it_says(two: Two, kind: str) -> None:
    wanted = {"kind": kind, "name": "drawdown", "changes": {"warn": "0.01"}}
    assert two.sends("ann", "PATCH", "/api/v1/risk/rules", wanted) == 409
    assert two.done(ChangeRiskRuleRequest) == 0
    assert two.sends("bob", "PATCH", "/api/v1/risk/rules", wanted) == 200
    assert two.done(ChangeRiskRuleRequest) == 1


def test_a_strategy_of_a_live_engine_starts_with_two(two: Two) -> None:
    path = "/api/v1/strategies/cross/start"
    assert two.sends("ann", "POST", path, {}) == 409
    assert two.sends("bob", "POST", path, {}) == 202
    assert two.done(StartStrategyRequest) == 1


def test_without_the_option_one_is_enough(tmp_path: Path) -> None:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        served = Served(tmp_path, engine)
        with served.client() as client:
            served.add("ann", "admin")
            served.with_second_factor(client, "ann")
            key = {"Idempotency-Key": "k"}
            assert client.patch(LIMITS, json=RAISE, headers=key).status_code == 200
