"""A real PgBouncer with the shipped configuration, and HAProxy before it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.found import end, free_port, program
from tests.servers.postgres_server import OWNER, PostgresServer

SHIPPED = Path(__file__).parents[2] / "deploy" / "postgresql"
PATIENCE_S = 30.0
SETTING = re.compile(r"^(\*|listen_port|auth_type|auth_file) = .*$", re.MULTILINE)
BALANCER = """
global
    maxconn 200
defaults
    mode tcp
    timeout connect 1s
    timeout client 30m
    timeout server 30m
listen primary
    bind 127.0.0.1:{port}
    server pooler 127.0.0.1:{pooler}
"""


@contextmanager
def running_pooler(server: PostgresServer) -> Iterator[int]:
    """PgBouncer before a server; gives its port."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="tradewind-pooler-"))
    users, settings = folder / "users", folder / "pgbouncer.ini"
    users.write_text(f'"{OWNER}" ""\n')
    given = {
        "*": f"host=127.0.0.1 port={server.port}",
        "listen_port": str(port),
        "auth_type": "trust",
        "auth_file": str(users),
    }
    shipped = (SHIPPED / "pgbouncer.ini").read_text()
    settings.write_text(SETTING.sub(lambda found: f"{found[1]} = {given[found[1]]}", shipped))
    with serving([program("pgbouncer", "pgbouncer"), str(settings)], folder, port):
        yield port


@contextmanager
def running_balancer(pooler: int) -> Iterator[int]:
    """HAProxy before another port; gives its own."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="tradewind-balancer-"))
    settings = folder / "haproxy.cfg"
    settings.write_text(BALANCER.format(port=port, pooler=pooler))
    with serving([program("haproxy", "haproxy"), "-db", "-f", str(settings)], folder, port):
        yield port


@contextmanager
def serving(
    command: list[str], folder: Path, port: int, settings: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server in the foreground as a user without rights, its folder removed behind it."""
    user = OWNER if os.geteuid() == 0 else None
    if user is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, user=user, cwd="/", stdout=output, stderr=output,
            env={**os.environ, **(settings or {})},
        )  # fmt: skip
    try:
        wait_for_port(port, process, log)
        yield process
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
