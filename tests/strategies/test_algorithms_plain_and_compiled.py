"""Algorithms and routing give the same journal compiled, plain, and however columns are cut."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import tradewind
from tests.strategies.test_algorithms_of_a_strategy import Once, bars
from tradewind.runtime.simulated_run import RunTerms, SimulatedRun
from tradewind.sim.venue import SimulatedVenue


def lines_of_run(pure: str) -> list[str]:
    """What the digest prints, compiled ("0") or as plain Python ("1")."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.strategies.algorithm_digest"],
        env={**os.environ, "TRADEWIND_PURE": pure},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(not tradewind.COMPILED, reason="nothing is compiled here")
def test_plain_and_compiled_journals_are_the_same() -> None:
    compiled, plain = lines_of_run("0"), lines_of_run("1")
    assert (compiled[0], plain[0]) == ("compiled", "plain")
    assert len(compiled) == 9
    assert all(int(line.split()[1]) > 0 for line in compiled[1:])
    assert compiled[1:] == plain[1:]


@pytest.mark.parametrize("rows", [1, 3, 30])
def test_however_bars_are_cut_the_journal_is_the_same(rows: int) -> None:
    hashes = []
    for size in (rows, 30):
        strategy = Once()
        strategy.wish = lambda s: s.buy(90, algorithm="pov", participation="0.1", min_child=9)
        columns = bars()
        run = SimulatedRun(
            [strategy], [columns.instrument], SimulatedVenue(), RunTerms(), start_time_ns=0
        )
        for start in range(0, len(columns), size):
            run.take(columns.cut(start, start + size))
        result = run.finish()
        assert result.fill_count > 3
        hashes.append(result.state_hash)
    assert hashes[0] == hashes[1]
