"""The OpenAPI document: complete, with examples that are what they are examples of."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from tests.gateway.contract import check
from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.api.answer import Problem
from tradewind.gateway.routes.docs import OPENAPI_PATH


@pytest.fixture
def document(client: TestClient, served: Served) -> dict[str, Any]:
    served.add("doc", "viewer")
    served.login(client, "doc")
    found: dict[str, Any] = client.get(OPENAPI_PATH).json()
    del client.headers["Authorization"]
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every described body of an operation, with whether it is asked or answered."""
    bodies = [("body", operation["requestBody"])] if "requestBody" in operation else []
    bodies += list(operation["responses"].items())
    return [(name, kind) for name, body in bodies for kind in body.get("content", {}).values()]


def test_every_operation_describes_its_answer_and_its_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        success = next(status for status in operation["responses"] if status.startswith("2"))
        is_empty = success == "204" or name == "GET /metrics"
        assert is_empty or operation["responses"][success]["content"], name
        assert set(operation["responses"]) >= {"4XX", "503"}, name


def test_every_body_has_an_example_that_is_valid(document: dict[str, Any]) -> None:
    count = 0
    for name, operation in operations(document):
        for place, content in contents(operation):
            if name == "GET /metrics" and place == "200":
                continue
            schema = {**content["schema"], "components": document["components"]}
            jsonschema.Draft202012Validator(schema).validate(content["example"])
            count += 1
    assert count > 100


def test_what_acts_says_that_it_needs_a_key(document: dict[str, Any]) -> None:
    keyed = {
        name
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    }
    assert "POST /api/v1/orders" in keyed
    assert "POST /api/v1/risk/halt" in keyed


def test_a_read_that_has_not_changed_is_answered_with_304(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    first = client.get("/api/v1/positions")
    served.now_ns += 50_000_000
    again = client.get("/api/v1/positions", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get("/api/v1/positions", headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, other.json()["age_ms"]) == (200, 50)


def test_what_only_one_may_read_once_is_kept_by_nobody(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    made = client.post("/api/v1/keys", json={"name": "k"})
    assert (made.headers["Cache-Control"], "ETag" in made.headers) == ("no-store", False)


def test_the_check_of_the_contract_notices_what_is_missing_and_what_is_too_much() -> None:
    whole = {"title": "t", "status": 404, "detail": "d"}
    check(Problem, whole)
    for wrong in ({"title": "t"}, whole | {"more": 1}, whole | {"status": "404"}):
        with pytest.raises((AssertionError, ValueError)):
            check(Problem, wrong)
