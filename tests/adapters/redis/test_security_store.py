"""The security store in Redis: the port's suite, and what it does when Redis does not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.redis_server import RedisServer
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.security_store import RedisSecurityStore
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.model.errors import UserError
from tradewind.ports.security_store import SecurityStore
from tradewind.testing.security_store_suite import NOW_NS, RATE, SESSION, SecurityStoreSuite


class TestRedisSecurityStore(SecurityStoreSuite):
    @pytest.fixture(autouse=True)
    def _servers(self, redis_server: RedisServer, tmp_path: Path) -> None:
        self.server = redis_server
        self.database = open_database(sqlite_url(tmp_path / "security.db"))

    def new_store(self) -> SecurityStore:
        client = connect_redis(self.server.url)
        client.flushall()
        return RedisSecurityStore(client, SqlSecurityStore(self.database))

    def other_worker(self, store: SecurityStore) -> SecurityStore:
        return RedisSecurityStore(connect_redis(self.server.url), SqlSecurityStore(self.database))

    def test_another_worker_sees_a_session_without_looking_it_up(self) -> None:
        store = self.new_store()
        store.session("s1", 1, lambda: SESSION)
        seen = self.other_worker(store).session("s1", 1, lambda: None)
        assert seen is not None
        assert (seen.user_id, seen.refresh_hash) == ("u1", b"")

    def test_without_redis_the_database_goes_on_and_redis_is_used_again_later(self) -> None:
        store = self.new_store()
        assert isinstance(store, RedisSecurityStore)
        store.block("name ann", until_ns=NOW_NS + 5, now_ns=NOW_NS)
        self.server.stop()
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        assert store.blocked_until_ns("name ann") == NOW_NS + 5
        assert store.add_failure("name bob", now_ns=NOW_NS) == 1
        assert store.session("s1", 1, lambda: SESSION) == SESSION
        assert not store.is_answering
        self.server.start()
        store.attempts.again_at_s = 0.0
        assert store.add_failure("name bob", now_ns=NOW_NS) == 1
        assert store.is_answering


def test_an_address_that_is_none_is_one_sentence() -> None:
    with pytest.raises(UserError, match="REDIS_URL is no address"):
        connect_redis("http://somewhere")
