"""Redis as a cluster: counters, sessions and the cache go over all its servers, and over a loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.redis_cluster import ClusteredRedis, running_cluster
from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.far_cache import RedisFarCache
from tradewind.adapters.redis.security_store import PREFIX, RedisSecurityStore
from tradewind.model.errors import UserError
from tradewind.ops.redis import redis_findings
from tradewind.testing.security_store_suite import NOW_NS, RATE, SESSION

SUBJECTS = [f"user {number}" for number in range(20)]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ClusteredRedis]:
    with running_cluster(tmp_path) as cluster:
        yield cluster


def test_the_stores_work_over_a_cluster_and_go_on_when_a_primary_is_lost(
    cluster: ClusteredRedis,
) -> None:
    with closing(connect_redis(cluster.url)) as client:
        store = RedisSecurityStore(client, MemorySecurityStore())
        for subject in SUBJECTS:
            granted = [
                store.take(subject, RATE, count=1, now_ns=NOW_NS).granted
                for _ in range(RATE.burst + 1)
            ]
            assert granted == [1] * RATE.burst + [0]
        store.block("name ann", until_ns=NOW_NS + 5, now_ns=NOW_NS)
        assert store.blocked_until_ns("name ann") == NOW_NS + 5
        assert store.session("s1", 1, lambda: SESSION) == SESSION
        assert store.session("s1", 1, lambda: None) is not None
        cache = RedisFarCache(client)
        cache.put("bars", b"rows", life_s=600)
        found = cache.get("bars")
        assert found is not None
        assert found.value == b"rows"
        assert cache.claim("bars", life_s=600)
        assert not RedisFarCache(client).claim("bars", life_s=600)
        assert store.is_answering
        assert [found.state for found in redis_findings(cluster.url, "")] == ["ok"]

        lost = cluster.primary_of(f"{PREFIX}rate:{SUBJECTS[0]}")
        lost.kill()
        left = [node for node in cluster.nodes if node is not lost]
        cluster.wait_until_whole(left)
        for _ in range(2 * len(cluster.nodes)):
            store.attempts.again_at_s = 0.0
            store.take(SUBJECTS[0], RATE, count=1, now_ns=NOW_NS)
            if store.is_answering:
                break
        assert store.is_answering
        assert store.add_failure("name bob", now_ns=NOW_NS) == 1


def test_a_cluster_that_is_not_there_is_asked_again_later(cluster: ClusteredRedis) -> None:
    url = cluster.url
    cluster.stop()
    with closing(connect_redis(url)) as client:
        store = RedisSecurityStore(client, MemorySecurityStore())
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        assert not store.is_answering
        assert redis_findings(url, "")[0].state == "fault"
        cluster.run()
        cluster.wait_until_whole(cluster.nodes)
        store.attempts.again_at_s = 0.0
        assert store.add_failure("name bob", now_ns=NOW_NS) == 1
        assert store.is_answering


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://", "redis+cluster://h:x", "redis+cluster://h:1/3",
        "redis+cluster://h:1?ssl_ca_certs=a", "rediss+cluster://h:1?timeout=3",
    ],
)  # fmt: skip
def test_an_address_that_is_none_says_how_to_write_it(url: str) -> None:
    with pytest.raises(UserError, match=r"redis\+cluster://host:6379,other:6379"):
        connect_redis(url)
