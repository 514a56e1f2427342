"""The far layer of the cache in memory: the port's suite."""

from __future__ import annotations

from tradewind.adapters.memory.far_cache import MemoryFarCache
from tradewind.ports.cache import FarCache
from tradewind.testing.cache_suite import FarCacheSuite


class TestMemoryFarCache(FarCacheSuite):
    def new_cache(self) -> FarCache:
        self.cache = MemoryFarCache()
        return self.cache

    def other_worker(self) -> FarCache:
        return self.cache.share()
