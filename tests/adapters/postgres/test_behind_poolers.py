"""Journal and records keep their suites through HAProxy and PgBouncer in transaction mode."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Engine

from tests.servers.pooler import running_balancer, running_pooler
from tests.servers.postgres_server import OWNER, PostgresServer, running_postgres
from tradewind.adapters.postgres.journal import PostgresJournal, open_journal
from tradewind.adapters.sql.database import open_database
from tradewind.adapters.sql.records import COPY_ROWS_MIN, SqlRecords
from tradewind.ports.records import BalanceRow
from tradewind.testing.journal_suite import JournalSuite, append, ticks
from tradewind.testing.records_suite import RecordsSuite, balance

POOLED_MAX = 25
"""What the shipped pool and its reserve have together."""
NAMES = (f"t{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def url(server: PostgresServer) -> Iterator[str]:
    """A new database as it is reached through both."""
    name = server.new_database().rpartition("/")[2]
    with running_pooler(server) as pooler, running_balancer(pooler) as port:
        yield f"postgresql://{OWNER}@127.0.0.1:{port}/{name}"


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url, connections=4)
    yield engine
    engine.dispose()


class TestJournalBehindPoolers(JournalSuite):
    @pytest.fixture(autouse=True)
    def _database(self, url: str) -> Iterator[None]:
        self.url = url
        self.opened: list[PostgresJournal] = []
        yield
        for journal in self.opened:
            journal.close()

    def new_journal(self) -> PostgresJournal:
        return self.open(next(NAMES))

    def reopened(self, journal: PostgresJournal) -> PostgresJournal:
        journal.close()
        return self.open(journal.journal_id)

    def open(self, name: str) -> PostgresJournal:
        self.opened.append(open_journal(self.url, name, journal_id=name, give_up_s=5))
        return self.opened[-1]


class TestRecordsBehindPoolers(RecordsSuite):
    @pytest.fixture(autouse=True)
    def _database(self, engine: Engine) -> None:
        self.engine = engine

    def new_records(self) -> SqlRecords:
        return SqlRecords(self.engine, next(NAMES))


def test_more_clients_than_server_connections_all_get_through(
    url: str, server: PostgresServer, engine: Engine
) -> None:
    """40 journals are open and write at the same time, over the 20 connections of the pool."""
    all_open = threading.Barrier(40, timeout=60)

    def write(name: str) -> tuple[int, int]:
        with closing(open_journal(url, name, journal_id=name, give_up_s=30)) as journal:
            journal.take_over()
            all_open.wait()
            for _ in range(5):
                append(journal, ticks(2))
            used = backends(server, url)
            all_open.wait()
            return journal.verify().last, used

    with ThreadPoolExecutor(40) as executor:
        found = list(executor.map(write, [next(NAMES) for _ in range(40)]))
    assert [last for last, _ in found] == [10] * 40
    assert max(used for _, used in found) <= POOLED_MAX


def backends(server: PostgresServer, url: str) -> int:
    """How many connections the server itself sees to the database."""
    name = url.rpartition("/")[2]
    with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{server.port}/postgres") as hand:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        row = hand.execute(asked, (name,)).fetchone()
    assert row is not None
    return int(row[0])


def test_rows_copied_by_several_at_once_do_not_meet(engine: Engine) -> None:
    def write(name: str) -> int:
        records = SqlRecords(engine, name)
        for sequence in (1, 2):
            rows = [balance(sequence, account=f"a{n}") for n in range(COPY_ROWS_MIN)]
            records.write("core", sequence, rows)
        return len(records.rows(BalanceRow))

    with ThreadPoolExecutor(4) as executor:
        found = list(executor.map(write, [next(NAMES) for _ in range(8)]))
    assert found == [COPY_ROWS_MIN] * 8
