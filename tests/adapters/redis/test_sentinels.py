"""Redis fails over under its Sentinels, is emptied, and nothing of the platform is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.redis_server import RedisServer
from tests.servers.sentinels import WatchedRedis, running_sentinels
from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.security_store import RedisSecurityStore
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.model.errors import UserError
from tradewind.ops.redis import redis_findings
from tradewind.testing.security_store_suite import NOW_NS, RATE, SESSION


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedRedis]:
    with running_sentinels(tmp_path) as watched:
        yield watched


def test_the_store_goes_on_at_the_new_primary(watched: WatchedRedis) -> None:
    with closing(connect_redis(watched.url)) as client:
        store = RedisSecurityStore(client, MemorySecurityStore())
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        watched.primary.kill()
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        assert not store.is_answering
        watched.wait_until(lambda: watched.primary_port() == watched.links[1].port)

        def answers() -> bool:
            store.attempts.again_at_s = 0.0
            store.add_failure("name bob", now_ns=NOW_NS)
            return store.is_answering

        watched.wait_until(answers)


def test_an_emptied_redis_loses_neither_locks_nor_sessions(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    database = open_database(sqlite_url(tmp_path / "security.db"))
    with closing(connect_redis(redis_server.url)) as client:
        store = RedisSecurityStore(client, SqlSecurityStore(database))
        store.block("name ann", until_ns=NOW_NS + 5, now_ns=NOW_NS)
        assert store.session("s1", 1, lambda: SESSION) == SESSION
        client.flushall()
        assert store.blocked_until_ns("name ann") == NOW_NS + 5
        assert store.session("s1", 1, lambda: SESSION) == SESSION
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        store.forgive("name ann")
        assert store.blocked_until_ns("name ann") == 0
    database.dispose()


def test_the_shipped_settings_are_those_the_server_has(redis_server: RedisServer) -> None:
    with closing(connect_redis(redis_server.url)) as client:
        found = client.config_get("maxmemory-policy", "appendonly", "appendfsync", "save")
        assert found["maxmemory-policy"] == "volatile-lru"
        assert (found["appendonly"], found["appendfsync"]) == ("yes", "everysec")
        assert found["save"] == "900 1 300 100 60 10000"


@pytest.mark.parametrize(
    "url", ["redis+sentinel://", "redis+sentinel://h:1", "redis+sentinel://h:x/desk", "http://h"]
)
def test_an_address_that_is_none_says_how_to_write_it(url: str) -> None:
    with pytest.raises(UserError, match=r"REDIS_URL is no address of Redis: write redis://"):
        connect_redis(url)


def test_the_doctor_says_what_of_redis_does_not_fit(redis_server: RedisServer) -> None:
    assert [found.state for found in redis_findings(redis_server.url, "")] == ["ok"]
    with closing(connect_redis(redis_server.url)) as client:
        client.config_set("maxmemory-policy", "noeviction")
    found = redis_findings(redis_server.url, "")
    assert [one.state for one in found] == ["warning"]
    assert "maxmemory-policy is noeviction, not volatile-lru" in found[0].sentence
    redis_server.stop()
    gone = redis_findings(redis_server.url, "")[0]
    assert gone.state == "fault"
    assert gone.sentence.startswith("does not answer (nothing listens there): start it")
    assert redis_findings("", "") == []


def test_the_doctor_says_what_to_do_about_a_password(redis_server: RedisServer) -> None:
    with closing(connect_redis(redis_server.url)) as client:
        client.config_set("requirepass", "right")
    none, wrong = (redis_findings(redis_server.url, word)[0].sentence for word in ("", "wrong"))
    assert none.startswith("asks for a password: set REDIS_PASSWORD")
    assert wrong.startswith("refuses the password: correct it in REDIS_PASSWORD")
    assert redis_findings(redis_server.url, "right")[0].state == "ok"
