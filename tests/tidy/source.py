"""The source files of the project as the tidy tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


def functions(path: Path) -> Iterator[Function]:
    """Return every function and method of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def imported_modules(path: Path) -> Iterator[str]:
    """Return the dotted name of every import of a file, `from a import b` as both a and a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
