"""`tradewind jobs`: asked for once a key, listed, canceled, scheduled; refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.cli.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["jobs", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("home")
def test_a_job_asked_for_twice_with_a_key_is_one_that_is_shown_and_canceled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["submit", "statement", '{"until": 7}', "--key", "k1", "--priority", "high"]
    first = answer(capsys, *asked)
    assert answer(capsys, *asked) == first
    assert main(["jobs", "submit", "statement", "{}", "--key", "k1"]) == 2
    assert "was used for another request" in capsys.readouterr().err
    other = answer(capsys, "submit", "statement", "{}")
    assert set(answer(capsys, "list")) == {first["job_id"], other["job_id"]}
    shown = answer(capsys, "show", first["job_id"])
    assert (shown["state"], shown["request"], shown["priority"]) == ("queued", {"until": 7}, 2)
    assert answer(capsys, "cancel", first["job_id"])["state"] == "canceled"
    assert main(["jobs", "list", "--kind", "statement"]) == 0
    text = capsys.readouterr().out
    assert ("canceled" in text, text.count("\n")) == (True, 2)
    assert main(["queue", "list"]) == 0
    assert "tradewind.jobs.high    0 waiting, 0 dead" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_a_schedule_is_kept_listed_and_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["schedule", "statement", "{}", "--name", "books", "--every", "1d", "--at", "02:00"]
    kept = answer(capsys, *words)
    assert kept["next_time_ns"] % (86_400 * 10**9) == 2 * 3600 * 10**9
    assert answer(capsys, "schedules")["books"]["every_s"] == 86_400
    assert main(["jobs", "schedules"]) == 0
    assert "every 86400 s" in capsys.readouterr().out
    assert answer(capsys, "unschedule", "books") == {"removed": "books"}
    assert answer(capsys, "schedules") == {}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("words", [("list", "no jobs"), ("schedules", "nothing is scheduled")])
def test_an_empty_list_says_so_beside_the_answer(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    listed, said = words
    assert main(["jobs", listed]) == 0
    found = capsys.readouterr()
    assert (found.out, said in found.err) == ("", True)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["submit", "download", "{}"], "download: venue: field required"),
        (["submit", "statement", "no json"], "statement: invalid JSON"),
        (["show", "nothing"], "there is no job 'nothing'"),
        (["cancel", "nothing"], "there is no job 'nothing'"),
        (["unschedule", "nothing"], "there is no schedule 'nothing'"),
        (["list", "--limit", "1001"], "1001 is not from 1 to 1000"),
        (["schedule", "statement", "{}", "--name", "x", "--every", "1"], "no distance in time"),
        (
            ["schedule", "statement", "{}", "--name", "x", "--every", "1d", "--at", "25:00"],
            "no time of day",
        ),
    ],
)
def test_wrong_use_of_jobs_is_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["jobs", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_worker_without_places_and_a_limit_of_no_kind_are_refused(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_WORKERS", "0")
    assert main(["jobs", "work"]) == 2
    assert "set MAX_WORKERS" in capsys.readouterr().err
    monkeypatch.setenv("MAX_WORKERS", "1")
    monkeypatch.setenv("TRADEWIND_JOB_KIND_SLOTS", "dance=1")
    assert main(["jobs", "work"]) == 2
    assert "'dance' is no kind of job" in capsys.readouterr().err
