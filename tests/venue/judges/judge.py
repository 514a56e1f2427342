"""Foreign clients as judges, unmodified, each in an environment of its own."""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = ROOT / "build" / "judges"
INSTALL_DEADLINE_S = 480
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Temporary failure in name|Connection refused"
    r"|Network is unreachable|Could not fetch URL|No route to host|Connection broken"
)
"""What pip says where there is no network; any other failure is one of the test."""
VERDICT_DEADLINE_S = 400
CCXT = ("ccxt==4.5.90", "numpy", "msgspec", "pytest")
"""What the judges over ccxt and the adapter's tests need: one environment, as ccxt is large."""


def foreign_python(*requirements: str) -> str:
    """The Python of an environment with these packages, made on first use and kept in build/.

    The first package names the environment.

    Where they cannot be had (no network), the test is skipped and says so.
    """
    name = requirements[0].partition("==")[0]
    folder = ENVIRONMENTS / name
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    python, note = folder / "bin" / "python", folder / "requirements.txt"
    with (ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists() or note.read_text() != "\n".join(requirements):
            venv.create(folder, clear=True)  # our pip fills it: one of its own takes seconds
            command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
            command += ["--no-compile", *requirements]  # most modules are never imported
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=INSTALL_DEADLINE_S, check=False
            )
            if done.returncode and UNREACHABLE.search(done.stderr):
                pytest.skip(f"{name} cannot be installed here: {done.stderr[-300:]}")
            assert done.returncode == 0, done.stderr[-2_000:]
            note.write_text("\n".join(requirements))
    return str(python)


@contextlib.contextmanager
def local_venue(name: str, *options: str) -> Iterator[dict[str, Any]]:
    """`tradewind venue NAME` on a free port; what it says of itself: url, ws_url, accounts."""
    command = [sys.executable, "-m", "tradewind", "venue", name, "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def account(about: dict[str, Any], name: str) -> dict[str, str]:
    """The keys of an account."""
    return next(each for each in about["accounts"] if each["name"] == name)


def verdict(python: str, script: str, *arguments: str) -> dict[str, Any]:
    """What a judge's script prints as its last line, as JSON."""
    path = Path(__file__).parent / "scripts" / script
    done = subprocess.run(
        [python, str(path), *arguments],
        capture_output=True, text=True, timeout=VERDICT_DEADLINE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-4_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
