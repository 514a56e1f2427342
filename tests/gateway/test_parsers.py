"""Whatever bytes come, parsers of tokens, addresses and messages understand or refuse them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from tests.gateway.served import PASSWORD, SECRET, Served
from tradewind.gateway.bodies import check_json
from tradewind.gateway.forwarded import asked_by, networks_of
from tradewind.gateway.guard import credential_of
from tradewind.gateway.passwords import check_password, hash_password
from tradewind.gateway.problems import Problem
from tradewind.gateway.stream import Ask
from tradewind.gateway.tokens import AccessTokens
from tradewind.model.errors import UserError
from tradewind.ports.secrets import parsed_reference

ME = "/api/v1/auth/me"
TOKENS = AccessTokens([SECRET])
GOOD = TOKENS.issue("u1", "s1", time_ns=0)
CLAIMS = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_a_token_of_any_text_is_refused(text: str) -> None:
    assert TOKENS.read(text, time_ns=0) is None


@given(st.data())
def test_a_token_of_which_a_character_changed_is_refused(data: st.DataObject) -> None:
    place = data.draw(
        st.integers(0, len(GOOD) - 2)
    )  # The last one has bits that count for nothing.
    letter = data.draw(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0189-_.")
    )
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    assert changed == GOOD or TOKENS.read(changed, time_ns=0) is None


@given(CLAIMS)
def test_a_token_that_says_anything_else_is_refused(claims: Any) -> None:
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps(claims), "x"]
    token = ".".join(base64.urlsafe_b64encode(each.encode()).decode() for each in parts)
    assert TOKENS.read(token, time_ns=0) is None


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "HS384", "none", "hs256", ""])
def test_a_token_signed_by_a_key_that_is_no_secret_of_ours_is_refused(algorithm: str) -> None:
    """Key confusion: the head names another algorithm, the signature has what is public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )
    head = jwt.get_unverified_header(GOOD) | {"alg": algorithm}
    claims = jwt.decode(GOOD, options={"verify_signature": False})
    body = ".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
        for each in (head, claims)
    )
    for secret in (public, b"", b"none"):
        signed = hmac.new(secret, body.encode(), hashlib.sha256).digest()
        token = f"{body}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"
        assert TOKENS.read(token, time_ns=0) is None
    own = hmac.new(SECRET, body.encode(), hashlib.sha256).digest()
    token = f"{body}.{base64.urlsafe_b64encode(own).rstrip(b'=').decode()}"
    assert TOKENS.read(token, time_ns=0) is None


@given(st.binary(max_size=300))
def test_messages_of_any_bytes_are_understood_or_refused(raw: bytes) -> None:
    try:
        asked = msgspec.json.decode(raw, type=Ask)
    except msgspec.DecodeError:
        return
    assert asked.type in ("subscribe", "ping")


@given(st.binary(max_size=300))
def test_a_body_of_any_bytes_is_understood_or_refused(raw: bytes) -> None:
    with suppress(Problem):
        check_json(raw)
        json.loads(raw)


@given(st.text(alphabet="0123456789abcdef.:, x", max_size=80), st.text(max_size=20))
def test_a_forwarded_header_of_any_text_names_an_address_or_is_not_believed(
    forwarded: str, protocol: str
) -> None:
    raw = [
        (b"x-forwarded-for", forwarded.encode()),
        (b"x-forwarded-proto", protocol.encode("utf-8", "ignore")),
    ]
    trusted = networks_of(["10.0.0.0/8"])
    headers = Headers(raw=raw)
    assert asked_by("8.8.8.8", "http", headers, trusted).address == "8.8.8.8"
    address = asked_by("10.0.0.1", "http", headers, trusted).address
    assert networks_of([address])


@given(st.text(max_size=200))
def test_a_credential_of_any_text_is_read_or_not(text: str) -> None:
    head = {b"authorization": text.encode("utf-8", "ignore")}
    assert isinstance(credential_of(head), str)


@given(st.text(max_size=60))
def test_a_setting_of_any_text_is_a_reference_or_a_value(text: str) -> None:
    found = parsed_reference(text)
    assert found is None or str(found) == text


def test_a_refresh_token_opens_nothing_itself(served: Served, client: TestClient) -> None:
    served.add("ann", "viewer")
    tokens = served.login(client, "ann")
    client.headers["Authorization"] = f"Bearer {tokens['refresh_token']}"
    assert client.get(ME).status_code == 401
    given = {"refresh_token": tokens["access_token"]}
    assert client.post("/api/v1/auth/refresh", json=given).status_code in (401, 422)


def test_a_field_that_is_not_known_is_refused(client: TestClient) -> None:
    given = {"name": "ann", "password": PASSWORD, "role": "admin"}
    assert client.post("/api/v1/auth/login", json=given).status_code == 422


@pytest.mark.parametrize("name", ["ann\r\nX-Evil: 1", "ann\n{}", "ann\x00"])
def test_a_name_with_a_line_break_forges_no_entry(
    served: Served, client: TestClient, name: str
) -> None:
    given = {"name": name, "password": PASSWORD}
    answer = client.post("/api/v1/auth/login", json=given)
    assert answer.status_code in (401, 422)
    assert "x-evil" not in answer.headers
    lines = [msgspec.json.encode(entry.actor) for entry in served.audit.entries()]
    assert all(b"\n" not in line for line in lines)
    assert len(lines) <= 1


def test_a_new_password_does_not_take_the_second_factor_away(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "admin")
    served.with_second_factor(client, "ann")
    wanted = {"password": PASSWORD, "new_password": "another good password"}
    assert client.post("/api/v1/auth/password", json=wanted).status_code == 204
    login = {"name": "ann", "password": "another good password"}
    answer = client.post("/api/v1/auth/login", json=login)
    assert (answer.status_code, "second factor" in answer.json()["detail"]) == (401, True)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
def test_a_page_from_elsewhere_opens_no_stream(served: Served, origin: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "path": "/ws", "raw_path": b"/ws", "query_string": b"",
        "scheme": "ws", "root_path": "", "client": ("10.0.0.1", 5), "server": ("x", 80),
        "headers": [(b"host", b"127.0.0.1"), (b"origin", origin.encode())],
        "subprotocols": [], "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(served.app(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 4403}]


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "12 to 128 characters"),
        ("a" * 129, "12 to 128 characters"),
        ("aaaabbbbcccc", "different characters"),
        ("my name is ann!", "your own name"),
        ("tradewind2026", "product"),
    ],
)
def test_a_password_is_refused_that_others_would_try(password: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        check_password(password, "ann")
    assert password not in str(caught.value)


@pytest.mark.parametrize("password", ["pässwörd mit ümlaut 🙂", "abcde " * 21, "      12345678"])
def test_a_password_may_be_of_any_characters_and_long(password: str) -> None:
    assert check_password(password, "ann") == password


def test_a_password_is_kept_as_argon2id() -> None:
    assert hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=3,p=1$")
