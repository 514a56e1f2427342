"""The security store in SQLite and in PostgreSQL: the port's suite, and what workers must share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.ports.audit import NewEntry, first_break
from tradewind.ports.identity import ApiKey, Session, User
from tradewind.ports.security_store import SecurityStore
from tradewind.testing.security_store_suite import SecurityStoreSuite

USER = User("u1", "ann", "trader", ("paper",), "hash", 5, recovery_hashes=(b"a", b"b"))


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "security.db")
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def engines(url: str) -> Iterator[tuple[Engine, Engine]]:
    """The database as two workers open it."""
    opened = open_database(url), open_database(url)
    yield opened
    for engine in opened:
        engine.dispose()


class TestSqlSecurityStore(SecurityStoreSuite):
    @pytest.fixture(autouse=True)
    def _database(self, engines: tuple[Engine, Engine]) -> None:
        self.engines = engines

    def new_store(self) -> SecurityStore:
        return SqlSecurityStore(self.engines[0])

    def other_worker(self, store: SecurityStore) -> SecurityStore:
        return SqlSecurityStore(self.engines[1])


def test_a_generation_rises_with_every_right_that_ends_and_with_nothing_else(
    engines: tuple[Engine, Engine],
) -> None:
    one, other = (SqlIdentities(engine) for engine in engines)
    key = ApiKey("k1", "u1", "bot", b"hash", (), (), 5, 0)
    first = one.generation()
    one.add_user(USER)
    one.put_session(Session("s1", "u1", b"r", 5, 5, 50, "", ""))
    one.put_key(key)
    one.put_key(msgspec.structs.replace(key, used_time_ns=7))
    assert one.use_step("u1", 3)
    assert other.generation() == first
    one.revoke_sessions(["s1"], 7)
    assert other.generation() == first + 1
    one.put_key(msgspec.structs.replace(key, revoked_time_ns=7))
    assert other.generation() == first + 2
    one.put_user(msgspec.structs.replace(USER, is_disabled=True))
    assert other.generation() == first + 3


def test_a_code_is_good_once_for_all_workers(engines: tuple[Engine, Engine]) -> None:
    one, other = (SqlIdentities(engine) for engine in engines)
    one.add_user(USER)
    assert [one.use_step("u1", 7), other.use_step("u1", 7), other.use_step("u1", 6)] == [
        True, False, False,
    ]  # fmt: skip
    assert [one.use_recovery("u1", b"a"), other.use_recovery("u1", b"a")] == [True, False]
    assert other.use_recovery("u1", b"b")


def test_two_workers_put_their_entries_into_one_chain(engines: tuple[Engine, Engine]) -> None:
    audits = [SqlAudit(engine) for engine in engines]
    for number in range(6):
        audits[number % 2].append_all([NewEntry(number, "ann", "login", "", "ok", "", "{}")])
    assert [entry.number for entry in audits[1].entries()] == [1, 2, 3, 4, 5, 6]
    assert first_break(audits[0]) == 0


def test_workers_that_open_a_new_database_at_the_same_time_all_get_it(url: str) -> None:
    with ThreadPoolExecutor(6) as executor:
        opened = list(executor.map(open_database, [url] * 6))
    assert {SqlIdentities(engine).generation() for engine in opened} == {1}
    for engine in opened:
        engine.dispose()
