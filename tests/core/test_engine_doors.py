"""The engine's two doors are one: event by event, whole, or cut anywhere, the run is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradewind
from tests.core.extremes import answers
from tests.core.market_run import MINUTE, START, RecordedRun, Run, columns, cut_at, events
from tradewind.model.columns import Columns
from tradewind.runtime.backtest import backtest
from tradewind.strategies.base import Strategy

MINUTES = 40
ROOT = Path(__file__).parents[2]
PROGRAM = (
    "from tests.core.market_run import Run, columns\n"
    "run = Run(); run.engine.run(*columns(40)); print(*run.hashes())"
)


def whole(batches: list[Columns]) -> Run:
    run = Run()
    run.engine.run(*batches)
    return run


def test_the_run_does_everything_that_is_compared() -> None:
    run = RecordedRun()
    run.engine.run(*columns(MINUTES))
    records = {type(record).__name__ for record in run.engine.records}
    state = run.engine.state
    assert records >= {"OrderFilled", "OrderCanceled", "TimerFired", "AmendOrder", "TargetIntended"}
    assert not state.anomalies
    assert not any(book.is_stopped for book in state.strategies)
    assert state.sequence > 15 * MINUTES


def test_a_tape_holds_the_same_journal_as_records() -> None:
    recorded = RecordedRun()
    recorded.engine.run(*columns(MINUTES))
    assert recorded.hashes() == whole(columns(MINUTES)).hashes()


@pytest.mark.parametrize("kinds", [(0,), (1,), (2,), (3,), (0, 4), (1, 2, 3), (0, 1, 2, 3, 4)])
def test_stepping_each_event_is_running_the_columns(kinds: tuple[int, ...]) -> None:
    batches = [columns(MINUTES)[kind] for kind in kinds]
    stepped = Run()
    for event in events(batches):
        stepped.engine.step(event)
    run = whole(batches)
    assert run.engine.fills is None
    assert stepped.hashes()[1] == run.hashes()[1]
    assert stepped.hashes()[0] == run.hashes()[0]


@settings(max_examples=15)
@given(st.lists(st.integers(1, MINUTES - 1), max_size=8, unique=True).map(sorted))
def test_merged_columns_may_be_cut_at_any_minute(minutes: list[int]) -> None:
    batches = columns(MINUTES)
    cut = Run()
    for piece in cut_at(batches, [START + minute * MINUTE for minute in minutes]):
        cut.engine.run(*piece)
    assert cut.hashes()[1] == whole(batches).hashes()[1]


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
@settings(max_examples=8)
@given(st.lists(st.integers(1, MINUTES - 1), max_size=6, unique=True).map(sorted))
def test_one_column_may_be_cut_between_any_rows(kind: int, rows: list[int]) -> None:
    batch = columns(MINUTES)[kind]
    cut = Run()
    for start, stop in zip([0, *rows], [*rows, len(batch)], strict=True):
        cut.engine.run(batch.cut(start, stop))
    assert cut.hashes()[1] == whole([batch]).hashes()[1]


@pytest.mark.parametrize("hedging", [0, 1])
def test_the_same_run_twice_gives_the_same_hashes(hedging: int) -> None:
    batches = columns(MINUTES)
    hashes = []
    for _ in range(2):
        run = Run(hedging=hedging)
        run.engine.run(*batches)
        hashes.append(run.hashes())
    assert hashes[0] == hashes[1]


def hashes_in_another_process(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_another_process_with_other_string_hashes_gives_the_same_journal(seed: str) -> None:
    assert hashes_in_another_process(PYTHONHASHSEED=seed) == list(whole(columns(40)).hashes())


@pytest.mark.skipif(not tradewind.COMPILED, reason="there is no compiled build to compare with")
def test_plain_python_writes_the_same_journal_as_the_compiled_build() -> None:
    assert hashes_in_another_process(TRADEWIND_PURE="1") == list(whole(columns(40)).hashes())


@pytest.mark.skipif(not tradewind.COMPILED, reason="there is no compiled build to compare with")
def test_plain_python_says_the_same_to_numbers_at_the_bounds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.extremes"],
        cwd=ROOT,
        env={**os.environ, "TRADEWIND_PURE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == list(answers())


def test_every_answer_at_the_bounds_is_a_decision_or_a_refusal() -> None:
    found = list(answers())
    assert sum("SubmitOrder" in line for line in found) > 100
    assert sum("too_large" in line for line in found) > 20
    assert sum(line.startswith("refused") for line in found) > 100


class Clockwork(Strategy):
    """Asks for no market data at all."""

    def on_start(self) -> None:
        self.calls = 0
        self.set_timer("look", START, MINUTE)

    def on_timer(self, name: str) -> None:
        self.calls += 1


@pytest.mark.parametrize("kind", range(5))
def test_a_strategy_with_nothing_but_a_timer_is_called(kind: int) -> None:
    batch = columns(MINUTES)[kind]
    strategy = Clockwork()
    backtest(strategy, data=[batch])
    assert strategy.calls >= MINUTES // 2
