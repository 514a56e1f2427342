"""The broker in a database passes the port's suite, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.servers.postgres_server import running_postgres
from tradewind.adapters.sql import broker
from tradewind.adapters.sql.broker import SqlBroker
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.ports.broker import DELIVERIES_MAX, Broker
from tradewind.testing.broker_suite import HIGH, NO_WAIT_S, SUITE_QUEUES, BrokerSuite, message


class TestSqliteBroker(BrokerSuite):
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self._engine = open_database(sqlite_url(tmp_path / "security.db"))

    def new_broker(self) -> Broker:
        return SqlBroker(self._engine, queues=SUITE_QUEUES)

    def other_worker(self, broker: Broker) -> Broker:
        return SqlBroker(self._engine, queues=SUITE_QUEUES)


class TestPostgresBroker(TestSqliteBroker):
    @pytest.fixture(autouse=True)
    def _database(self, postgres_database: Engine) -> None:
        self._engine = postgres_database


@pytest.fixture(scope="module")
def postgres_database() -> Engine:
    with running_postgres() as server:
        return open_database(server.new_database())


def test_who_took_a_message_and_died_loses_it_after_a_while_but_not_for_ever(
    tmp_path: Path,
) -> None:
    engine = open_database(sqlite_url(tmp_path / "security.db"))
    now_ns = [0]

    def opened() -> SqlBroker:
        return SqlBroker(engine, queues=SUITE_QUEUES, now_ns=lambda: now_ns[0])

    live = opened()

    async def work() -> None:
        await live.publish([message(1)])
        for attempt in range(1, DELIVERIES_MAX + 2):
            died = opened()
            taken = await died.take([HIGH.name], wait_s=NO_WAIT_S)
            assert taken is not None
            assert taken.attempt == attempt
            now_ns[0] += broker.VISIBLE_NS - 1
            assert await live.take([HIGH.name], wait_s=NO_WAIT_S) is None
            now_ns[0] += 1
        assert await live.take([HIGH.name], wait_s=NO_WAIT_S) is None
        assert [one.reason for one in await live.dead(HIGH.name, limit=2)] == ["delivery_limit"]

    asyncio.run(work())
