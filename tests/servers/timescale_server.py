"""A real TimescaleDB on a free loopback port, compiled to WebAssembly, as Debian has no package."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.found import end, free_port, skip

SOURCES = Path(__file__).parent / "timescale"
PATIENCE_S = 120.0


class TimescaleServer:
    """One server in memory, with one session that its connections use by turns."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run the server until it answers."""
        log = self._folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["node", "server.mjs", str(self.port)],
                cwd=_installed(), stdout=output, stderr=output,
            )  # fmt: skip
        ends_at = time.monotonic() + PATIENCE_S
        while "ready" not in log.read_text():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < ends_at, log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)


@contextmanager
def running_timescale(folder: Path) -> Iterator[TimescaleServer]:
    server = TimescaleServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _installed() -> Path:
    """The folder of the server with its one package, installed once for all runs."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip("TimescaleDB for the tests needs Node 20 or newer with npm")
    place = Path(tempfile.gettempdir()) / f"tradewind-timescale-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    for source in SOURCES.iterdir():
        shutil.copy(source, place)
    if not (place / "node_modules" / ".package-lock.json").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if done.returncode:
            skip(f"TimescaleDB for the tests could not be installed: {done.stderr[-200:]}")
    return place
