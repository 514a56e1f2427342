"""The security store in memory: the port's suite, and its bounds."""

from __future__ import annotations

import pytest

from tradewind.adapters.memory import security_store
from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.ports.security_store import SecurityStore
from tradewind.testing.security_store_suite import NOW_NS, RATE, SecurityStoreSuite


class TestMemorySecurityStore(SecurityStoreSuite):
    def new_store(self) -> SecurityStore:
        return MemorySecurityStore()


def test_it_remembers_no_more_subjects_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_store, "SUBJECTS_MAX", 100)
    store = MemorySecurityStore()
    for number in range(1_000):
        store.take(f"user {number}", RATE, count=1, now_ns=NOW_NS)
        store.add_failure(f"name {number}", now_ns=NOW_NS)
        store.block(f"name {number}", until_ns=NOW_NS + 5, now_ns=NOW_NS)
    lengths = [len(store._free_at_ns), len(store._failures), len(store._blocked_until_ns)]
    assert max(lengths) <= 100
