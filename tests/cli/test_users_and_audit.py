"""`tradewind users` and `tradewind audit` on a fresh home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tradewind.adapters.sql.database import open_database, sqlite_url, writing
from tradewind.cli.main import main

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRADEWIND_NEW_PASSWORD", PASSWORD)
    return tmp_path / "home"


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """The JSON that a command prints, or the sentence it ends with."""
    assert main([*words]) == code
    out, err = capsys.readouterr()
    return json.loads(out) if out else err.strip()


def test_the_first_administrator_is_made_with_an_invitation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = told(capsys, "users", "invite", "--json")["token"]
    wrong = told(capsys, "users", "setup", "--token", "other", code=2)
    assert wrong == ("tradewind: the token is not valid, used or over: `tradewind users invite`")
    made = told(capsys, "users", "setup", "--token", token, "--name", "root", "--json")
    assert made == {"name": "root", "role": "admin"}
    assert told(capsys, "users", "list", "--json") == {"root": "admin  accounts *"}
    assert "there are users already" in told(capsys, "users", "invite", code=2)


def test_a_weak_password_makes_no_administrator(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = told(capsys, "users", "invite", "--json")["token"]
    monkeypatch.setenv("TRADEWIND_NEW_PASSWORD", "short")
    refused = told(capsys, "users", "setup", "--token", token, code=2)
    assert refused == "tradewind: the password: use 12 to 128 characters"
    assert main(["users", "list"]) == 0
    assert "no users" in capsys.readouterr().err


def test_the_trail_is_listed_exported_and_verified(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    token = told(capsys, "users", "invite", "--json")["token"]
    told(capsys, "users", "setup", "--token", token, "--json")
    told(capsys, "users", "unlock", "ann", "--json")
    listed = told(capsys, "audit", "list", "--json")
    assert [row.split("  ")[2:4] for row in listed.values()] == [
        ["unlocked", "ann"],
        ["first administrator", "admin"],
    ]
    assert main(["audit", "export"]) == 0
    exported = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["number"] for row in exported] == [1, 2]
    assert told(capsys, "audit", "verify", "--json") == {"is_whole": True, "first_break": 0}
    database = open_database(sqlite_url(home / "security.db"))
    with writing(database) as connection:
        connection.execute(text("UPDATE audit SET target = 'bob' WHERE number = 2"))
    database.dispose()
    broken = told(capsys, "audit", "verify", "--json", code=1)
    assert broken == {"is_whole": False, "first_break": 2}
