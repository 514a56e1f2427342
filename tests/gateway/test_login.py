"""Logging in: passwords, tokens, their rotation and end, second factors, lock-outs, API keys."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import jwt
import pyotp
import pytest
from starlette.testclient import TestClient

from tests.gateway.served import PASSWORD, SECOND_NS, SECRET, Served
from tradewind.gateway.logins import FREE_FAILURES, SESSION_NS
from tradewind.gateway.tokens import ACCESS_S

ME = "/api/v1/auth/me"
LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_a_login_gives_tokens_that_tell_who_one_is(served: Served, client: TestClient) -> None:
    served.add("ann", "trader", ("paper",))
    assert client.get(ME).status_code == 401
    served.login(client, "ann")
    me = client.get(ME).json()
    assert (me["name"], me["accounts"], me["means"]) == ("ann", ["paper"], "session")
    assert "orders:write" in me["permissions"]
    assert served.actions() == [("ann", "login", "ok")]


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong horse battery"), ("bob", PASSWORD), ("svc", "")]
)
def test_whatever_is_wrong_the_answer_is_the_same(
    served: Served, client: TestClient, name: str, password: str
) -> None:
    served.add("ann", "trader")
    answer = client.post(LOGIN, json={"name": name, "password": password or "x"})
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "name, password or code is wrong",
    )
    assert served.actions() == [(name, "login", "refused")]


def test_an_access_token_is_good_for_five_minutes_and_no_longer(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    served.wait(ACCESS_S - 1)
    assert client.get(ME).status_code == 200
    served.wait(1)
    answer = client.get(ME)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_refreshing_rotates_and_a_token_used_twice_ends_the_session(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "viewer")
    first = served.login(client, "ann")
    second = client.post(REFRESH, json={"refresh_token": first["refresh_token"]}).json()
    client.headers["Authorization"] = f"Bearer {second['access_token']}"
    assert client.get(ME).status_code == 200
    again = client.post(REFRESH, json={"refresh_token": first["refresh_token"]})
    assert again.status_code == 401
    assert "used before" in again.json()["detail"]
    assert client.get(ME).status_code == 401
    third = client.post(REFRESH, json={"refresh_token": second["refresh_token"]})
    assert third.status_code == 401


def test_a_session_ends_after_its_time_and_when_it_is_idle(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "viewer")
    idle = served.login(client, "ann")
    served.wait(86_400)
    assert client.post(REFRESH, json={"refresh_token": idle["refresh_token"]}).status_code == 401
    tokens = served.login(client, "ann")
    for _ in range(SESSION_NS // SECOND_NS // 43_200 - 1):
        served.wait(43_200)
        answer = client.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 200
        tokens = answer.json()
    served.wait(43_200)
    assert client.post(REFRESH, json={"refresh_token": tokens["refresh_token"]}).status_code == 401


def test_logging_out_ends_the_session_at_once(served: Served, client: TestClient) -> None:
    served.add("ann", "viewer")
    tokens = served.login(client, "ann")
    assert client.post("/api/v1/auth/logout").status_code == 204
    assert client.get(ME).status_code == 401
    answer = client.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401


def test_a_session_revoked_in_the_store_ends_within_a_second(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "viewer")
    tokens = served.login(client, "ann")
    assert client.get(ME).status_code == 200
    session_id = claims_of(tokens["access_token"])["sid"]
    served.identities.revoke_sessions([session_id], served.now_ns)
    served.wait(1)
    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("what", ["none", "secret", "audience", "issuer", "no session", "huge"])
def test_a_forged_token_is_refused(served: Served, client: TestClient, what: str) -> None:
    served.add("ann", "admin")
    token = served.login(client, "ann")["access_token"]
    claims = claims_of(token)
    kid = jwt.get_unverified_header(token)["kid"]
    forged = {
        "none": unsigned(claims, kid),
        "secret": signed(claims, kid, b"t" * 32),
        "audience": signed(claims | {"aud": "other"}, kid, SECRET),
        "issuer": signed(claims | {"iss": "other"}, kid, SECRET),
        "no session": signed(claims | {"sid": "0" * 24}, kid, SECRET),
        "huge": token + "x" * 4_000,
    }
    assert signed(claims, kid, SECRET).count(".") == 2
    client.headers["Authorization"] = f"Bearer {forged[what]}"
    assert client.get(ME).status_code == 401


def signed(claims: dict[str, Any], kid: str, secret: bytes) -> str:
    return jwt.encode(claims, secret, "HS256", headers={"kid": kid})


def unsigned(claims: dict[str, Any], kid: str) -> str:
    head = {"alg": "none", "typ": "JWT", "kid": kid}
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in (head, claims)]
    return ".".join(part.rstrip(b"=").decode() for part in parts) + "."


def test_failures_lock_a_name_out_longer_each_time_and_success_forgives_the_name(
    served: Served,
) -> None:
    served.add("ann", "viewer")
    waits = []
    for number in range(FREE_FAILURES + 3):
        # From a new address each time, so that only the name counts.
        with served.client(f"10.0.1.{number}") as client:
            wrong = client.post(LOGIN, json={"name": "ann", "password": "wrong"})
            assert wrong.status_code == 401
            right = client.post(LOGIN, json={"name": "ann", "password": PASSWORD})
            if right.status_code == 429:
                waits.append(int(right.headers["Retry-After"]))
                served.wait(waits[-1])
            elif number >= FREE_FAILURES - 1:
                pytest.fail("the name was not locked out")
            if right.status_code == 200:
                # A success forgave: fail on without one in between.
                for _ in range(number + 1):
                    served.security.add_failure("name ann", now_ns=served.now_ns)
    assert waits == [1, 2, 4, 8]


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "admin")
    totp = served.with_second_factor(client, "ann")
    assert client.get(ME).json()["second_factor"] is True
    without = client.post(LOGIN, json={"name": "ann", "password": PASSWORD})
    assert (without.status_code, without.json()["detail"]) == (
        401,
        "the code of the second factor is needed",
    )
    code = served.code(totp)
    given = {"name": "ann", "password": PASSWORD, "code": code}
    assert client.post(LOGIN, json=given).status_code == 200
    assert client.post(LOGIN, json=given).status_code == 401


def test_a_recovery_code_stands_in_once(served: Served, client: TestClient) -> None:
    served.add("ann", "admin")
    served.login(client, "ann")
    secret = client.post("/api/v1/auth/second-factor").json()["secret"]

    given = {"code": served.code(pyotp.TOTP(secret))}
    codes = client.post("/api/v1/auth/second-factor/confirm", json=given).json()["recovery_codes"]
    assert len(codes) == 8
    login = {"name": "ann", "password": PASSWORD, "code": codes[0]}
    assert client.post(LOGIN, json=login).status_code == 200
    assert client.post(LOGIN, json=login).status_code == 401


def test_an_administrator_without_a_second_factor_manages_no_users(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "admin")
    served.login(client, "ann")
    answer = client.get("/api/v1/users")
    assert (answer.status_code, "second factor" in answer.json()["detail"]) == (403, True)
    served.with_second_factor(client, "ann")
    assert client.get("/api/v1/users").status_code == 200


def test_the_first_administrator_is_made_by_a_token_that_is_good_once(
    served: Served, client: TestClient
) -> None:

    token_hash = hashlib.sha256(b"token").digest()
    served.identities.put_invitation(token_hash, served.now_ns + 10 * SECOND_NS)
    given = {"token": "token", "name": "root", "password": PASSWORD}
    assert client.post("/api/v1/setup", json=given | {"token": "other"}).status_code == 403
    assert client.post("/api/v1/setup", json=given).status_code == 201
    assert client.post("/api/v1/setup", json=given | {"name": "two"}).status_code == 403
    assert [user.role for user in served.identities.users()] == ["admin"]


def test_an_api_key_may_what_its_scopes_and_its_users_role_both_allow(
    served: Served, client: TestClient
) -> None:
    served.add("bot", "viewer")
    served.login(client, "bot")
    too_much = client.post("/api/v1/keys", json={"name": "k", "scopes": ["orders:write"]})
    assert (too_much.status_code, "orders:write" in too_much.json()["detail"]) == (400, True)
    made = client.post("/api/v1/keys", json={"name": "k", "scopes": ["market:read"]}).json()
    client.headers["Authorization"] = f"Bearer {made['key']}"
    assert client.get("/api/v1/market").status_code == 200
    assert client.get("/api/v1/positions").status_code == 403
    assert client.post("/api/v1/keys", json={"name": "again"}).status_code == 403


def test_an_api_key_ends_when_revoked_over_or_from_elsewhere(
    served: Served, client: TestClient
) -> None:
    served.add("bot", "viewer")
    served.login(client, "bot")
    login = client.headers["Authorization"]
    wanted = {"name": "k", "networks": ["10.0.0.0/24"], "days": 1}
    made = client.post("/api/v1/keys", json=wanted).json()
    header = {"Authorization": "", "X-API-Key": made["key"]}
    assert client.get(ME, headers=header).status_code == 200
    # Without its own life: the application lives on the loop of the other client.
    elsewhere = TestClient(served.app, base_url="http://127.0.0.1", client=("10.0.1.1", 50_000))
    assert elsewhere.get(ME, headers=header).status_code == 401
    client.headers["Authorization"] = login
    assert client.delete(f"/api/v1/keys/{made['key_id']}").status_code == 204
    assert client.get(ME, headers=header).status_code == 401
    other = client.post("/api/v1/keys", json=wanted).json()
    served.wait(86_400)
    assert client.get(ME, headers={"X-API-Key": other["key"]}).status_code == 401
    listed = str(served.identities.keys("id-bot"))
    assert made["key"].rpartition("_")[2] not in listed


def test_changing_the_password_ends_all_other_sessions(served: Served, client: TestClient) -> None:
    served.add("ann", "viewer")
    old = served.login(client, "ann")
    served.login(client, "ann")
    wanted = {"password": PASSWORD, "new_password": "another good password"}
    assert client.post("/api/v1/auth/password", json=wanted).status_code == 204
    assert client.get(ME).status_code == 200
    answer = client.post(REFRESH, json={"refresh_token": old["refresh_token"]})
    assert answer.status_code == 401
    weak = wanted | {"password": "another good password", "new_password": "short"}
    assert client.post("/api/v1/auth/password", json=weak).status_code == 400


def test_no_secret_is_in_the_trail(served: Served, client: TestClient) -> None:
    served.add("ann", "admin")
    totp = served.with_second_factor(client, "ann")
    key = client.post("/api/v1/keys", json={"name": "k"}).json()["key"]
    client.patch("/api/v1/users/ann", json={"password": "yet another password"})
    text = " ".join(entry.detail for entry in served.audit.entries())
    for secret in (PASSWORD, totp.secret, key, "yet another password"):
        assert secret not in text
