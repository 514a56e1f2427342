"""Settings of priority: what is asked for is had or refused, and rehearsals go with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.runtime.real_time import needs_priority
from tests.wiring.split_run import SplitRun
from tradewind.cli.main import main
from tradewind.wiring.rehearsal import AUTO_MS, rehearsal_ms
from tradewind.wiring.settings import load_settings

LIVELY = {"market-data", "risk-manager", "signal-bridge"}
"""The roles of a run on paper between a price and its order."""


@pytest.mark.parametrize(
    ("priority", "chosen", "expected"),
    [
        ("normal", "auto", 0),
        ("realtime", "auto", AUTO_MS),
        ("normal", "2", 2),
        ("realtime", "0", 0),
    ],
)
def test_a_run_rehearses_by_itself_where_it_has_priority(
    priority: str, chosen: str, expected: int
) -> None:
    given = {"engine.priority": priority, "engine.rehearsal_ms": chosen}
    assert rehearsal_ms(load_settings(given)) == expected


@pytest.mark.parametrize("words", [[], ["--role", "market-data"], ["--topology", "split"]])
def test_a_run_that_may_not_have_the_priority_it_asks_for_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    monkeypatch.setenv("TRADEWIND_PRIORITY", "realtime")
    assert main(["run", "--home", str(tmp_path / "home"), *words]) == 2
    assert "may not have real-time priority" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


@pytest.mark.long
@needs_priority
def test_the_roles_between_a_price_and_its_order_have_priority_and_the_others_have_not(
    tmp_path: Path,
) -> None:
    with SplitRun(tmp_path / "home") as run:
        run.environment["TRADEWIND_PRIORITY"] = "realtime"
        run.start("--topology", "split")
        run.until_well()
        run.until_standing_by("risk-manager")
        playing = {role: run.health(role)["pid"] for role in (*LIVELY, "data-processor", "worker")}
        found = {role for role, pid in playing.items() if is_real_time(pid)}
        assert found == LIVELY
        standing_by = [each for each in children(run) if is_real_time(each)]
        assert len(standing_by) == len(LIVELY) + 1  # two bridges


def is_real_time(pid: int) -> bool:
    """Whether all threads of a process have real-time priority, and not none."""
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    found = {os.sched_getscheduler(one) for one in threads}
    assert len(found) == 1
    return found == {os.SCHED_RR}


def children(run: SplitRun) -> list[int]:
    """The processes of a supervisor, and theirs."""
    found, unseen = [], list(run.pids)
    while unseen:
        parent = unseen.pop()
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        found += map(int, text.split())
        unseen += map(int, text.split())
    return found
