"""A primary of Redis with a replica and three Sentinels that watch it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.certificates import Certificates
from tests.servers.found import end, free_port, program
from tests.servers.link import Link
from tests.servers.redis_server import RedisServer, redis

PATIENCE_S = 60.0
WATCHING = """
{listening}
bind 127.0.0.1
dir {folder}
sentinel monitor desk 127.0.0.1 {primary} 2
sentinel down-after-milliseconds desk 500
sentinel failover-timeout desk 3000
sentinel parallel-syncs desk 1
"""


class WatchedRedis:
    """The two servers and their Sentinels; with certificates all of them speak TLS alone."""

    def __init__(self, folder: Path, certificates: Certificates | None = None) -> None:
        self._folder = folder
        self._certificates = certificates
        (folder / "primary").mkdir()
        (folder / "replica").mkdir()
        self.primary = RedisServer(folder / "primary")
        self.replica = RedisServer(folder / "replica")
        self.links = [Link(server.port) for server in (self.primary, self.replica)]
        """Sentinels, clients and the other server reach the two over these."""
        self.ports = [free_port() for _ in range(3)]
        self._sentinels: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        if self._certificates is None:
            return f"redis+sentinel://{hosts}/desk/0"
        return f"rediss+sentinel://{hosts}/desk/0?{self._asked()}"

    def start(self) -> None:
        for link in self.links:
            link.start()
        first, second = (link.port for link in self.links)
        for server in (self.primary, self.replica):
            if self._certificates is not None:
                server.url = f"rediss://127.0.0.1:{server.port}/0?{self._asked()}"
        self.primary.start(*_announced(first), *self._listening(self.primary.port))
        self.replica.start(
            "--replicaof", "127.0.0.1", str(first), *_announced(second),
            *self._listening(self.replica.port),
        )  # fmt: skip
        for port in self.ports:
            settings = self._folder / f"{port}.conf"
            words = iter(self._listening(port) or ("--port", str(port)))
            lines = "\n".join(f"{word[2:]} {next(words)}" for word in words)
            settings.write_text(
                WATCHING.format(listening=lines, folder=self._folder, primary=self.links[0].port)
            )
            command = [program("redis-server", "redis-server"), str(settings), "--sentinel"]
            self._sentinels.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        self.wait_until(self._knows_all)

    def primary_port(self) -> int:
        """The port of the primary as the first Sentinel knows it."""
        with self._sentinel(self.ports[0]) as client:
            return int(client.sentinel_get_master_addr_by_name("desk")[1])

    def wait_until(self, is_so: object) -> None:
        assert callable(is_so)
        ends_at = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < ends_at
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self._sentinels:
            end(process)
        self.replica.stop()
        self.primary.stop()
        for link in self.links:
            link.stop()

    def _sentinel(self, port: int) -> Any:
        secure = {} if self._certificates is None else {"ssl": True, **self._files()}
        return redis.Redis(port=port, host="127.0.0.1", socket_timeout=2, **secure)

    def _files(self) -> dict[str, str]:
        assert self._certificates is not None
        authority, certificate, key = map(str, self._certificates)
        return {"ssl_ca_certs": authority, "ssl_certfile": certificate, "ssl_keyfile": key}

    def _asked(self) -> str:
        return "&".join(f"{name}={path}" for name, path in self._files().items())

    def _listening(self, port: int) -> tuple[str, ...]:
        """What makes a server speak TLS alone, to clients and to the other servers."""
        if self._certificates is None:
            return ()
        authority, certificate, key = map(str, self._certificates)
        return (
            "--port", "0", "--tls-port", str(port), "--tls-replication", "yes",
            "--tls-ca-cert-file", authority, "--tls-cert-file", certificate,
            "--tls-key-file", key,
        )  # fmt: skip

    def _knows_all(self) -> bool:
        try:
            for port in self.ports:
                with self._sentinel(port) as client:
                    state = client.sentinel_master("desk")
                if (state["num-other-sentinels"], state["num-slaves"]) != (2, 1):
                    return False
        except redis.RedisError:
            return False
        return True


def _announced(port: int) -> tuple[str, ...]:
    return ("--replica-announce-ip", "127.0.0.1", "--replica-announce-port", str(port))


@contextmanager
def running_sentinels(
    folder: Path, certificates: Certificates | None = None
) -> Iterator[WatchedRedis]:
    watched = WatchedRedis(folder, certificates)
    try:
        watched.start()
        yield watched
    finally:
        watched.stop()
