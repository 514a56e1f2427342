"""The scripts: plain sh, each says what it does, and says what is missing."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    path
    for path in sorted((ROOT / "scripts").iterdir())
    if path.is_file() and os.access(path, os.X_OK)
]
TOOLS = ("cat", "cut", "dirname", "grep", "sh", "sha256sum")

OLD_PYTHON = "#!/bin/sh\nexit 1\n"
PYTHON_WITHOUT_VENV = """#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.11 ;; esac
"""

changed = runpy.run_path(str(ROOT / "scripts" / "changed_tests.py"))
audit = runpy.run_path(str(ROOT / "scripts" / "audit_packages.py"))
bench = runpy.run_path(str(ROOT / "scripts" / "bench_table.py"))


def run_on_a_bare_machine(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/start in a fresh checkout where only this `python3` is installed."""
    shutil.copytree(ROOT / "scripts", folder / "checkout" / "scripts")
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, folder / "checkout" / name)
    (folder / "bin").mkdir()
    for tool in TOOLS:
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    (folder / "bin" / "python3").write_text(python)
    (folder / "bin" / "python3").chmod(0o755)
    return subprocess.run(
        [folder / "checkout" / "scripts" / "start"],
        env={"PATH": str(folder / "bin")}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_without_a_new_enough_python_the_command_that_brings_it_is_told(tmp_path: Path) -> None:
    done = run_on_a_bare_machine(tmp_path, OLD_PYTHON)
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing. This brings it: sudo apt-get" in done.stderr


def test_without_the_venv_module_the_command_that_brings_it_is_told(tmp_path: Path) -> None:
    done = run_on_a_bare_machine(tmp_path, PYTHON_WITHOUT_VENV)
    assert done.returncode == 1
    assert done.stderr.endswith("sudo apt-get install -y python3.11-venv\n")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_sh_and_says_what_it_does(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1].startswith("# ")
    assert any(line.startswith(f'say "{script.name}: ') for line in lines)
    subprocess.run(["sh", "-n", script], check=True)


def test_a_changed_module_runs_the_tests_of_its_package_and_of_its_users() -> None:
    chosen = changed["changed_tests"](["src/tradewind/model/errors.py"])
    assert {"tests/model", "tests/cli", "tests/tidy"} <= set(chosen)


def test_a_changed_test_runs_and_a_deleted_one_does_not() -> None:
    chosen = changed["changed_tests"](["tests/house/test_scripts.py", "tests/cli/test_gone.py"])
    assert "tests/house/test_scripts.py" in chosen
    assert "tests/cli/test_gone.py" not in chosen


def test_a_changed_build_is_tried_without_a_compiler() -> None:
    assert "tests/build" in changed["changed_tests"](["setup.py"])


def test_the_audit_counts_vulnerable_and_skipped_packages_as_faults() -> None:
    packages = [
        {"name": "sound", "version": "1", "vulns": []},
        {"name": "weak", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]},
        {"name": "hidden", "skip_reason": "not found"},
    ]
    assert audit["faults_of"](packages) == [
        "weak 2: CVE-1, mended in 3",
        "hidden: not asked about: not found",
    ]


def test_a_failed_benchmark_shows_as_failed() -> None:
    assert bench["row"]("loop", None) == "| loop | failed | | | | | | | |\n"
