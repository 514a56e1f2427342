"""The rows a run leaves are those that its journal gives."""

from contextlib import closing
from pathlib import Path

from tests.wiring.test_paper_hour import paper
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import read_records
from tradewind.ports.records import FillRow, OrderRow
from tradewind.runtime.projections import KINDS, Projection
from tradewind.testing.virtual_time import run_virtually


def test_the_rows_of_a_run_equal_those_built_from_its_journal(tmp_path: Path) -> None:
    run_virtually(paper(tmp_path, 30, lambda desk: None))
    built = MemoryRecords()
    with closing(read_journal(tmp_path / "journal")) as journal:
        Projection(journal.journal_id, built).follow(journal)
    with closing(read_records(tmp_path / "journal")) as records:
        assert [records.rows(kind) for kind in KINDS] == [built.rows(kind) for kind in KINDS]
        assert len(records.rows(FillRow)) > 0
        assert {row.account for row in records.rows(OrderRow)} == {"paper"}
