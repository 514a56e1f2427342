"""Limits that cannot be, over HTTP: a 4xx with one sentence, and the engine hears nothing."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine


@pytest.fixture
def admin(client: TestClient, served: Served, engine: MemoryEngine) -> TestClient:
    served.add("ann", "admin")
    served.with_second_factor(client, "ann")
    return client


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"leverage": "-1"}, "leverage"),
        ({"leverage": "NaN"}, "leverage"),
        ({"leverage": "Infinity"}, "leverage"),
        ({"leverage": "ten"}, "leverage"),
        ({"open_orders": -1}, "open_orders"),
        ({"mood": 1}, "mood"),
    ],
)
def test_a_limit_that_is_none_is_refused_in_a_sentence_and_changes_nothing(
    changes: dict[str, Any], sentence: str, admin: TestClient, engine: MemoryEngine
) -> None:
    body = {"scope": "account:paper", "changes": changes}
    refused = admin.patch("/api/v1/risk/limits", json=body, headers={"Idempotency-Key": "k1"})
    assert refused.status_code in (400, 422), refused.text
    assert sentence in refused.json()["detail"]
    assert "\n" not in refused.json()["detail"]
    assert engine.performed == []
