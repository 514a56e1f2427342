"""The source files of the project as the tidy tests read them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tradewind"
FOLDERS = ("src", "tests", "scripts", "benchmarks", "examples")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files() -> list[Path]:
    """Return every Python file of ours, sorted."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return sorted([ROOT / "setup.py", *found])


@cache
def package_files() -> list[Path]:
    """Return every Python file of the package, sorted."""
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    """Return a file's path as the tests show it."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return every node of a file."""
    return list(ast.walk(tree(path)))


@cache
def functions(path: Path) -> list[Function]:
    """Return every function and method of a file."""
    return [node for node in nodes(path) if isinstance(node, Function)]


@cache
def imported_modules(path: Path) -> frozenset[str]:
    """Return the dotted name of every import of a file, `from a import b` as both a and a.b."""
    return frozenset(_imported(path))


def of_each(paths: Callable[[], list[Path]]) -> Callable[[Callable[[Path], None]], Any]:
    """Make the check of one file a test of all of them, which names each file that fails it.

    One test for all, since a test a file takes longer than all checks of the file.
    """

    def decorate(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            faults = {}
            for path in paths():
                try:
                    check(path)
                except AssertionError as error:
                    faults[name(path)] = str(error)
            lines = [f"{file}: {why}" for file, why in faults.items()]
            if lines:
                pytest.fail("\n".join(lines), pytrace=False)

        test.__name__, test.__module__ = check.__name__, check.__module__
        return test

    return decorate


def _imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
