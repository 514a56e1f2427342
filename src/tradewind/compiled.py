"""The hot modules: which there are, whether they run as C, and whether that C is up to date.

A hot module is an ordinary `X.py` with an `X.pxd` beside it. The build compiles it where a C
compiler is; elsewhere the same file runs as it is. `TRADEWIND_PURE=1` makes Python pass over
compiled files, so that one checkout can run both ways. The build reads this file by its path, so it
imports nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from types import ModuleType

HASHES_FILE = "_build_hashes.json"
SHARED_MODULE = "tradewind._cython_shared"
"""What Cython adds to every compiled module: compiled once, imported by all, without a source."""
PACKAGE_FOLDER = Path(__file__).parent
_CIMPORT = re.compile(
    r"^\s*(?:from\s+(tradewind[\w.]*)\s+cimport|cimport\s+(tradewind[\w.]*))", re.M
)


def is_compiled() -> bool:
    """True when there are hot modules and each of them runs as C."""
    modules = hot_modules()
    return bool(modules) and not is_plain_asked() and all(map(_has_extension, modules))


def hot_modules(package: Path = PACKAGE_FOLDER) -> list[str]:
    """Return the dotted names of all modules with a `.pxd` beside them, sorted."""
    declarations = (path.relative_to(package) for path in package.rglob("*.pxd"))
    return sorted(
        ".".join((package.name, *path.with_suffix("").parts))
        for path in declarations
        if (package / path).with_suffix(".py").exists()
    )


def stale_modules(package: Path = PACKAGE_FOLDER) -> list[str]:
    """Return the modules whose compiled file was built from another source than lies here.

    So is a compiled file whose module is no longer hot. What runs as plain Python is never stale.
    """
    recorded = recorded_hashes(package)
    hot = set(hot_modules(package))
    built = {_module_of(path, package) for path in package.rglob("*.so")}
    return sorted(
        name
        for name in built - {SHARED_MODULE}
        if name not in hot or recorded.get(name) != source_hash(name, package)
    )


def source_hash(module: str, package: Path = PACKAGE_FOLDER) -> str:
    """Return the sha256 of a hot module's `.py` and of every `.pxd` that its C types come from."""
    digest = hashlib.sha256(_file(module, ".py", package).read_bytes())
    for name in sorted(_declarations(module, package)):
        digest.update(_file(name, ".pxd", package).read_bytes())
    return digest.hexdigest()


def recorded_hashes(package: Path = PACKAGE_FOLDER) -> dict[str, str]:
    """Return module -> source hash as the last build wrote them; empty before the first."""
    try:
        recorded = json.loads((package / HASHES_FILE).read_text())
    except FileNotFoundError:
        return {}
    return {str(name): str(value) for name, value in recorded.items()}


def is_plain_asked() -> bool:
    """True when `TRADEWIND_PURE=1` asks for the plain Python files."""
    return os.environ.get("TRADEWIND_PURE") == "1"


def prefer_plain_if_asked() -> None:
    """Make imports below `tradewind` take the `.py` file even with a compiled one beside it."""
    if is_plain_asked() and not any(isinstance(finder, _PlainFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _PlainFinder())


class _PlainFinder(MetaPathFinder):
    """Finds modules below `tradewind` by their source files only."""

    def __init__(self) -> None:
        self._finders: dict[str, FileFinder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith("tradewind."):
            return None
        specs = (self._finder(folder).find_spec(fullname) for folder in path)
        return next((spec for spec in specs if spec is not None), None)

    def _finder(self, folder: str) -> FileFinder:
        if folder not in self._finders:
            self._finders[folder] = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))
        return self._finders[folder]

    def invalidate_caches(self) -> None:
        for finder in self._finders.values():
            finder.invalidate_caches()


def _declarations(module: str, package: Path) -> set[str]:
    """Return the module and all hot modules that its `.pxd` cimports, at whatever remove."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or not _file(name, ".pxd", package).exists():
            continue
        found.add(name)
        text = _file(name, ".pxd", package).read_text()
        waiting.extend(first or second for first, second in _CIMPORT.findall(text))
    return found


def _file(module: str, suffix: str, package: Path) -> Path:
    return package.joinpath(*module.split(".")[1:]).with_suffix(suffix)


def _module_of(extension: Path, package: Path) -> str:
    folder = extension.relative_to(package).parent
    return ".".join((package.name, *folder.parts, extension.name.partition(".")[0]))


def _has_extension(module: str, package: Path = PACKAGE_FOLDER) -> bool:
    stem = _file(module, "", package)
    return any(stem.with_name(stem.name + suffix).exists() for suffix in EXTENSION_SUFFIXES)
