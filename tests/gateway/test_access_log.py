"""The access log: every answered request, and nothing that could be a secret."""

from __future__ import annotations

import json
from pathlib import Path

from tests.gateway.served import PASSWORD, Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway.access_log import NAME, Access, AccessLog


def test_every_answered_request_is_a_line_that_names_who_asked(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    served = Served(tmp_path, engine, keeps_access_log=True)
    served.add("ann", "viewer")
    with served.client() as client:
        tokens = served.login(client, "ann")
        client.get("/api/v1/positions?secret=hidden")
        client.get("/nothing", headers={"Authorization": ""})
    text = (tmp_path / NAME).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(each["user"], each["path"], each["status"]) for each in lines] == [
        ("", "/api/v1/auth/login", 200),
        ("ann", "/api/v1/positions", 200),
        ("", "/nothing", 404),
    ]
    assert {each["address"] for each in lines} == {"10.0.0.1"}
    for secret in (PASSWORD, tokens["access_token"], "hidden"):
        assert secret not in text
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / NAME
    log = AccessLog(path)
    log.write(Access(5, "", "", "GET", "/one", 200, 1.0))
    path.rename(tmp_path / "old.log")
    log._look_at_s = 0.0
    log.write(Access(6, "", "", "GET", "/two", 200, 1.0))
    log.close()
    assert ("/one" in path.read_text(), "/two" in path.read_text()) == (False, True)


def test_without_being_asked_for_there_is_none(tmp_path: Path, engine: MemoryEngine) -> None:
    with Served(tmp_path, engine).client() as client:
        client.get("/health")
    assert not (tmp_path / NAME).exists()
