"""What every far layer of a cache must do; subclass it and give `new_cache`, `other_worker`."""

from __future__ import annotations

import time

from tradewind.ports.cache import FarCache

PATIENCE_S = 30.0


class FarCacheSuite:
    """Values end by themselves; one at a time may make one."""

    def new_cache(self) -> FarCache:
        """An empty cache."""
        raise NotImplementedError

    def other_worker(self) -> FarCache:
        """The same cache as another worker sees it."""
        raise NotImplementedError

    def test_what_one_worker_keeps_another_finds_with_what_is_left_of_its_life(self) -> None:
        """A value is bytes of any kind."""
        cache = self.new_cache()
        other = self.other_worker()
        assert cache.get("a") is None
        cache.put("a", b"\x00\xff", life_s=60)
        found = other.get("a")
        assert found is not None
        assert found.value == b"\x00\xff"
        assert 0 < found.left_s <= 60
        cache.put("a", b"", life_s=60)
        again = other.get("a")
        assert again is not None
        assert again.value == b""

    def test_a_value_ends(self) -> None:
        """Its life is short here, the patience long."""
        cache = self.new_cache()
        cache.put("a", b"1", life_s=0.05)
        ends_at_s = time.monotonic() + PATIENCE_S
        while cache.get("a") is not None:
            assert time.monotonic() < ends_at_s
            time.sleep(0.01)

    def test_one_worker_claims_until_it_releases_or_its_time_is_over(self) -> None:
        """And nobody can give back what is another's."""
        cache = self.new_cache()
        other = self.other_worker()
        assert cache.claim("a", life_s=60)
        assert not other.claim("a", life_s=60)
        assert other.claim("b", life_s=60)
        other.release("a")
        assert not other.claim("a", life_s=60)
        cache.release("a")
        assert other.claim("a", life_s=0.05)
        ends_at_s = time.monotonic() + PATIENCE_S
        while not cache.claim("a", life_s=60):
            assert time.monotonic() < ends_at_s
            time.sleep(0.01)
