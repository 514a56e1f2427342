"""Reads go to a replica while it is near enough, else to the primary, else nowhere."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.servers.postgres_pair import PostgresPair, running_pair
from tests.servers.postgres_server import psycopg
from tradewind.adapters.sql.engine import connect_database
from tradewind.adapters.sql.records import SqlRecords
from tradewind.adapters.sql.replica import LOOK_S, BoundedReplica, bounded_replica
from tradewind.model.errors import OutsideError
from tradewind.ops.databases import replica_findings
from tradewind.ops.doctor import Finding
from tradewind.ports.records import BalanceRow
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

LAG_MAX_S = 2.0
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def pair() -> Iterator[PostgresPair]:
    with running_pair() as pair:
        pair.primary.new_database()
        yield pair


@pytest.fixture
def primary(pair: PostgresPair) -> Iterator[Engine]:
    engine = connect_database(pair.primary.url("test1"), connections=2)
    yield engine
    engine.dispose()


@pytest.fixture
def replica(pair: PostgresPair, primary: Engine) -> Iterator[BoundedReplica]:
    with closing(
        bounded_replica(primary, pair.standby.url("test1"), lag_max_s=LAG_MAX_S)
    ) as replica:
        yield replica


def port_of(replica: BoundedReplica) -> int:
    """The port of the server that a reader gets."""
    with replica.reading() as connection:
        return int(connection.exec_driver_sql("SELECT current_setting('port')").scalar_one())


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def test_readers_get_the_replica_while_it_is_near(
    pair: PostgresPair, replica: BoundedReplica
) -> None:
    wait_until(lambda: port_of(replica) == pair.standby.port)
    lag_s = replica.look().lag_s
    assert lag_s is not None
    assert lag_s < LAG_MAX_S - LOOK_S


def test_a_replica_that_stops_following_is_left_for_the_primary(
    pair: PostgresPair, primary: Engine, replica: BoundedReplica
) -> None:
    """Its own clock says nothing: it has replayed all that it has received."""
    wait_until(lambda: port_of(replica) == pair.standby.port)
    ask(pair, "SELECT pg_wal_replay_pause()")
    with primary.begin() as connection:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = local")
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS moved_on (number int)")
    wait_until(lambda: port_of(replica) == pair.primary.port)
    (finding,) = findings(pair)
    assert finding.state == "warning"
    assert "records are read from the primary" in finding.sentence
    ask(pair, "SELECT pg_wal_replay_resume()")
    wait_until(lambda: port_of(replica) == pair.standby.port)
    assert [one.state for one in findings(pair)] == ["ok"]


def test_the_records_of_the_platform_are_read_there(pair: PostgresPair, tmp_path: Path) -> None:
    place = JournalPlace(
        tmp_path, pair.primary.url("test1"), "desk", pair.standby.url("test1"), lag_max_s=2
    )
    with closing(RecordsPlace(place)) as records:
        writer = records.open()
        writer.write("core", 5, [BalanceRow(5, "paper", "USD", 0, "7.000000")])
        reader = records.read()
        assert isinstance(reader, SqlRecords)
        wait_until(lambda: [row.cash for row in reader.rows(BalanceRow)] == ["7.000000"])
        writer.close()


@pytest.mark.long
def test_with_neither_near_enough_nothing_is_read_and_one_sentence_says_why() -> None:
    with running_pair() as pair, ExitStack() as undo:
        pair.primary.new_database()
        primary = connect_database(pair.primary.url("test1"), connections=2)
        undo.callback(primary.dispose)
        replica = bounded_replica(primary, pair.standby.url("test1"), lag_max_s=LAG_MAX_S)
        undo.callback(replica.close)
        wait_until(lambda: port_of(replica) == pair.standby.port)
        pair.primary.signal(signal.SIGKILL)
        nothing_is_read(replica)
        assert [one.state for one in findings(pair)] == ["fault"]


def nothing_is_read(replica: BoundedReplica) -> None:
    """Wait until readers are refused, and look at what is said to them."""
    began_s = time.monotonic()
    said: list[str] = []

    def is_refused() -> bool:
        try:
            port_of(replica)
        except OutsideError as error:
            said.append(str(error))
        return bool(said)

    wait_until(is_refused)
    assert "nothing is read until one of them is back" in said[0]
    assert "\n" not in said[0]
    assert time.monotonic() - began_s < PATIENCE_S / 2


def ask(pair: PostgresPair, statement: str) -> None:
    """Tell the standby something by hand."""
    with psycopg.connect(pair.standby.address("test1"), autocommit=True) as hand:
        hand.execute(statement)


def findings(pair: PostgresPair) -> list[Finding]:
    """What the doctor says of the replica."""
    return replica_findings(pair.primary.url("test1"), pair.standby.url("test1"), LAG_MAX_S)
