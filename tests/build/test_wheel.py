"""The wheel: every file of the package is in it, and its hot modules are compiled."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.build.test_fallback import ROOT, fresh_sources
from tradewind import compiled

PACKAGED = ("*.py", "*.pxd", "*.pyi", "py.typed")


def built_wheel(folder: Path) -> zipfile.ZipFile:
    (folder / "source").mkdir()
    source = fresh_sources(folder / "source")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder, source], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.long
def test_a_wheel_has_every_file_and_its_hot_modules_compiled(tmp_path: Path) -> None:
    names = set(built_wheel(tmp_path).namelist())
    files = {path for pattern in PACKAGED for path in (ROOT / "src").rglob(pattern)}
    assert {path.relative_to(ROOT / "src").as_posix() for path in files} <= names
    extensions = {name.partition(".")[0].replace("/", ".") for name in names if ".so" in name}
    assert extensions == {compiled.SHARED_MODULE, *compiled.hot_modules()}
    assert f"tradewind/{compiled.HASHES_FILE}" in names
