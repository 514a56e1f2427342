"""Each rule and each bound is taken away in turn, and some scenario must turn red."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.core.entry import ENTRY_RULES
from tradewind.core.flow import FLOW_RULES
from tradewind.core.risk import RULES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tradewind"
MUTATED = (
    "core/risk.py",
    "core/entry.py",
    "core/hours.py",
    "core/flow.py",
    "core/instrument_limits.py",
    "core/margin.py",
    "core/held_checks.py",
)
LOOSER = {ast.Gt: ast.GtE, ast.Lt: ast.LtE, ast.GtE: ast.Gt, ast.LtE: ast.Lt}
PLAY = (
    "import sys\n"
    "from pathlib import Path\n"
    "from tradewind.testing.scenario import read_scenario\n"
    "import tradewind.core.risk as risk\n"
    "assert risk.__file__.startswith(sys.argv[1]), risk.__file__\n"
    "for path in sorted(Path(sys.argv[2]).glob('*.txt')):\n"
    "    read_scenario(path).play()\n"
)
# At these bounds one unit more or less changes nothing that anybody could see.
SAME_EITHER_WAY = {
    "grows <= 0",  # an order that leaves the exposure as it is breaks no limit it kept
    "magnitude(resulting) <= magnitude(position)",  # the mirrored position is as large as before
    "resulting >= 0",
    "position >= 0",
    "order.limit_price > 0",  # a price of 0 is no price in either reading
    "order.stop_price > 0",
    "price > 0",
    "market.min_notional > 0",
    "order.amends > 0",
    "is_hedging",
    "0 <= share <= _SHARE_MAX",  # both ways of computing agree there: tests/core/test_shares.py
    "0 <= base <= _BASE_MAX",
    "wide * SHARE > wide_share * base",  # beyond 64 bits; the same file holds it
    "order.side < 0",  # a side is 1 or -1
    "order.quantity > _MAX",
    "price <= NOTIONAL_MAX // factor // order.quantity",  # refused by the next rule
    "quantity > _MAX",  # a position of 10^15 units is beyond 64 bits of money first
    "order.side > 0",
    "position.quantity > 0",
    "len(scope.holdings) > market.index",
    "len(state.held) >= HELD_MAX",  # ten thousand held orders make no scenario
}


class Mutant:
    """One change of one file: the text of it and a name."""

    def __init__(self, name: str, path: str, text: str) -> None:
        self.name = name
        self.path = path
        self.text = text


def mutants() -> Iterator[Mutant]:
    for path in MUTATED:
        source = (PACKAGE / path).read_text()
        yield from without_rules(path, source)
        yield from with_moved_bounds(path, source)


def without_rules(path: str, source: str) -> Iterator[Mutant]:
    """Every `return` that names a rule becomes `pass`."""
    for rule in (*RULES, *ENTRY_RULES, *FLOW_RULES):
        tree = ast.parse(source)
        found = [node for node in ast.walk(tree) if is_return_of(node, rule)]
        for number in range(len(found)):
            tree = ast.parse(source)
            node = [one for one in ast.walk(tree) if is_return_of(one, rule)][number]
            text = ast.unparse(replaced(tree, node))
            yield Mutant(f"without {rule} ({number + 1})", path, text)


def is_return_of(node: ast.AST, rule: str) -> bool:
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    return any(isinstance(one, ast.Constant) and one.value == rule for one in ast.walk(node.value))


def replaced(tree: ast.Module, target: ast.AST) -> ast.Module:
    class Replace(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.AST:
            return ast.Pass() if node is target else node

    return ast.fix_missing_locations(Replace().visit(tree))


def with_moved_bounds(path: str, source: str) -> Iterator[Mutant]:
    """Every comparison of order is moved by one: > becomes >=, and so on."""
    count = len(comparisons(ast.parse(source)))
    for number in range(count):
        tree = ast.parse(source)
        node = comparisons(tree)[number]
        before = ast.unparse(node)
        if before in SAME_EITHER_WAY:
            continue
        place = next(i for i, op in enumerate(node.ops) if type(op) in LOOSER)
        node.ops[place] = LOOSER[type(node.ops[place])]()
        yield Mutant(f"{before} moved (line {node.lineno})", path, ast.unparse(tree))


def comparisons(tree: ast.Module) -> list[ast.Compare]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and any(type(op) in LOOSER for op in node.ops)
    ]


def plays_red(mutant: Mutant, folder: Path) -> bool:
    """Whether a scenario fails with the mutant in a copy of the package."""
    target = folder / "tradewind" / mutant.path
    original = target.read_text()
    target.write_text(mutant.text)
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(folder), str(ROOT / "tests" / "scenarios")],
        env={**os.environ, "TRADEWIND_PURE": "1", "PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
    )
    target.write_text(original)
    return done.returncode != 0


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's source alone, to be changed."""
    folder = tmp_path_factory.mktemp("mutated")
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(PACKAGE, folder / "tradewind", ignore=ignored)
    return folder


@pytest.mark.long
def test_the_unchanged_copy_plays_all_scenarios(copied: Path) -> None:
    source = (PACKAGE / MUTATED[0]).read_text()
    assert not plays_red(Mutant("unchanged", MUTATED[0], source), copied)


@pytest.mark.long
@pytest.mark.parametrize("mutant", list(mutants()), ids=lambda mutant: mutant.name)
def test_a_scenario_turns_red_without_the_safeguard(mutant: Mutant, copied: Path) -> None:
    assert plays_red(mutant, copied), f"no scenario sees {mutant.name} of {mutant.path}"
