"""Rules of the code that no linter knows: borders, purity, exact money, fakes instead of mocks."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.tidy import source

PURE_LAYERS = ("model", "signals", "core", "sim", "analysis", "strategies")
# What reaches outside, tells the time, draws chance or writes a log.
IMPURE_MODULES = {
    "aiohttp", "asyncio", "duckdb", "glob", "http", "io", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "shutil", "signal", "socket", "sqlite3", "subprocess",
    "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
# The borders at which any failure is caught. Each file says above the line why.
CATCHES_EVERYTHING = {
    "setup.py",
    "src/tradewind/core/callbacks.py",  # the strategy callback
}
# Money passes here as integers; a float literal would be a mistake.
EXACT_FILES = ("model/numbers", "core/positions", "core/ledger", "core/book", "core/exposure")
SENTENCE_WORDS_MIN = 3
REFUSED_ARGUMENTS = {"cfg", "mgr", "amt", "qty", "px", "ts", "msg", "evt", "tmp", "val", "num"}
VENDORS_MAY_SHARE = {"net", "sql"}

all_files = source.of_each(source.python_files)
of_package = source.of_each(source.package_files)


@all_files
def test_only_the_borders_catch_everything(path: Path) -> None:
    catches = any(map(catches_everything, source.nodes(path)))
    assert not catches or source.name(path) in CATCHES_EVERYTHING


@of_package
def test_the_pure_layers_touch_nothing_outside(path: Path) -> None:
    if path.relative_to(source.PACKAGE).parts[0] in PURE_LAYERS:
        imported = {module.partition(".")[0] for module in source.imported_modules(path)}
        assert imported & IMPURE_MODULES == set()


@of_package
def test_exact_files_have_no_float_literals(path: Path) -> None:
    if not path.relative_to(source.PACKAGE).as_posix().startswith(EXACT_FILES):
        return
    constants = (node for node in source.nodes(path) if isinstance(node, ast.Constant))
    assert [node.lineno for node in constants if isinstance(node.value, float)] == []


@of_package
def test_nothing_inside_imports_the_public_table(path: Path) -> None:
    names = {alias.name for node in package_imports(path) for alias in node.names}
    assert names <= {"compiled", "version"}
    assert "tradewind" not in set(plain_imports(path))


@all_files
def test_no_file_uses_mocks(path: Path) -> None:
    imported = set(source.imported_modules(path))
    assert not {module for module in imported if "mock" in module.lower().split(".")}


@of_package
def test_vendors_do_not_know_each_other(path: Path) -> None:
    parts = path.relative_to(source.PACKAGE).parts
    if parts[0] != "adapters" or len(parts) < 3:
        return
    adapters = {
        module.split(".")[2]
        for module in source.imported_modules(path)
        if module.startswith("tradewind.adapters.")
    }
    assert adapters - VENDORS_MAY_SHARE - {parts[1]} == set()


@all_files
def test_the_name_of_a_test_is_a_sentence(path: Path) -> None:
    names = [node.name for node in source.functions(path) if node.name.startswith("test_")]
    assert [name for name in names if name.count("_") < SENTENCE_WORDS_MIN] == []


@of_package
def test_arguments_have_full_names(path: Path) -> None:
    nodes = (node for node in source.nodes(path) if isinstance(node, ast.arg))
    assert [node.lineno for node in nodes if node.arg in REFUSED_ARGUMENTS] == []


def catches_everything(node: ast.AST) -> bool:
    """True for `except:`, `except Exception` and `except BaseException`, alone or in a tuple."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = {"Exception", "BaseException"}
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in broad) for kind in types)


def package_imports(path: Path) -> list[ast.ImportFrom]:
    """Return the `from tradewind import ...` lines of a file."""
    return [
        node
        for node in source.nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "tradewind"
    ]


def plain_imports(path: Path) -> list[str]:
    """Return the names of the `import ...` lines of a file."""
    nodes = (node for node in source.nodes(path) if isinstance(node, ast.Import))
    return [alias.name for node in nodes for alias in node.names]
