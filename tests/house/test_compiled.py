"""The hot modules: found by their .pxd, compiled from the source that lies here."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import tradewind
from tradewind import Instrument, compiled
from tradewind.core.orders import new_order
from tradewind.core.reports import execution
from tradewind.core.target import new_target
from tradewind.model.market import bar_of, quote_of, trade_of


def made_package(folder: Path) -> Path:
    package = folder / "tradewind"
    (package / "core").mkdir(parents=True)
    (package / "core" / "book.py").write_text('"""A book."""\n')
    (package / "core" / "book.pxd").write_text("from tradewind.core.level cimport Level\n")
    (package / "core" / "level.py").write_text('"""A level."""\n')
    (package / "core" / "level.pxd").write_text("cdef class Level: pass\n")
    (package / "core" / "cold.py").write_text('"""Plain."""\n')
    return package


def build(package: Path, module: str) -> None:
    name = module.rpartition(".")[2]
    (package / "core" / (name + EXTENSION_SUFFIXES[0])).write_bytes(b"")
    hashes = {**compiled.recorded_hashes(package), module: compiled.source_hash(module, package)}
    text = "{" + ",".join(f'"{key}": "{value}"' for key, value in hashes.items()) + "}"
    (package / compiled.HASHES_FILE).write_text(text)


def test_no_compiled_module_is_stale() -> None:
    assert compiled.stale_modules() == [], "run scripts/test, which compiles again"


def test_hot_modules_are_those_with_a_pxd_beside_them(tmp_path: Path) -> None:
    package = made_package(tmp_path)
    (package / "core" / "only_types.pxd").write_text("ctypedef int small\n")
    assert compiled.hot_modules(package) == ["tradewind.core.book", "tradewind.core.level"]


def test_a_fresh_build_is_not_stale(tmp_path: Path) -> None:
    package = made_package(tmp_path)
    build(package, "tradewind.core.book")
    assert compiled.stale_modules(package) == []


def test_an_edited_source_makes_its_module_stale(tmp_path: Path) -> None:
    package = made_package(tmp_path)
    build(package, "tradewind.core.book")
    (package / "core" / "book.py").write_text('"""Another book."""\n')
    assert compiled.stale_modules(package) == ["tradewind.core.book"]


def test_an_edited_pxd_makes_the_modules_that_cimport_it_stale(tmp_path: Path) -> None:
    package = made_package(tmp_path)
    build(package, "tradewind.core.book")
    (package / "core" / "level.pxd").write_text("cdef class Level: cdef int size\n")
    assert compiled.stale_modules(package) == ["tradewind.core.book"]


def test_a_compiled_file_without_a_pxd_is_stale(tmp_path: Path) -> None:
    package = made_package(tmp_path)
    build(package, "tradewind.core.cold")
    assert compiled.stale_modules(package) == ["tradewind.core.cold"]


def test_a_module_without_a_compiled_file_is_never_stale(tmp_path: Path) -> None:
    assert compiled.stale_modules(made_package(tmp_path)) == []


def test_pure_imports_take_the_source_file() -> None:
    code = (
        "import importlib, tradewind\n"
        "from tradewind import compiled\n"
        "files = [importlib.import_module(name).__file__ for name in compiled.hot_modules()]\n"
        "assert all(file.endswith('.py') for file in files), files\n"
        "assert tradewind.COMPILED is False\n"
    )
    environment = {**os.environ, "TRADEWIND_PURE": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_the_collector_need_not_walk_what_is_made_for_each_row_and_order() -> None:
    goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    made = [
        bar_of(goog, 0, 1, 1, 1, 1, 1, 1),
        trade_of(goog, 0, 1, 1, 1),
        quote_of(goog, 0, 1, 1, 2, 1),
        new_order("j0-cross-1", 0, 0, 0, 1, 1),
        new_target(0, "j0-cross-1", 0, 0, 1, 1, 1, 0),
        execution(0, "j0-cross-1", "f1", 1, 1, 0, "USD", 1),
    ]
    assert [gc.is_tracked(one) for one in made] == [not tradewind.COMPILED] * len(made)
