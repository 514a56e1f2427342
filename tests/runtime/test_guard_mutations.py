"""Each safeguard of the runtime is taken away in turn, and some test of its own must turn red."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tradewind"
RISK = (
    "tests/runtime/test_risk_monitor.py tests/runtime/test_risk_monitor_twice.py "
    "tests/runtime/test_risk_rules.py"
)
SENDING = (
    "tests/runtime/test_dispatch.py tests/runtime/test_dispatch_ways.py "
    "tests/runtime/test_dispatch_block.py tests/runtime/test_orders_left.py "
    "tests/runtime/test_last_check.py"
)
MUTATED = {
    "runtime/dispatch.py": SENDING,
    "runtime/last_check.py": "tests/runtime/test_last_check.py",
    "runtime/children.py": "tests/runtime/test_last_check.py tests/runtime/test_children.py",
    "runtime/countdown.py": "tests/runtime/test_countdown.py",
    "runtime/risk_monitor.py": RISK,
    "runtime/risk_levels.py": RISK,
    "runtime/risk_rules.py": f"{RISK} tests/runtime/test_new_code.py",
    "runtime/flattening.py": RISK,
    "runtime/new_code.py": f"{RISK} tests/runtime/test_new_code.py",
    "runtime/halt_file.py": "tests/runtime/test_halt_file.py",
}
"""Files with safeguards, and the tests that are to hold them."""

SAME_EITHER_WAY = {
    # whether it is logged
    ("runtime/countdown.py", "end", "problem"),
    # whether it is logged again
    ("runtime/halt_file.py", "_submitted", "str(error) != last_failure"),
    # what memory is given back
    ("runtime/children.py", "_report", "isinstance(record, m.OrderRejected)"),
}
"""Conditions that nobody could see the loss of, by their function and what they read."""


class Mutant:
    """One condition of one file that never holds, with its line."""

    def __init__(self, path: str, condition: str, line: int, text: str) -> None:
        self.path = path
        self.condition = condition
        self.line = line
        self.text = text

    def __str__(self) -> str:
        return f"{self.path}:{self.line} without: {self.condition}"


def mutants() -> Iterator[Mutant]:
    for path in MUTATED:
        source = (PACKAGE / path).read_text()
        for number in range(len(conditions(ast.parse(source)))):
            tree = ast.parse(source)
            function, node = conditions(tree)[number]
            before = ast.unparse(node.test)
            if (path, function, before) in SAME_EITHER_WAY:
                continue
            node.test = ast.Constant(value=False)
            yield Mutant(path, before, node.lineno, ast.unparse(ast.fix_missing_locations(tree)))


def conditions(tree: ast.Module) -> list[tuple[str, ast.If]]:
    """The `if` statements that run, not those of types, each with the function it stands in."""
    return [
        (function.name, node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.If)
    ]


def turns_red(mutant: Mutant, folder: Path) -> bool:
    """Whether a test of the file fails with the mutant in a copy of the package."""
    target = folder / "tradewind" / mutant.path
    original = target.read_text()
    target.write_text(mutant.text)
    options = ("-q", "-x", "-m", "not long", "-p", "no:cacheprovider", "-p", "no:randomly")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *MUTATED[mutant.path].split()],
            env={**os.environ, "TRADEWIND_PURE": "1", "PYTHONPATH": str(folder)},
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_text(original)
    assert done.returncode in (0, 1, 2), done.stdout.decode()[-2000:]
    return done.returncode != 0


def test_what_is_said_to_be_the_same_either_way_still_stands_there_once() -> None:
    found = [
        (path, function, ast.unparse(node.test))
        for path in {path for path, _, _ in SAME_EITHER_WAY}
        for function, node in conditions(ast.parse((PACKAGE / path).read_text()))
    ]
    assert {one: found.count(one) for one in SAME_EITHER_WAY} == dict.fromkeys(SAME_EITHER_WAY, 1)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_each_condition_of_a_safeguard_is_held_by_a_test(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "tradewind", ignore=ignored)
    for path in MUTATED:
        unharmed = Mutant(path, "", 0, (PACKAGE / path).read_text())
        assert not turns_red(unharmed, tmp_path), f"tests of {path} are red without a mutant"
    survivors = [str(one) for one in mutants() if not turns_red(one, tmp_path)]
    assert not survivors, "\n".join(survivors)
