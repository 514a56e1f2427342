"""A real PostgreSQL on a free loopback port; each test gets a database of its own."""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from tests.servers.found import end, free_port, program

psycopg = pytest.importorskip("psycopg", reason="the extra [postgres] is not installed")
PATIENCE_S = 60.0
SHIPPED = Path(__file__).parents[2] / "deploy" / "postgresql" / "postgresql.conf"
OWNER = "postgres"
"""PostgreSQL refuses to run as root, so there it runs as this user of Debian's package."""


class PostgresServer:
    """One server, its data in a folder that only its owner reads."""

    def __init__(self, folder: str) -> None:
        self.port = free_port()
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def start(self, settings: str = "") -> None:
        """Make the data and run the server; `settings` go behind those we ship."""
        initdb = program("initdb", "postgresql-15")
        made = [initdb, "-D", self.folder, "-U", OWNER, "--auth=trust", "--no-sync"]
        subprocess.run(made, user=_user(), cwd="/", capture_output=True, check=True)
        with Path(self.folder, "postgresql.conf").open("a") as file:
            # Its text, as the server's user may not look into the checkout.
            file.write(SHIPPED.read_text() + settings)
        with Path(self.folder, "pg_hba.conf").open("a") as file:
            file.write("host replication all 127.0.0.1/32 trust\n")
        self.run()

    def run(self) -> None:
        """Run the server on the data that is there, until it answers."""
        command = [program("postgres", "postgresql-15"), "-D", self.folder]
        command += ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", "unix_socket_directories="]
        self._process = subprocess.Popen(
            command, user=_user(), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_at:
            try:
                psycopg.connect(self.address("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL did not answer")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to every process of it."""
        if self._process is None or self._process.poll() is not None:
            return
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        for pid in [self._process.pid, *map(int, found.stdout.split())]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def run_again(self) -> None:
        """Kill the server where it still runs, and run it on the data that is there."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self.run()

    def new_database(self) -> str:
        """Make an empty database; returns its URL as DATABASE_URL takes it."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def ask_for_password(self, user: str, password: str) -> None:
        """Make a user that gets in with a password only."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{password}'")
            access = Path(self.folder, "pg_hba.conf")
            line = f"host all {user} 127.0.0.1/32 scram-sha-256\n"
            access.write_text(line + access.read_text())
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Fast, as a smart shutdown would wait for whoever is still connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, name: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"


def _user() -> str | None:
    return OWNER if os.geteuid() == 0 else None


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """The server that all tests of this process share; each takes databases of its own."""
    yield shared_server()


@cache
def shared_server() -> PostgresServer:
    server = new_server()
    atexit.register(server.stop)
    server.start()
    return server


def new_server() -> PostgresServer:
    folder = tempfile.mkdtemp(prefix="tradewind-postgres-")
    if os.geteuid() == 0:
        program("postgres", "postgresql-15")  # Installing the package makes the user.
        os.chown(folder, pwd.getpwnam(OWNER).pw_uid, -1)
    return PostgresServer(folder)
