"""Installing without a working C compiler: the same files run as plain Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = shutil.ignore_patterns("*.so", "_build_hashes.json", "__pycache__", "*.egg-info")
NO_COMPILER = {"CC": "/bin/false", "CXX": "/bin/false", "TRADEWIND_REQUIRE_COMPILED": "0"}
ASK = (
    "import tradewind; from tradewind import compiled; from tradewind.model import numbers;"
    "print(tradewind.COMPILED, compiled.stale_modules(), numbers.parse_units('1.5', 2))"
)


def fresh_sources(folder: Path) -> Path:
    """Return a copy of what a build needs, as a clone has it."""
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=BUILT)
    return folder


def fresh_environment(folder: Path) -> Path:
    """Return the Python of an environment that sees our dependencies but not our own package."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    for site in folder.glob("lib/python*/site-packages"):
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def install(python: Path, *what: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Install without asking any network."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    return subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", *what],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def answer(python: Path, folder: Path) -> str:
    """Return what the installed package says of itself."""
    environment = {name: text for name, text in os.environ.items() if name != "TRADEWIND_PURE"}
    done = subprocess.run(
        [python, "-c", ASK],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout or done.stderr


@pytest.mark.parametrize("option", [[], ["-e"]], ids=["installed", "editable"])
def test_without_a_compiler_the_package_installs_as_plain_python(
    tmp_path: Path, option: list[str]
) -> None:
    (tmp_path / "source").mkdir()
    source = fresh_sources(tmp_path / "source")
    python = fresh_environment(tmp_path / "environment")
    done = install(python, *option, str(source), **NO_COMPILER)
    assert done.returncode == 0, done.stderr
    assert answer(python, tmp_path) == "False [] 150\n"


def test_a_failed_build_is_an_error_where_a_compiled_one_is_required(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    source = fresh_sources(tmp_path / "source")
    python = fresh_environment(tmp_path / "environment")
    required = {**NO_COMPILER, "TRADEWIND_REQUIRE_COMPILED": "1"}
    assert install(python, str(source), **required).returncode != 0
