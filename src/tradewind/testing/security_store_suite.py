"""What every security store must do: inherit `SecurityStoreSuite` and say how to make one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tradewind.ports.identity import Session
from tradewind.ports.security_store import Rate, SecurityStore

SECOND_NS = 1_000_000_000
NOW_NS = 1_767_225_600 * SECOND_NS
RATE = Rate(interval_ns=SECOND_NS, burst=10)
SESSION = Session("s1", "u1", b"hash", NOW_NS, NOW_NS, NOW_NS + SECOND_NS, "10.0.0.1", "browser")


class SecurityStoreSuite:
    """Subclass it as `Test...` beside the adapter."""

    def new_store(self) -> SecurityStore:
        """An empty store, each time another."""
        raise NotImplementedError

    def other_worker(self, store: SecurityStore) -> SecurityStore:
        """The same store as another worker would open it; the same object where there is none."""
        return store

    def test_a_burst_is_granted_and_then_one_an_interval(self) -> None:
        store = self.new_store()
        grants = [store.take("ann", RATE, count=1, now_ns=NOW_NS).granted for _ in range(11)]
        assert grants == [1] * 10 + [0]
        later_ns = NOW_NS + SECOND_NS
        assert store.take("ann", RATE, count=1, now_ns=later_ns - 1_000_000).granted == 0
        assert store.take("ann", RATE, count=1, now_ns=later_ns).granted == 1
        assert store.take("ann", RATE, count=1, now_ns=later_ns).granted == 0

    def test_of_many_asked_for_at_once_as_many_as_there_are_are_granted(self) -> None:
        store = self.new_store()
        assert store.take("ann", RATE, count=7, now_ns=NOW_NS).granted == 7
        taken = store.take("ann", RATE, count=7, now_ns=NOW_NS)
        assert (taken.granted, taken.free_at_ns) == (3, NOW_NS + 10 * SECOND_NS)

    def test_one_subject_does_not_drain_another(self) -> None:
        store = self.new_store()
        assert store.take("ann", RATE, count=10, now_ns=NOW_NS).granted == 10
        assert store.take("bob", RATE, count=10, now_ns=NOW_NS).granted == 10

    def test_workers_that_take_at_the_same_time_get_no_more_than_there_is(self) -> None:
        store = self.new_store()
        granted: list[int] = []

        def work(worker: SecurityStore) -> None:
            granted.extend(
                worker.take("ann", RATE, count=3, now_ns=NOW_NS).granted for _ in range(5)
            )

        _at_once(lambda: work(self.other_worker(store)))
        assert sum(granted) == RATE.burst

    def test_failures_are_counted_over_all_workers_until_they_are_forgiven(self) -> None:
        store = self.new_store()
        counts: list[int] = []
        _at_once(
            lambda: counts.append(self.other_worker(store).add_failure("name ann", now_ns=NOW_NS))
        )
        assert sorted(counts) == [1, 2, 3, 4]
        assert store.add_failure("name bob", now_ns=NOW_NS) == 1
        store.forgive("name ann")
        assert store.add_failure("name ann", now_ns=NOW_NS) == 1

    def test_who_is_blocked_is_blocked_for_all_workers_until_it_is_forgiven(self) -> None:
        store = self.new_store()
        other = self.other_worker(store)
        assert other.blocked_until_ns("name ann") == 0
        store.block("name ann", until_ns=NOW_NS + 5, now_ns=NOW_NS)
        assert other.blocked_until_ns("name ann") == NOW_NS + 5
        assert other.blocked_until_ns("name bob") == 0
        other.forgive("name ann")
        assert store.blocked_until_ns("name ann") == 0

    def test_a_session_of_an_older_generation_is_looked_up_again(self) -> None:
        store = self.new_store()
        other = self.other_worker(store)
        seen = store.session("s1", 1, lambda: SESSION)
        assert seen is not None
        assert seen.user_id == "u1"
        assert other.session("s1", 2, lambda: None) is None

    def test_a_session_that_is_not_there_is_asked_for_again(self) -> None:
        store = self.new_store()
        assert store.session("s1", 1, lambda: None) is None
        assert store.session("s1", 1, lambda: SESSION) is not None


def _at_once(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
