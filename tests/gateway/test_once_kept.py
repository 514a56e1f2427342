"""Keys of idempotency on what makes users, keys, passwords and uploads: one act, one answer."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import connect as open_file

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import PASSWORD, Served
from tradewind.model.errors import OutsideError

KEYS = "/api/v1/keys"
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def trader(served: Served, client: TestClient) -> TestClient:
    served.add("tom", "trader")
    served.login(client, "tom")
    return client


def test_a_key_that_is_made_again_is_the_same_key_and_is_kept_encrypted(
    trader: TestClient, tmp_path: Path
) -> None:
    first = trader.post(KEYS, json={"name": "k"}, headers=KEY)
    again = trader.post(KEYS, json={"name": "k"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again.headers["Idempotency-Replayed"], len(trader.get(KEYS).json()["keys"])) == (
        "true",
        1,
    )
    secret = first.json()["key"].rpartition("_")[2].encode()
    with open_file(tmp_path / "security.db") as database:
        rows = database.execute("select body from kept_answers").fetchall()
    assert len(rows) == 1
    assert secret not in rows[0][0]


def test_another_request_under_the_same_key_is_refused(trader: TestClient) -> None:
    assert trader.post(KEYS, json={"name": "k"}, headers=KEY).status_code == 201
    assert trader.post(KEYS, json={"name": "other"}, headers=KEY).status_code == 422


def test_what_was_refused_gives_its_key_back(trader: TestClient) -> None:
    wrong = {"name": "k", "scopes": ["users:manage"]}
    assert trader.post(KEYS, json=wrong, headers=KEY).status_code == 400
    assert trader.post(KEYS, json={"name": "k"}, headers=KEY).status_code == 201


def test_without_a_key_each_request_acts(trader: TestClient) -> None:
    for _ in range(2):
        assert trader.post(KEYS, json={"name": "k"}).status_code == 201
    assert len(trader.get(KEYS).json()["keys"]) == 2


def test_a_user_is_added_once_and_a_password_changed_once(
    served: Served, client: TestClient
) -> None:
    served.add("root", "admin")
    served.with_second_factor(client, "root")
    wanted = {"name": "ann", "role": "viewer", "password": PASSWORD, "accounts": ["paper"]}
    answers = [client.post("/api/v1/users", json=wanted, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    change = {"password": PASSWORD, "new_password": "another long sentence"}
    key = {"Idempotency-Key": "p1"}
    path = "/api/v1/auth/password"
    assert {client.post(path, json=change, headers=key).status_code for _ in range(2)} == {204}


def test_an_upload_is_taken_once_however_it_is_cut(served: Served, client: TestClient) -> None:
    served.add("rita", "researcher")
    served.login(client, "rita")
    head = {"Content-Type": "application/octet-stream", "Content-Length": "6", **KEY}
    found = [
        client.post("/api/v1/data/uploads", content=pieces, headers=head)
        for pieces in (iter([b"a,", b"b,cd"]), iter([b"a,b,", b"cd"]))
    ]
    assert [answer.status_code for answer in found] == [201, 201]
    assert found[0].json() == found[1].json()


def test_where_nobody_knows_what_happened_the_key_stays_taken(
    served: Served, trader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> None:
        raise OutsideError("the disk is full", fault="ours", retry=True)

    monkeypatch.setattr(served.identities, "put_key", failing)
    assert trader.post(KEYS, json={"name": "k"}, headers=KEY).status_code == 503
    monkeypatch.undo()
    assert trader.post(KEYS, json={"name": "k"}, headers=KEY).status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 129, "a b"])
def test_a_key_that_is_none_is_refused(trader: TestClient, key: str) -> None:
    answer = trader.post(KEYS, json={"name": "k"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
