"""The role worker: jobs run there, and its answers say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wiring.split_run import SplitRun
from tradewind.cli.main import main


@pytest.fixture
def split(tmp_path: Path) -> Iterator[SplitRun]:
    with SplitRun(tmp_path / "home") as run:
        yield run


def test_a_worker_without_slots_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAX_WORKERS", "0")
    assert main(["run", "--role", "worker", "--home", str(tmp_path)]) == 2
    assert "set MAX_WORKERS" in capsys.readouterr().err


@pytest.mark.long
def test_a_job_runs_in_the_worker_and_not_in_the_gateway(
    split: SplitRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(split.home))
    split.start("--role", "api-gateway")
    split.until(lambda: split.health("api-gateway") != {}, "the gateway answers")
    assert main(["jobs", "submit", "statement", "{}", "--key", "books"]) == 0
    capsys.readouterr()

    def states() -> list[str]:
        assert main(["jobs", "list", "--json"]) == 0
        found: dict[str, dict[str, str]] = json.loads(capsys.readouterr().out)
        return [job["state"] for job in found.values()]

    assert states() == ["queued"]
    split.start("--role", "worker")
    split.until(lambda: split.health("worker").get("ok") is True, "the worker is well")
    split.until(lambda: states()[0] not in ("queued", "running"), "the job ends")
    assert "jobs_ended_total{state=" in split.asked("worker", "/metrics"), states()
