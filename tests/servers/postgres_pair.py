"""A primary and a synchronous standby of PostgreSQL, which can be killed, frozen and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.found import program
from tests.servers.postgres_server import OWNER, PostgresServer, new_server, psycopg

PATIENCE_S = 60.0
SYNCHRONOUS = """
synchronous_standby_names = '*'
wal_retrieve_retry_interval = 200ms
wal_receiver_timeout = 5s
"""


class PostgresPair:
    """Two servers; `standby` follows `primary`, and a commit waits for it."""

    def __init__(self) -> None:
        self.primary = new_server()
        self.standby = new_server()

    def start(self) -> None:
        self.primary.start(SYNCHRONOUS)
        with psycopg.connect(self.primary.address("postgres"), autocommit=True) as hand:
            hand.execute("SET synchronous_commit = local")
            hand.execute("ALTER SYSTEM SET synchronous_commit = 'local'")
            hand.execute("SELECT pg_reload_conf()")
        self.follow(self.standby, self.primary)
        with psycopg.connect(self.primary.address("postgres"), autocommit=True) as hand:
            hand.execute("SET synchronous_commit = local")
            hand.execute("ALTER SYSTEM RESET synchronous_commit")
            hand.execute("SELECT pg_reload_conf()")

    def follow(self, standby: PostgresServer, primary: PostgresServer) -> None:
        """Make a server a standby of another from a copy of it, and wait until it follows."""
        shutil.rmtree(standby.folder, ignore_errors=True)
        source = f"host=127.0.0.1 port={primary.port} user={OWNER}"
        command = [program("pg_basebackup", "postgresql-15"), "-d", source, "-R", "-X", "stream"]
        command += ["-D", standby.folder, "--checkpoint=fast", "--no-sync"]
        user = OWNER if os.geteuid() == 0 else None
        parent = Path(standby.folder).parent
        subprocess.run(command, user=user, cwd=parent, capture_output=True, check=True)
        standby.run()
        asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"
        ends_at = time.monotonic() + PATIENCE_S
        with psycopg.connect(primary.address("postgres"), autocommit=True) as hand:
            while hand.execute(asked).fetchone() != (1,):
                assert time.monotonic() < ends_at
                time.sleep(0.05)

    def url(self, name: str) -> str:
        """The address of a database that names both hosts."""
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://{OWNER}@{hosts}/{name}"

    def promote(self) -> None:
        """Make the standby the primary, as a cluster's manager does."""
        with psycopg.connect(self.standby.address("postgres"), autocommit=True) as hand:
            # Alone it must not wait for a standby of its own.
            hand.execute("SELECT pg_promote(true, 60)")
            hand.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            hand.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        for server in (self.standby, self.primary):
            server.signal(signal.SIGCONT)
            server.stop()


@contextmanager
def running_pair() -> Iterator[PostgresPair]:
    pair = PostgresPair()
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()
