"""Every benchmark runs short, prints one line that the table can show, and holds its ratio.

A ratio compares CPU time in one run, best of five; below 0.7 of its target the benchmark ends with
1. One bad minute of a shared machine is not a loss of speed: the benchmark may try three times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.tidy import source

BENCHMARKS = sorted((source.ROOT / "benchmarks").glob("[!_]*.py"))
KEYS = ("name", "figure", "unit", "floor", "ratio", "target")


JUDGED = {
    "bars", "depth", "depth_fills", "fills", "floor", "memory", "order_life", "quotes", "recovery",
    "sweep", "trades", "trades_to_bars", "wire_decode",
}  # fmt: skip
"""They count CPU time. The others measure disks, sockets and starts of processes, of which a busy
machine says nothing: they run with the long tests, and nobody judges their ratio there."""
ATTEMPTS = 3


def ran(path: source.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, path, "--short"],
        cwd=source.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def case(path: source.Path) -> Any:
    marks = [] if path.stem in JUDGED else [pytest.mark.long]
    return pytest.param(path, marks=marks, id=path.stem)


@pytest.mark.parametrize("path", [case(path) for path in BENCHMARKS])
def test_a_benchmark_prints_one_line_with_its_figure_and_holds_its_ratio(
    path: source.Path,
) -> None:
    is_judged = path.stem in JUDGED
    done = ran(path)
    for _ in range(ATTEMPTS - 1):
        if done.returncode == 0 or not is_judged:
            break
        done = ran(path)
    assert done.returncode == 0 or not is_judged, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert done.stderr == ""
    assert tuple(result)[: len(KEYS)] == KEYS
    assert result["name"] == path.stem
    assert result["figure"] > 0
    assert result["ratio"] > 0
