"""The rows a run leaves are those that its journal gives."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from tests.wiring.test_paper_hour import paper
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import read_records
from tradewind.ports.records import FillRow, OrderRow
from tradewind.runtime.projections import KINDS, Projection
from tradewind.runtime.read_models import Health
from tradewind.testing.virtual_time import run_virtually
from tradewind.wiring import platform


def test_the_rows_of_a_run_equal_those_built_from_its_journal(tmp_path: Path) -> None:
    run_virtually(paper(tmp_path, 30, lambda desk: None))
    built = MemoryRecords()
    with closing(read_journal(tmp_path / "journal")) as journal:
        Projection(journal.journal_id, built).follow(journal)
    with closing(read_records(tmp_path / "journal")) as records:
        assert [records.rows(kind) for kind in KINDS] == [built.rows(kind) for kind in KINDS]
        assert len(records.rows(FillRow)) > 0
        assert {row.account for row in records.rows(OrderRow)} == {"paper"}


def test_records_that_cannot_be_written_degrade_health_and_trading_goes_on(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "records.db").write_bytes(b"no database at all" * 100)
    seen: list[Health] = []
    run_virtually(paper(tmp_path, 2, lambda desk: seen.append(desk.health())))
    assert [health["ok"] for health in seen] == [True, True]
    assert "the records of orders and fills stand still" in seen[-1]["degraded"][0]


def test_a_torn_end_that_was_dropped_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def open_torn(directory: Path) -> SqliteJournal:
        journal = open_journal(directory)
        journal.dropped_bytes = 17
        return journal

    monkeypatch.setattr(platform, "open_journal", open_torn)
    with caplog.at_level(logging.WARNING):
        run_virtually(paper(tmp_path, 1, lambda desk: None))
    assert "journal_tail_dropped bytes=17" in caplog.messages
