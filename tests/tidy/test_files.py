"""Files: how long they may be, what they may be called, what they begin with, that all are used."""

from __future__ import annotations

import ast
import statistics
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.tidy import source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN_MAX = 10
REFUSED_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "base_utils", "stuff"}

by_name = source.of_each(source.python_files)
of_package = source.of_each(source.package_files)

# Run by a person or a launcher, not imported.
ENTRIES = {
    "tradewind.__main__",
    "tradewind.cli.job_process",
    "tradewind.cli.main",
    "tradewind.wiring.gateway",
}
MIGRATIONS = "tradewind.adapters.sql.migrations."
"""Alembic finds these by their place."""


@by_name
def test_a_file_is_short_enough_to_own_one_noun(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES_MAX


@by_name
def test_a_function_fits_on_a_screen(path: Path) -> None:
    lengths = {node.name: lines_of(node) for node in source.functions(path)}
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES_MAX} == {}


def test_the_median_function_is_under_ten_lines() -> None:
    lengths = [lines_of(node) for path in source.package_files() for node in source.functions(path)]
    assert statistics.median(lengths) < FUNCTION_LINES_MEDIAN_MAX


@by_name
def test_a_file_is_named_after_what_it_owns(path: Path) -> None:
    assert path.stem not in REFUSED_NAMES


@by_name
def test_a_file_says_in_its_first_line_what_it_owns(path: Path) -> None:
    text = path.read_text()
    first_line = (ast.get_docstring(source.tree(path)) or "").partition("\n")[0]
    assert text == "" or (first_line.endswith(".") and text.startswith('"""')), first_line


@of_package
def test_a_module_is_used_by_another(path: Path) -> None:
    module = source.module_name(path)
    if module in ENTRIES or module in named_in_tables() or module.startswith(MIGRATIONS):
        return
    if path.name == "__init__.py":
        return
    assert importers()[module] - {path}


@cache
def importers() -> dict[str, set[Path]]:
    """Return the files that import a module, by its dotted name."""
    found: dict[str, set[Path]] = defaultdict(set)
    for path in source.python_files():
        for module in source.imported_modules(path):
            found[module].add(path)
    return found


@cache
def named_in_tables() -> set[str]:
    """Return the modules that a lazy table names: public names, commands, strategies."""
    import tradewind
    from tradewind.cli.commands import COMMANDS
    from tradewind.strategies.library import LIBRARY
    from tradewind.venue.catalog import VENUES
    from tradewind.wiring.secret_sources import MODULES

    public = {target.partition(":")[0] for target in tradewind.NAMES.values()}
    commands = {f"tradewind.cli.commands.{name.replace('-', '_')}" for name in COMMANDS}
    strategies = {target.partition(":")[0] for target in LIBRARY.values()}
    venues = {target.partition(":")[0] for target, _ in VENUES.values()}
    return public | commands | strategies | venues | set(MODULES.values())


def lines_of(node: source.Function) -> int:
    """Return the length of a function without its docstring."""
    documented = ast.get_docstring(node) is not None
    docstring = node.body[0].end_lineno - node.body[0].lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - docstring
