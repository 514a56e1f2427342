"""Every benchmark runs short and prints one line that the table can show.

Whether a ratio holds is judged by scripts/bench, on a machine that does nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.tidy import source

BENCHMARKS = sorted((source.ROOT / "benchmarks").glob("[!_]*.py"))
KEYS = ("name", "figure", "unit", "floor", "ratio", "target")


@pytest.mark.long
@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_prints_one_line_with_its_figure_and_floor(path: source.Path) -> None:
    done = subprocess.run(
        [sys.executable, path, "--short"],
        cwd=source.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert done.stderr == ""
    assert tuple(result)[: len(KEYS)] == KEYS
    assert result["name"] == path.stem
    assert result["figure"] > 0
    assert result["ratio"] > 0
