"""The rows a run leaves are those that its journal gives."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from tests.wiring.test_paper_hour import paper
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import open_records, read_records
from tradewind.core.state import State
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.ports.records import BalanceRow, EquityRow, FillRow, OrderRow, PositionRow
from tradewind.runtime.core_rows import EQUITY_STEP_NS, CoreRows, CoreWriter
from tradewind.runtime.desk import Desk
from tradewind.runtime.projections import KINDS, Projection
from tradewind.runtime.read_models import Health
from tradewind.testing.virtual_time import run_virtually
from tradewind.wiring import journals
from tradewind.wiring.stored import status_of_home


def test_the_rows_of_a_run_equal_those_built_from_its_journal(tmp_path: Path) -> None:
    run_virtually(paper(tmp_path, 30, lambda desk: None))
    built = MemoryRecords()
    with closing(read_journal(tmp_path / "journal")) as journal:
        Projection(journal.journal_id, built).follow(journal)
    with closing(read_records(tmp_path / "journal")) as records:
        assert [records.rows(kind) for kind in KINDS] == [built.rows(kind) for kind in KINDS]
        assert len(records.rows(FillRow)) > 0
        assert {row.account for row in records.rows(OrderRow)} == {"paper"}


def test_positions_balances_and_equity_of_a_run_are_those_of_its_last_moment(
    tmp_path: Path,
) -> None:
    desks: list[Desk] = []
    run_virtually(paper(tmp_path, 60, desks.append))
    state = desks[-1].state
    left = status_of_home(tmp_path, "it was stopped")
    assert left is not None
    assert left["positions"] == [
        row | {"market_price": "", "unrealised": ""} for row in desks[-1].positions()
    ]
    account = left["accounts"][0]
    digits = currency_digits("USDT")
    assert account["equity"] == format_units(state.equity(state.accounts[0]), digits)
    assert account["cash"] == format_units(state.accounts[0].home.cash, digits)
    assert [row["order_id"] for row in left["orders"]] == [
        row["order_id"] for row in desks[-1].open_orders()
    ]
    with closing(read_records(tmp_path / "journal")) as records:
        positions = {(row.strategy, row.instrument) for row in records.rows(PositionRow)}
        assert len(positions) == sum(len(book.positions) for book in state.strategies) > 1
        cash = {row.currency: row.cash for row in records.rows(BalanceRow)}
        assert cash == {"USDT": account["cash"]}
        samples = [row.time_ns for row in records.rows(EquityRow)][::-1]
    assert 6 <= len(samples) <= 8
    assert all(time_ns % EQUITY_STEP_NS == 0 for time_ns in samples[:-1])


def test_a_home_without_a_run_has_no_status(tmp_path: Path) -> None:
    assert status_of_home(tmp_path, "nothing runs") is None


def test_rows_of_another_journal_make_room_and_of_the_same_go_on(tmp_path: Path) -> None:
    run_virtually(paper(tmp_path, 30, lambda desk: None))
    with closing(open_records(tmp_path / "journal")) as records:
        records.write("core of other", 10**9, [BalanceRow(10**9, "gone", "USD", 1, "1")])
        count = len(records.rows(EquityRow))
        state = State()
        state.open_account("paper", "USDT", 0)
        state.sequence = 10**9
        rows = CoreRows(state)
        rows.take_last()
        with closing(read_journal(tmp_path / "journal")) as journal:
            name = journal.journal_id
        CoreWriter(rows, name, 10**9, records).write()
        assert len(records.rows(EquityRow)) == count + 1
        rows.take_last()
        CoreWriter(rows, "another", 10**9, records).write()
        assert [row.account for row in records.rows(BalanceRow)] == ["paper"]
        assert len(records.rows(EquityRow)) == 1


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

    monkeypatch.setattr(journals.sqlite, "open_journal", open_torn)
    with caplog.at_level(logging.WARNING):
        run_virtually(paper(tmp_path, 1, lambda desk: None))
    assert "journal_tail_dropped bytes=17" in caplog.messages
