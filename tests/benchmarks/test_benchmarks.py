"""Every benchmark runs short, prints one line that the table can show, and holds its ratio.

A ratio compares CPU time in one run, best of five; below 0.7 of its target the benchmark ends with
1. One bad minute of a shared machine is not a loss of speed: the benchmark may try three times.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from typing import Any

import pytest

from tests.tidy import source

BENCHMARKS = sorted((source.ROOT / "benchmarks").glob("[!_]*.py"))
KEYS = ("name", "figure", "unit", "floor", "ratio", "target")
asked = runpy.run_path(str(source.ROOT / "benchmarks" / "_asked.py"))
ASKED = asked["ASKED"]
limit_of = runpy.run_path(str(source.ROOT / "scripts" / "bench_table.py"))["limit_of"]


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
    if path.stem in ASKED and result["compiled"]:
        assert result["asked"]
        assert result["reached"] in ("yes", "no")


@pytest.mark.parametrize("path", BENCHMARKS, ids=[path.stem for path in BENCHMARKS])
def test_a_benchmark_says_what_limits_it(path: source.Path) -> None:
    assert len(limit_of(path.read_text())) > 20


def test_what_is_asked_is_asked_of_benchmarks_that_are() -> None:
    assert set(ASKED) <= {path.stem for path in BENCHMARKS}


@pytest.mark.parametrize(
    ("name", "line", "reached"),
    [
        ("bars", {"ratio": 0.5}, "yes"),
        ("bars", {"ratio": 0.499}, "no"),
        ("order_life", {"figure": 4, "check_us": 1}, "yes"),
        ("order_life", {"figure": 4, "check_us": 1.01}, "no"),
        ("order_life", {"figure": 4.01, "check_us": 1}, "no"),
    ],
)
def test_a_line_says_whether_what_was_asked_is_reached(
    name: str, line: dict[str, float], reached: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.COMPILED", 1)
    assert asked["asked_of"](name, line)["reached"] == reached
