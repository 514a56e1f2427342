"""The far layer of the cache in Redis: the port's suite, and what it does without its server."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.servers.redis_server import RedisServer
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.far_cache import RedisFarCache
from tradewind.gateway.layered_cache import LayeredCache
from tradewind.ports.cache import FarCache
from tradewind.testing.cache_suite import FarCacheSuite


class TestRedisFarCache(FarCacheSuite):
    @pytest.fixture(autouse=True)
    def _server(self, redis_server: RedisServer) -> None:
        self.server = redis_server

    def new_cache(self) -> FarCache:
        connect_redis(self.server.url).flushall()
        return self.other_worker()

    def other_worker(self) -> FarCache:
        return RedisFarCache(connect_redis(self.server.url))

    def test_without_redis_nothing_is_known_and_everybody_may_make(self) -> None:
        cache = self.new_cache()
        cache.put("a", b"1", life_s=60)
        self.server.stop()
        cache.put("b", b"2", life_s=60)
        assert cache.get("a") is None
        assert cache.claim("a", life_s=60)
        assert cache.claim("a", life_s=60)
        cache.release("a")

    def test_workers_make_a_value_once_and_an_emptied_redis_costs_one_more(self) -> None:
        """Six event loops in threads, as of six workers, ask for one key at the same moment."""
        made: list[int] = []
        together = threading.Barrier(6)
        self.new_cache()

        async def make() -> bytes:
            made.append(1)
            await asyncio.sleep(0.3)
            return b"value"

        async def worker() -> None:
            layered = LayeredCache(self.other_worker())
            together.wait()
            for _ in range(2):
                assert await layered.get("bars", make, life_s=600) == b"value"
            if together.wait() == 0:
                connect_redis(self.server.url).flushall()
            together.wait()
            assert await layered.get("bars", make, life_s=600) == b"value"
            again = LayeredCache(self.other_worker())
            assert await again.get("bars", make, life_s=600) == b"value"

        threads = [threading.Thread(target=asyncio.run, args=(worker(),)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 2
