"""The history in memory passes the suite of its port."""

from __future__ import annotations

from pathlib import Path

from tradewind.adapters.memory.history import MemoryHistory
from tradewind.testing.history_suite import HistorySuite


class TestMemoryHistory(HistorySuite):
    def make(self, folder: Path) -> MemoryHistory:
        return MemoryHistory()
