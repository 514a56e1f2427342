"""Every route with every role, and with what belongs to others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tradewind.gateway.app import ROUTERS
from tradewind.gateway.permissions import ROLES, Permission
from tradewind.ports.records import DenialRow, FillRow, OrderRow

OPEN = {
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/api/v1/health"),
    ("GET", "/"),
    ("GET", "/page/status"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/setup"),
}
"""Routes that answer without a login; each decides by itself what it shows."""
OWN = {
    ("GET", "/api/v1/auth/me"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/password"),
    ("POST", "/api/v1/auth/second-factor"),
    ("POST", "/api/v1/auth/second-factor/confirm"),
    ("GET", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions/{session_id}"),
    ("GET", "/api/v1/keys"),
    ("POST", "/api/v1/keys"),
    ("DELETE", "/api/v1/keys/{key_id}"),
    ("GET", "/api/v1/roles"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/docs"),
}
"""Routes about oneself, for whoever is logged in."""
METRICS = ("GET", "/metrics")


def routes() -> Iterator[tuple[str, str, Permission | None]]:
    """Every route with the permission that its dependencies ask for."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            asked = [
                permission
                for dependency in route.dependant.dependencies
                if (permission := getattr(dependency.call, "permission", None))
            ]
            for method in sorted(route.methods):
                yield method, route.path, asked[0] if asked else None


def test_each_route_is_open_ones_own_or_asks_for_a_permission() -> None:
    found = {(method, path) for method, path, permission in routes() if permission is None}
    assert found == OPEN | OWN | {METRICS}
    assert len(list(routes())) > 35


def test_without_a_login_only_the_open_routes_answer(served: Served, client: TestClient) -> None:
    for method, path, _ in routes():
        answer = client.request(method, filled(path), json={} if method != "GET" else None)
        is_refused = answer.status_code == 401
        assert is_refused == ((method, path) not in OPEN), (method, path, answer.text)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_a_role_reaches_what_its_permissions_say_and_nothing_else(
    served: Served, client: TestClient, role: str
) -> None:
    served.add("ann", role)
    served.with_second_factor(client, "ann")
    reached = 0
    for method, path, permission in routes():
        if permission is None:
            continue
        answer = client.request(method, filled(path), json={} if method != "GET" else None)
        is_refused = answer.status_code == 403 and "permission" in answer.text
        assert is_refused == (permission not in ROLES[role]), (method, path, answer.text)
        assert answer.status_code < 500, (method, path, answer.text)
        reached += not is_refused
    assert reached >= 5


def test_what_is_on_other_accounts_is_not_there(served: Served, client: TestClient) -> None:
    served.add("ann", "trader", ("other",))
    served.login(client, "ann")
    served.records.write("core", 3, [order_row(3, "j0-cross-1", "paper"), fill_row(3, "paper")])
    served.records.write("core", 4, [order_row(4, "j0-other-1", "other"), fill_row(4, "other")])
    served.records.write("core", 5, [DenialRow(5, 5, "j0-cross-2", "cross", "rule", "1", "0")])
    orders = client.get("/api/v1/orders").json()["rows"]
    assert [row["order_id"] for row in orders] == ["j0-other-1"]
    assert client.get("/api/v1/orders/j0-cross-1").status_code == 404
    assert client.get("/api/v1/orders/j0-other-1").json()["fills"][0]["account"] == "other"
    assert [row["account"] for row in client.get("/api/v1/fills").json()["rows"]] == ["other"]
    assert client.get("/api/v1/positions").json()["positions"] == []
    assert client.get("/api/v1/accounts").json()["accounts"] == []
    assert client.get("/api/v1/risk/denials").json()["rows"] == []
    wanted = {"instrument": "BTC/USDT.SIM", "side": "BUY", "quantity": "1"}
    refused = client.post("/api/v1/orders", json=wanted, headers={"Idempotency-Key": "k1"})
    assert (refused.status_code, "account paper" in refused.json()["detail"]) == (403, True)


def test_anothers_session_and_key_cannot_be_ended(served: Served, client: TestClient) -> None:
    served.add("ann", "admin")
    served.add("bob", "viewer")
    served.login(client, "bob")
    key = client.post("/api/v1/keys", json={"name": "k"}).json()["key_id"]
    session = client.get("/api/v1/sessions").json()["sessions"][0]["session_id"]
    served.with_second_factor(client, "ann")
    assert client.delete(f"/api/v1/keys/{key}").status_code == 404
    assert client.delete(f"/api/v1/sessions/{session}").status_code == 404


def test_the_last_administrator_stays_one(served: Served, client: TestClient) -> None:
    served.add("ann", "admin")
    served.with_second_factor(client, "ann")
    for change in ({"role": "viewer"}, {"is_disabled": True}):
        assert client.patch("/api/v1/users/ann", json=change).status_code == 409
    wanted = {"name": "bob", "role": "admin", "password": "bobs own long secret"}
    assert client.post("/api/v1/users", json=wanted).status_code == 400, "bob is in it"
    wanted["password"] = "a long secret of his"
    assert client.post("/api/v1/users", json=wanted).status_code == 201
    assert client.post("/api/v1/users", json=wanted).status_code == 409
    assert client.patch("/api/v1/users/ann", json={"role": "viewer"}).status_code == 200
    assert client.get("/api/v1/users").status_code == 401, "its sessions ended"


def filled(path: str) -> str:
    """A path with something in the place of each of its parameters."""
    return re.sub(r"\{(\w+)(:path)?\}", lambda found: f"no-{found[1]}", path)


def order_row(sequence: int, order_id: str, account: str) -> OrderRow:
    given: dict[str, Any] = dict.fromkeys(OrderRow.__struct_fields__, "")
    numbers = {"is_open", "intended_time_ns", "changed_time_ns"}
    given |= dict.fromkeys(numbers, 0)
    return OrderRow(**given | {"sequence": sequence, "order_id": order_id, "account": account})


def fill_row(sequence: int, account: str) -> FillRow:
    given = dict.fromkeys(FillRow.__struct_fields__, "")
    order_id = "j0-other-1" if account == "other" else "j0-cross-1"
    own = {"sequence": sequence, "time_ns": 0, "account": account, "order_id": order_id}
    return FillRow(**given | own)
