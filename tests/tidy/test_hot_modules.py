"""Hot modules keep to what compiles well and means the same as plain Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.tidy import source

HOT = [path for path in source.package_files() if path.with_suffix(".pxd").exists()]
# Cython gives these an object of their own at each call, or gives up its C types inside them.
SLOW_KINDS = (
    ast.Lambda, ast.FunctionDef, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Await,
)  # fmt: skip
SETTLED = {"Struct", "NamedTuple", "IntEnum", "IntFlag", "Enum", "Exception"}
"""Bases that settle the layout of a class themselves."""

of_hot_modules = source.of_each(lambda: HOT)


@of_hot_modules
def test_functions_with_c_types_have_no_generators_and_no_closures(path: Path) -> None:
    declared = set(re.findall(r"(\w+)\(", path.with_suffix(".pxd").read_text()))
    typed = [node for node in source.functions(path) if node.name in declared]
    inner = (node for function in typed for node in list(ast.walk(function))[1:])
    assert [node.lineno for node in inner if isinstance(node, SLOW_KINDS)] == []


@of_hot_modules
def test_the_classes_of_a_hot_module_have_slots(path: Path) -> None:
    classes = (node for node in source.tree(path).body if isinstance(node, ast.ClassDef))
    assert [node.name for node in classes if not is_slotted(node)] == []


@of_hot_modules
def test_a_hot_module_imports_no_numpy_types_into_its_pxd(path: Path) -> None:
    assert "numpy" not in path.with_suffix(".pxd").read_text()


def is_slotted(node: ast.ClassDef) -> bool:
    """True with `__slots__`, or with a base that settles the layout itself."""
    names = [name for line in node.body if isinstance(line, ast.Assign) for name in line.targets]
    has_slots = any(isinstance(name, ast.Name) and name.id == "__slots__" for name in names)
    bases = {base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases}
    return has_slots or bool(bases & SETTLED)
