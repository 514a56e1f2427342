"""A real PostgreSQL on a free loopback port; each test gets a database of its own."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.found import end, free_port, program

psycopg = pytest.importorskip("psycopg", reason="the extra [postgres] is not installed")
PATIENCE_S = 60.0
OWNER = "postgres"
"""PostgreSQL refuses to run as root, so there it runs as this user of Debian's package."""


class PostgresServer:
    """One server, its data in a folder that only its owner reads."""

    def __init__(self, folder: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def start(self) -> None:
        user = OWNER if os.geteuid() == 0 else None
        initdb = program("initdb", "postgresql-15")
        made = [initdb, "-D", self._folder, "-U", OWNER, "--auth=trust", "--no-sync"]
        subprocess.run(made, user=user, cwd="/", capture_output=True, check=True)
        command = [program("postgres", "postgresql-15"), "-D", self._folder]
        command += ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", "unix_socket_directories=", "-c", "max_connections=200"]
        self._process = subprocess.Popen(
            command, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_at:
            try:
                psycopg.connect(self._address("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL did not answer")

    def new_database(self) -> str:
        """Make an empty database; returns its URL as DATABASE_URL takes it."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)

    def _address(self, name: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    folder = tempfile.mkdtemp(prefix="tradewind-postgres-")
    if os.geteuid() == 0:
        program("postgres", "postgresql-15")  # Installing the package makes the user.
        os.chown(folder, pwd.getpwnam(OWNER).pw_uid, -1)
    server = PostgresServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
