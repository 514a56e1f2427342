"""Passwords that others know are refused, from a sorted list of any length."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.served import PASSWORD, Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway.breached import BreachedFile
from tradewind.model.errors import UserError


def hash_of(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


def list_of(path: Path, passwords: list[str]) -> BreachedFile:
    lines = sorted(f"{hash_of(each)}:{number}" for number, each in enumerate(passwords))
    path.write_text("\r\n".join(lines) + "\r\n")
    return BreachedFile(path)


@given(st.lists(st.text(max_size=20), unique=True, max_size=40), st.text(max_size=20))
def test_the_search_finds_what_is_there_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, passwords: list[str], other: str
) -> None:
    found = list_of(tmp_path_factory.mktemp("list") / "hashes.txt", passwords)
    assert all(found.has(each) for each in passwords)
    assert found.has(other) == (other in passwords)


def test_a_password_of_the_list_is_refused_and_no_other(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    known = list_of(tmp_path / "hashes.txt", ["correct horse staple", "qwertyuiop12"])
    served = Served(tmp_path, engine, breached=known)
    served.add("ann", "viewer")
    with served.client() as client:
        served.login(client, "ann")
        wanted = {"password": PASSWORD, "new_password": "qwertyuiop12"}
        refused = client.post("/api/v1/auth/password", json=wanted)
        assert (refused.status_code, "known to others" in refused.json()["detail"]) == (400, True)
        wanted["new_password"] = "another good password"
        assert client.post("/api/v1/auth/password", json=wanted).status_code == 204


def test_a_list_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        BreachedFile(tmp_path / "none")
