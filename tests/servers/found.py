"""Real servers for tests: found, or installed where we may, else the test is skipped by name."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

PLACES = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
INSTALL_S = 240
WITHOUT_SERVERS = "TRADEWIND_WITHOUT_SERVERS"
"""Set it to skip what needs a server that is not there, instead of installing it."""


REQUIRE_SERVERS = "TRADEWIND_REQUIRE_SERVERS"
"""Set by `scripts/test --require-servers`."""


@cache
def program(name: str, package: str) -> str:
    """The path of a server's program; skips the test where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *PLACES])
    found = shutil.which(name, path=path)
    if found is None and os.geteuid() == 0 and not os.environ.get(WITHOUT_SERVERS):
        with _one_at_a_time():
            if shutil.which(name, path=path) is None:
                _install(package)
        found = shutil.which(name, path=path)
    if found is None:
        skip(f"{name} is not installed: apt-get install {package}")
    return found


def skip(sentence: str) -> NoReturn:
    """Skip a test by name; where servers are required it fails instead."""
    if os.environ.get(REQUIRE_SERVERS):
        pytest.fail(f"{sentence} ({REQUIRE_SERVERS} is set)", pytrace=False)
    pytest.skip(sentence)


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server, by force where it does not listen."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the other test processes back: apt gives up where another one fetches its lists."""
    with (Path(tempfile.gettempdir()) / "tradewind-tests-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(package: str) -> None:
    if not Path("/etc/debian_version").exists():
        return
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-o", "DPkg::Lock::Timeout=200", "install", "-y", "-q"]
    for command in (["apt-get", "update", "-q"], [*install, "--no-install-recommends", package]):
        subprocess.run(command, env=settings, capture_output=True, timeout=INSTALL_S, check=False)
