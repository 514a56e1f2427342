"""The scans of scripts/check find what they should, with the settings that we use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DANGEROUS = '''"""Does what nobody should."""
import hashlib
import pickle
import subprocess


def act(text: str) -> object:
    """Do it."""
    subprocess.run(text, shell=True)
    hashlib.md5(text.encode())
    pickle.loads(text.encode())
    return eval(text)
'''


def test_the_linter_of_security_finds_what_it_should(tmp_path: Path) -> None:
    pytest.importorskip("bandit")
    path = tmp_path / "dangerous.py"
    path.write_text(DANGEROUS)
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert all(code in done.stdout for code in ("B602", "B324", "B301", "B307"))


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    pytest.importorskip("detect_secrets")
    path = tmp_path / "settings.py"
    key = "AKIA" + "IOSFODNN7EXAMPLQ"
    path.write_text(f'KEY = "{key}"\n')
    scan = [sys.executable, "-m", "detect_secrets.pre_commit_hook"]
    scan += ["--baseline", ".secrets.baseline"]
    done = subprocess.run([*scan, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "AWS Access Key" in done.stdout) == (1, True), done.stdout
    path.write_text('KEY = "see the vault"\n')
    done = subprocess.run([*scan, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
