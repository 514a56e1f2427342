"""What stands before every route: sizes, JSON, origins, hosts, rate limits, headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import PASSWORD, Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway.authentication import new_key
from tradewind.gateway.bodies import BODY_BYTES_MAX, NESTING_MAX
from tradewind.gateway.guard import LOGINS_PER_MINUTE
from tradewind.ports.security_store import Rate, Taken

LOGIN = "/api/v1/auth/login"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"name": "a", "name": "b", "password": "c"}', 400, "'name' twice"),
        (b'{"name": NaN, "password": "c"}', 400, "not JSON"),
        (b"[" * (NESTING_MAX + 1) + b"]" * (NESTING_MAX + 1), 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"[]", 422, "body"),
        (b" " * (BODY_BYTES_MAX + 1), 413, "larger than"),
    ],
)
def test_a_body_that_readers_would_understand_differently_is_refused(
    client: TestClient, body: bytes, status: int, words: str
) -> None:
    answer = client.post(LOGIN, content=body, headers=JSON)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_grows_beyond_the_bound_is_refused(client: TestClient) -> None:
    chunks = (b" " * 1024 for _ in range(BODY_BYTES_MAX // 1024 + 1))
    assert client.post(LOGIN, content=chunks, headers=JSON).status_code == 413


def test_only_json_is_taken(client: TestClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(LOGIN, content=b"name=ann", headers=form).status_code == 415


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1", 401),
        ("https://desk.example.com", 401),
        ("https://evil.example.com", 403),
        ("null", 403),
    ],
)
def test_a_page_from_elsewhere_can_change_nothing(
    tmp_path: Path, engine: MemoryEngine, origin: str, status: int
) -> None:
    served = Served(tmp_path, engine, allowed_origins=("https://desk.example.com",))
    given = {"name": "ann", "password": PASSWORD}
    with served.client() as client:
        assert client.post(LOGIN, json=given, headers={"Origin": origin}).status_code == status
        assert client.get("/health", headers={"Origin": origin}).status_code == 200


def test_in_local_mode_a_page_from_elsewhere_can_change_nothing_either(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, needs_login=False)
    wanted = {"reason": "x"}
    with served.client("127.0.0.1") as client:
        headers = {"Origin": "https://evil.example.com", "Idempotency-Key": "k1"}
        assert client.post("/api/v1/risk/halt", json=wanted, headers=headers).status_code == 403
        del headers["Origin"]
        assert client.post("/api/v1/risk/halt", json=wanted, headers=headers).status_code == 200


def test_an_address_gets_what_a_minute_allows_and_a_burst(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, requests_per_minute=60)
    with served.client() as client:
        statuses = [client.get("/health").status_code for _ in range(8)]
        assert statuses == [200] * 6 + [429] * 2
        refused = client.get("/health")
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["RateLimit-Remaining"] == "0"
        served.wait(1)
        assert client.get("/health").status_code == 200
    with served.client("10.0.0.2") as other:
        assert other.get("/health").status_code == 200


def test_a_forged_token_does_not_drain_the_budget_of_a_user(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, requests_per_minute=100)
    served.add("ann", "viewer")
    with served.client("10.0.0.1") as client:
        token = served.login(client, "ann")["access_token"]
    with served.client("10.0.0.9") as thief:
        thief.headers["Authorization"] = f"Bearer {token[:-4]}AAAA"
        assert {thief.get("/api/v1/auth/me").status_code for _ in range(30)} == {401, 429}
    with served.client("10.0.0.2") as client:
        client.headers["Authorization"] = f"Bearer {token}"
        left = client.get("/api/v1/auth/me").headers["RateLimit-Remaining"]
    assert left == "9"


def test_logins_of_an_address_are_fewer(served: Served, client: TestClient) -> None:
    given = {"name": "nobody", "password": "x"}
    found = [client.post(LOGIN, json=given).status_code for _ in range(LOGINS_PER_MINUTE // 3 + 1)]
    assert found[0] == 401
    assert found[-1] == 429


def test_every_answer_carries_the_security_headers(tmp_path: Path, engine: MemoryEngine) -> None:
    served = Served(tmp_path, engine, is_https=True)
    with served.client("127.0.0.1") as client:
        for path in ("/health", "/no/such/path", "/api/v1/status"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            kept = "private, no-cache" if path == "/health" else "no-store"
            assert headers["cache-control"] == kept
            assert headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "path", ["/api/v1/orders/..%2f..%2fetc%2fpasswd", "/api/v1/orders/%00", "/static/../secret"]
)
def test_path_tricks_find_nothing(served: Served, client: TestClient, path: str) -> None:
    served.add("ann", "admin")
    served.login(client, "ann")
    assert client.get(path).status_code == 404


def test_a_request_counts_for_the_address_then_for_the_user_and_for_the_key(
    served: Served, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    take = served.security.take

    def noting(subject: str, rate: Rate, *, count: int, now_ns: int) -> Taken:
        asked.append(subject)
        return take(subject, rate, count=count, now_ns=now_ns)

    monkeypatch.setattr(served.security, "take", noting)
    user = served.add("ann", "trader")
    key, text = new_key(
        user, name="k", scopes=("trading:read",), networks=(), time_ns=1, expire_time_ns=0
    )
    served.identities.put_key(key)
    assert client.get("/api/v1/auth/me", headers={"X-API-Key": text}).status_code == 200
    assert asked == ["address 10.0.0.1", "user id-ann", f"key {key.key_id}"]
