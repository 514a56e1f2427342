"""Settings of priority: what is asked for is had or refused, and rehearsals go with it."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.runtime.real_time import needs_priority
from tests.wiring.split_run import SplitRun
from tradewind.cli.main import main
from tradewind.runtime.priority import LEVEL, LEVEL_BEHIND
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
        found = {role: level_of(pid) for role, pid in playing.items()}
        assert found == {role: LEVEL if role in LIVELY else 0 for role in playing}
        levels = sorted(filter(None, map(level_of, children(run))))
        # one gateway has the port; of the bridges there are two, and of who stands by none
        assert levels == [LEVEL_BEHIND] + [LEVEL] * (len(LIVELY) + 1)


@pytest.mark.long
@needs_priority
def test_a_gateway_that_an_engine_with_priority_starts_anew_comes_behind_it(
    tmp_path: Path,
) -> None:
    with SplitRun(tmp_path / "home") as run:
        run.environment["TRADEWIND_PRIORITY"] = "realtime"
        run.start()
        (engine,) = run.pids
        run.until(lambda: level_of(engine) == LEVEL and bool(children(run)), "the engine trades")
        before = children(run)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        run.until(
            lambda: [level_of(pid) for pid in children(run) if pid not in before] == [LEVEL_BEHIND],
            "another gateway serves, and comes behind the engine that started it",
        )


def level_of(pid: int) -> int:
    """The real-time priority of all threads of a process, 0 for none, -1 while it changes."""
    try:
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
        found = {os.sched_getparam(one).sched_priority for one in threads}
    except (FileNotFoundError, ProcessLookupError):  # it, or a thread of it, has ended meanwhile
        return -1
    return found.pop() if len(found) == 1 else -1


def children(run: SplitRun) -> list[int]:
    """The processes of a supervisor, and theirs."""
    found: list[int] = []
    unseen = list(run.pids)
    while unseen:
        parent = unseen.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            found += map(int, text.split())
            unseen += map(int, text.split())
    return found
