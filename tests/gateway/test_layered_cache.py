"""The cache in two layers: one makes what many ask for, in a worker and among workers."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tradewind.adapters.memory.far_cache import MemoryFarCache
from tradewind.gateway.layered_cache import (
    BYTES_MAX,
    CLAIM_S,
    ENTRIES_MAX,
    VALUE_BYTES_MAX,
    LayeredCache,
    Make,
)
from tradewind.model.errors import OutsideError


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Maker:
    """Makes values, one behind the other, and counts them by their keys."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()

    def of(self, key: str, size: int = 1) -> Make:
        async def make() -> bytes:
            self.made[key] += 1
            await asyncio.sleep(0.01)
            return str(self.made[key]).encode() * size

        return make


@pytest.mark.parametrize("is_shared", [True, False])
def test_however_many_ask_one_makes_it_and_all_are_told_until_it_ends(is_shared: bool) -> None:
    async def scenario() -> None:
        clock, maker = Clock(), Maker()
        far = MemoryFarCache(clock)
        caches = [LayeredCache(far.share() if is_shared else None, clock) for _ in range(3)]

        async def all_ask() -> Counter[bytes]:
            asking = [
                cache.get("a", maker.of("a"), life_s=10) for cache in caches for _ in range(20)
            ]
            return Counter(await asyncio.gather(*asking))

        times = 1 if is_shared else 3
        assert (await all_ask()).total() == 60
        assert maker.made["a"] == times
        clock.now_s += 9.99
        await all_ask()
        assert maker.made["a"] == times
        clock.now_s += 0.01
        await all_ask()
        assert maker.made["a"] == 2 * times

    asyncio.run(scenario())


def test_who_claimed_and_does_not_come_back_is_waited_for_five_seconds_at_most() -> None:
    async def scenario() -> None:
        clock, maker = Clock(), Maker()
        far = MemoryFarCache(clock)
        assert far.share().claim("a", life_s=100 * CLAIM_S)
        cache = LayeredCache(far.share(), clock)
        asking = asyncio.create_task(cache.get("a", maker.of("a"), life_s=10))
        await asyncio.sleep(0.2)  # So that it waits before the clock goes on.
        clock.now_s += CLAIM_S - 0.01
        await asyncio.sleep(0.2)
        assert not asking.done()
        clock.now_s += 0.01
        assert await asking == b"1"

    asyncio.run(scenario())


def test_a_failure_is_told_to_all_who_waited_and_the_next_one_makes_it() -> None:
    async def scenario() -> None:
        cache, maker = LayeredCache(MemoryFarCache()), Maker()

        async def fail() -> bytes:
            await asyncio.sleep(0.01)
            raise OutsideError("the disk is gone", fault="ours", retry=True)

        asking = [cache.get("a", fail, life_s=10) for _ in range(5)]
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [str(each) for each in found] == ["the disk is gone"] * 5
        assert await cache.get("a", maker.of("a"), life_s=10) == b"1"

    asyncio.run(scenario())


def test_one_who_goes_away_takes_nobodys_answer_along() -> None:
    async def scenario() -> None:
        cache, maker = LayeredCache(None), Maker()
        first = asyncio.create_task(cache.get("a", maker.of("a"), life_s=10))
        other = asyncio.create_task(cache.get("a", maker.of("a"), life_s=10))
        await asyncio.sleep(0)
        first.cancel()
        assert await other == b"1"
        assert maker.made["a"] == 1

    asyncio.run(scenario())


def test_the_oldest_go_beyond_the_bounds_and_what_is_too_large_is_not_kept() -> None:
    async def scenario() -> None:
        cache, maker = LayeredCache(MemoryFarCache()), Maker()

        async def ask(key: str, size: int = 1) -> None:
            await cache.get(key, maker.of(key, size), life_s=600)

        await asyncio.gather(*(ask(str(number)) for number in range(ENTRIES_MAX + 1)))
        assert len(cache._values) == ENTRIES_MAX
        whole = BYTES_MAX // VALUE_BYTES_MAX
        for number in range(whole + 2):
            await ask(f"large {number}", VALUE_BYTES_MAX)
        assert cache._bytes == BYTES_MAX
        assert sum(len(value) for _, value in cache._values.values()) == BYTES_MAX
        for _ in range(2):
            await ask("too large", VALUE_BYTES_MAX + 1)
        assert maker.made["too large"] == 2

    asyncio.run(scenario())


def test_each_layer_says_how_often_it_knew_the_answer() -> None:
    async def scenario() -> None:
        far, maker = MemoryFarCache(), Maker()
        one, other = LayeredCache(far), LayeredCache(far.share())
        for cache in (one, one, other):
            await cache.get("a", maker.of("a"), life_s=600)
        assert one.questions() == {
            ("local", "hit"): 1, ("local", "miss"): 1, ("far", "hit"): 0, ("far", "miss"): 1,
        }  # fmt: skip
        assert other.questions()["far", "hit"] == 1
        alone = LayeredCache(None)
        assert set(alone.questions()) == {("local", "hit"), ("local", "miss")}

    asyncio.run(scenario())
