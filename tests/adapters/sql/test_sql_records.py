"""Records by SQLAlchemy keep the port's suite on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.records import COPY_ROWS_MIN, SqlRecords
from tradewind.model.errors import OutsideError
from tradewind.ports.records import BadTickRow, BalanceRow, OrderRow
from tradewind.testing.records_suite import RecordsSuite, balance, row_of

NAMES = (f"desk{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def on_server(server: PostgresServer) -> Iterator[Engine]:
    engine = open_database(server.new_database(), connections=2)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_database(sqlite_url(tmp_path / "records.db"))
        yield engine
        engine.dispose()
    else:
        yield request.getfixturevalue("on_server")


class TestSqlRecords(RecordsSuite):
    @pytest.fixture(autouse=True)
    def _database(self, engine: Engine) -> None:
        self.engine = engine

    def new_records(self) -> SqlRecords:
        return SqlRecords(self.engine, next(NAMES))


def test_journals_in_one_database_do_not_see_each_other(engine: Engine) -> None:
    mine, theirs = (SqlRecords(engine, next(NAMES)) for _ in range(2))
    for records in (mine, theirs):
        records.write("core", 5, [balance(5)])
    mine.write("core", 6, [balance(6, "2.000000")])
    assert [row.cash for row in theirs.rows(BalanceRow)] == ["1.000000"]
    mine.clear("core", [BalanceRow])
    assert (mine.rows(BalanceRow), mine.sequence("core")) == ([], 0)
    assert (len(theirs.rows(BalanceRow)), theirs.sequence("core")) == (1, 5)


def test_many_rows_at_once_replace_and_add_like_few(engine: Engine) -> None:
    records = SqlRecords(engine, next(NAMES))
    many = range(COPY_ROWS_MIN + 5)
    records.write("core", 1, [balance(1, account=f"a{number}") for number in many])
    changed = [balance(2, "2.000000", account=f"a{number}") for number in many if number % 2]
    again = [balance(2, "3.000000", account=f"a{number}") for number in many if number % 2]
    records.write("core", 2, [*changed, *again, balance(2, account="new")])
    found = {row.account: row.cash for row in records.rows(BalanceRow)}
    assert len(found) == len(many) + 1
    assert (found["a0"], found["a1"], found["new"]) == ("1.000000", "3.000000", "1.000000")


def test_awkward_rows_survive_being_copied(engine: Engine) -> None:
    records = SqlRecords(engine, next(NAMES))
    kept = [
        BadTickRow(number, 7, "A\tB\\N", "\\.\n'\"%s", bytes(range(256)))
        for number in range(1, COPY_ROWS_MIN + 1)
    ]
    records.write("core", 1, [*kept, row_of(OrderRow)])
    assert records.rows(BadTickRow)[::-1] == kept
    assert records.rows(OrderRow) == [row_of(OrderRow)]


def test_a_character_that_postgres_refuses_is_replaced_everywhere(engine: Engine) -> None:
    records = SqlRecords(engine, next(NAMES))
    records.write("core", 1, [BadTickRow(1, 7, "A.SIM", "bad\0price", b"\0")])
    assert records.rows(BadTickRow) == [BadTickRow(1, 7, "A.SIM", "bad\ufffdprice", b"\0")]


def test_a_write_that_fails_leaves_rows_and_sequence_as_they_were(engine: Engine) -> None:
    records = SqlRecords(engine, next(NAMES))
    records.write("core", 3, [balance(3)])
    bad = BalanceRow(4, "paper", "EUR", 2**63, "2.000000")
    with pytest.raises((OutsideError, OverflowError)):
        records.write("core", 4, [balance(4, "3.000000"), bad])
    assert (records.sequence("core"), records.rows(BalanceRow)) == (3, [balance(3)])
    records.write("core", 4, [balance(4)])


def test_a_connection_that_was_cut_is_made_anew_for_the_next_question(
    server: PostgresServer,
) -> None:
    url = server.new_database()
    engine, hand = open_database(url, connections=1), open_database(url, connections=1)
    records = SqlRecords(engine, "desk", on_close=engine.dispose)
    records.write("core", 3, [balance(3)])
    with hand.connect() as connection:
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        asked = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"
        assert len(connection.execute(text(asked)).all()) == 1
    assert records.sequence("core") == 3
    records.close()
    hand.dispose()
