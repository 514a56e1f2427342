"""`tradewind keys` on a fresh home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.cli.main import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """The JSON that `tradewind keys` prints, or the sentence it ends with."""
    assert main(["keys", *words, *(["--json"] if code == 0 else [])]) == code
    out, err = capsys.readouterr()
    return json.loads(out) if out else err.strip()


def test_a_pair_is_made_once_and_only_its_public_half_is_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "make it with `tradewind keys make`" in told(capsys, "show", code=2)
    public = told(capsys, "make")["public"]
    assert told(capsys, "show") == {"public": public, "allowed": {}}
    stored = json.loads((home / "bus" / "key.json").read_text())
    assert stored["public"] == public
    assert stored["secret"] != public
    assert "is there already" in told(capsys, "make", code=2)


def test_keys_are_allowed_and_revoked_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    told(capsys, "make")
    told(capsys, "allow", "trader-2", key)
    assert told(capsys, "show")["allowed"] == {"trader-2": key}
    assert "as trader-2" in told(capsys, "allow", "other", key, code=2)
    assert "40 characters" in told(capsys, "allow", "short", key[:-1], code=2)
    assert "no name of a key" in told(capsys, "allow", "Two words", key, code=2)
    assert "allowed are trader-2" in told(capsys, "revoke", "other", code=2)
    told(capsys, "revoke", "trader-2")
    assert told(capsys, "show")["allowed"] == {}
