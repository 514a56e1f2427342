"""A sweep is many backtests: the same results, whatever the number of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

import tradewind as tw
from tradewind.model.errors import OutsideError, UserError
from tradewind.runtime.sweep import SweepResult, combinations_of
from tradewind.strategies.ma_crossover import MaCrossover

GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
BARS = tw.generate_bars(GOOG, 7, start_time_ns=0, duration_ns=60 * 10**9, count=3000)
GRID: dict[str, list[Any]] = {"fast": [5, 10], "slow": [10, 20, 40], "timeframe": ["1m"]}
TERMS: dict[str, Any] = {"cash": "50000", "fees": tw.fees.percent("0.001")}


def is_ordered(parameters: dict[str, Any]) -> bool:
    return bool(parameters["fast"] < parameters["slow"])


def swept(workers: int, **options: Any) -> SweepResult:
    return tw.sweep(
        MaCrossover, GRID, data=[BARS], where=is_ordered, workers=workers, **TERMS, **options
    )


def test_every_run_is_the_backtest_of_its_parameters() -> None:
    result = swept(2)
    assert (len(result.runs), result.workers) == (5, 2)
    for run in result.runs:
        alone = tw.backtest(MaCrossover(**run.parameters), data=[BARS], **TERMS)
        assert run.journal_hash == alone.journal_hash
        assert (run.end_equity, run.fills) == (str(alone.end_equity), len(alone.fills))
        assert run.metrics == alone.metrics
        assert run.fills > 0


def test_one_process_and_several_give_the_same() -> None:
    assert swept(1).runs == swept(3).runs


def test_runs_are_ranked_by_a_metric_with_the_largest_first() -> None:
    result = swept(1)
    ranked = result.ranked("total_return")
    values = [run.metrics["total_return"] for run in ranked]
    assert values == sorted(values, reverse=True)
    with pytest.raises(UserError, match="there is no metric 'luck': known are start_equity"):
        result.ranked("luck")


def test_progress_is_told_until_all_are_done() -> None:
    seen: list[tuple[int, int]] = []
    swept(2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


class Picky(tw.Strategy):
    """Refuses one value, raises at another, ends its process at a third."""

    kind: int = 0

    def on_start(self) -> None:
        if self.kind == 1:
            raise UserError("kind 1 makes no sense")
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        if self.kind == 2:
            raise RuntimeError("the moon")
        if self.kind == 3:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refused_and_a_failing_run_are_named_and_the_others_go_on(workers: int) -> None:
    runs = tw.sweep(Picky, {"kind": [0, 1, 2]}, data=[BARS], workers=workers).runs
    assert [run.refused for run in runs] == ["", "kind 1 makes no sense", ""]
    assert "the moon" in runs[2].stopped
    assert runs[0].stopped == ""


def test_a_process_that_was_ended_is_one_sentence() -> None:
    with pytest.raises(OutsideError, match="ended from outside"):
        tw.sweep(Picky, {"kind": [0, 3, 0, 0]}, data=[BARS], workers=2)


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        ({"fast": []}, "is no list of values"),
        ({"fast": "12"}, "is no list of values"),
        ({"fast": [0] * 1000, "slow": [0] * 101}, "101000 combinations, at most 100000"),
    ],
)
def test_a_grid_that_is_none_is_one_sentence(grid: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        combinations_of(grid)
    with pytest.raises(UserError, match="loosen its condition"):
        combinations_of({"fast": [1]}, lambda one: False)


def test_an_unknown_parameter_is_named() -> None:
    run = tw.sweep(MaCrossover, {"fsat": [1]}, data=[BARS]).runs[0]
    assert "no parameter 'fsat'" in run.refused


def test_a_sweep_beside_threads_and_from_a_script_without_a_guard_ends() -> None:
    program = """
import threading, time
import tradewind as tw
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
class Mine(tw.Strategy):
    size: int = 1
    def on_start(self): self.subscribe_bars(self.instrument)
    def on_bar(self, bar):
        if self.position.is_flat: self.buy(self.size)
goog = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
bars = tw.generate_bars(goog, 7, start_time_ns=0, duration_ns=60 * 10**9, count=50)
result = tw.sweep(Mine, {"size": [1, 2, 3]}, data=[bars], workers=2)
print([run.fills for run in result.runs])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[1, 1, 1]\n", "")
