"""All connections of a pool are lent, or a replica is read, while the primary is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import Engine

from tests.servers.postgres_pair import PostgresPair, running_pair
from tradewind.adapters.sql.engine import connect_database, reading, writing
from tradewind.adapters.sql.replica import bounded_replica
from tradewind.model.errors import OutsideError

CONNECTIONS, ASKERS = 4, 12
CALL_S, POOL_WAIT_S = 2.0, 1.0
BACK_S = 30.0
"""Three askers in turn on a connection, each with 3 s for the host that is silent."""
PORT = "SELECT current_setting('port')"
pytestmark = pytest.mark.long


@pytest.fixture
def pair() -> Iterator[PostgresPair]:
    with running_pair() as pair:
        pair.primary.new_database()
        yield pair


@pytest.fixture
def engine(pair: PostgresPair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A small pool over both servers."""
    monkeypatch.setattr("tradewind.adapters.sql.engine.POOL_WAIT_S", POOL_WAIT_S)
    engine = connect_database(pair.url("test1"), connections=CONNECTIONS, call_s=CALL_S)
    yield engine
    engine.dispose()


def test_a_pool_that_hangs_at_a_frozen_primary_is_whole_at_the_next_one(
    pair: PostgresPair, engine: Engine
) -> None:
    """Who finds all connections lent is told so; none of them is lost to the pool."""
    with ThreadPoolExecutor(ASKERS) as askers:
        assert set(askers.map(answer_of, [engine] * ASKERS)) == {str(pair.primary.port)}
        pair.primary.signal(signal.SIGSTOP)
        said = list(askers.map(answer_of, [engine] * ASKERS))
        assert not [one for one in said if "\n" in one or one.isdigit()]
        assert any("are in use: raise DATABASE_POOL_SIZE" in one for one in said)
        assert any(" failed: " in one for one in said)
        pair.promote()
        ends_at = time.monotonic() + BACK_S
        while set(askers.map(answer_of, [engine] * ASKERS)) != {str(pair.standby.port)}:
            assert time.monotonic() < ends_at
    assert engine.pool.status().endswith("Current Checked out connections: 0")


def test_a_replica_that_becomes_the_primary_is_read_as_that(
    pair: PostgresPair, engine: Engine
) -> None:
    with closing(bounded_replica(engine, pair.standby.url("test1"), lag_max_s=2.0)) as replica:
        with replica.reading() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
        pair.primary.signal(signal.SIGKILL)
        pair.promote()
        ends_at = time.monotonic() + BACK_S
        while True:
            try:
                with writing(engine) as connection:
                    connection.exec_driver_sql("CREATE TABLE after_it AS SELECT 7 AS number")
                break
            except OutsideError:
                assert time.monotonic() < ends_at
        with replica.reading() as connection:  # at once what was written a moment ago
            assert connection.exec_driver_sql("SELECT number FROM after_it").scalar_one() == 7


def answer_of(engine: Engine) -> str:
    """The port of who answers, or what is said where nobody does."""
    try:
        with reading(engine) as connection:
            return str(connection.exec_driver_sql(PORT).scalar_one())
    except OutsideError as error:
        return str(error)
