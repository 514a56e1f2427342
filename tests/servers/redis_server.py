"""A real Redis on a free loopback port."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.found import end, free_port, program

redis = pytest.importorskip("redis", reason="the extra [redis] is not installed")
PATIENCE_S = 30.0
SHIPPED = Path(__file__).parents[2] / "deploy" / "redis" / "redis.conf"


class RedisServer:
    """One server; it can be stopped or killed, and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Run the server with the settings that we ship."""
        settings = self._folder / "redis.conf"
        settings.write_text(SHIPPED.read_text())  # a copy: Sentinels let it be written anew
        command = [program("redis-server", "redis-server"), str(settings), "--port", str(self.port)]
        command += ["--bind", "127.0.0.1", "--dir", str(self._folder), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        ends_at = time.monotonic() + PATIENCE_S
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < ends_at:
                try:
                    client.ping()
                except redis.ConnectionError:
                    time.sleep(0.02)
                else:
                    return
        raise AssertionError("Redis did not answer")

    def kill(self) -> None:
        """End it as a lost machine does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

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
        self._process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
