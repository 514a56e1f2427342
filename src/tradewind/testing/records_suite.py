"""What every store of records must do: inherit `RecordsSuite` and say how to make one."""

from __future__ import annotations

import msgspec
import pytest

from tradewind.ports.records import KEYS, BadTickRow, BalanceRow, DenialRow, EquityRow, Records, Row

VALUES: dict[object, object] = {int: 2**63 - 1, str: "‘é' \"", bytes: b"\x00\xff"}


def row_of(kind: type[Row], sequence: int = 1) -> Row:
    """A row with an awkward value in every field."""
    fields = msgspec.structs.fields(kind)[1:]
    return kind(sequence, *(VALUES[field.type] for field in fields))


def balance(sequence: int, cash: str = "1.000000", account: str = "paper") -> BalanceRow:
    """A row of which a newer one replaces an older one."""
    return BalanceRow(sequence, account, "USD", sequence, cash)


def sample(time_ns: int, account: str) -> EquityRow:
    """A sample of equity."""
    return EquityRow(1, account, time_ns, "USD", "1", "1", "0", "0")


class RecordsSuite:
    """Subclass it as `Test...` beside the adapter."""

    def new_records(self) -> Records:
        """An empty store, each time another."""
        raise NotImplementedError

    def test_a_new_store_is_empty(self) -> None:
        records = self.new_records()
        assert records.sequence("core") == 0
        assert [records.rows(kind) for kind in KEYS] == [[] for _ in KEYS]

    @pytest.mark.parametrize("kind", KEYS)
    def test_a_row_of_every_kind_comes_back_as_it_was(self, kind: type[Row]) -> None:
        records = self.new_records()
        records.write("core", 1, [row_of(kind)])
        assert records.rows(kind) == [row_of(kind)]

    def test_a_row_of_the_same_key_replaces_the_old_one(self) -> None:
        records = self.new_records()
        records.write("core", 1, [balance(1), balance(1, account="other")])
        records.write("core", 2, [balance(2, "2.000000")])
        assert [row.cash for row in records.rows(BalanceRow, {"account": "paper"})] == ["2.000000"]
        assert len(records.rows(BalanceRow)) == 2

    @pytest.mark.parametrize("sequence", [4, 5])
    def test_a_sequence_already_written_changes_nothing(self, sequence: int) -> None:
        records = self.new_records()
        records.write("core", 5, [balance(5)])
        records.write("core", sequence, [balance(sequence, "2.000000")])
        assert [row.cash for row in records.rows(BalanceRow)] == ["1.000000"]
        assert records.sequence("core") == 5
        records.write("core", 6, [balance(6, "3.000000")])
        assert [row.cash for row in records.rows(BalanceRow)] == ["3.000000"]

    def test_projections_count_apart(self) -> None:
        records = self.new_records()
        records.write("core", 5, [])
        records.write("orders", 3, [balance(3)])
        assert (records.sequence("core"), records.sequence("orders")) == (5, 3)
        assert len(records.rows(BalanceRow)) == 1

    def test_rows_come_with_the_last_changed_first_and_not_more_than_asked_for(self) -> None:
        records = self.new_records()
        for sequence in (1, 2, 3):
            records.write("core", sequence, [balance(sequence, account=f"a{sequence}")])
        records.write("core", 4, [balance(4, account="a1"), balance(4, account="a0")])
        accounts = [row.account for row in records.rows(BalanceRow)]
        assert accounts == ["a0", "a1", "a3", "a2"]
        assert [row.account for row in records.rows(BalanceRow, limit=3)] == accounts[:3]

    def test_a_page_begins_where_the_last_one_ended(self) -> None:
        records = self.new_records()
        rows = [DenialRow(n, n, f"o{n}", "cross", "rule", "1", "0") for n in range(1, 8)]
        records.write("core", 7, rows)
        pages, before = [], 0
        while page := records.rows(DenialRow, {"rule": "rule"}, before=before, limit=3):
            pages.append([row.sequence for row in page])
            before = page[-1].sequence
        assert pages == [[7, 6, 5], [4, 3, 2], [1]]

    def test_rows_are_found_by_several_fields(self) -> None:
        records = self.new_records()
        rows = [DenialRow(n, n % 2, f"o{n % 3}", "cross", "rule", "1", "0") for n in range(1, 7)]
        records.write("core", 6, rows)
        found = records.rows(DenialRow, {"time_ns": 1, "order_id": "o2"})
        assert [row.sequence for row in found] == [5]

    def test_rows_are_found_by_many_keys_at_once(self) -> None:
        records = self.new_records()
        rows = [balance(1), balance(2, account="other"), balance(3, account="third")]
        records.write("a", 1, rows)
        keys = [("third", "USD"), ("paper", "USD"), ("paper", "EUR"), ("nobody", "USD")]
        found = records.rows_of(BalanceRow, keys)
        assert {row.account for row in found} == {"paper", "third"}
        assert len(found) == 2
        assert records.rows_of(BalanceRow, []) == []

    def test_clearing_empties_the_tables_of_one_projection(self) -> None:
        records = self.new_records()
        records.write("core", 5, [balance(5)])
        records.write("orders", 5, [BadTickRow(5, 1, "A.SIM", "zero", b"")])
        records.clear("orders", [BadTickRow])
        assert (records.sequence("core"), records.sequence("orders")) == (5, 0)
        assert (len(records.rows(BalanceRow)), len(records.rows(BadTickRow))) == (1, 0)
        records.write("orders", 1, [BadTickRow(1, 1, "A.SIM", "zero", b"")])
        assert len(records.rows(BadTickRow)) == 1

    def test_thinning_keeps_the_first_sample_of_each_step_before_a_time(self) -> None:
        records = self.new_records()
        times = [7, 13, 18, 20, 29, 31, 34]
        rows = [sample(time_ns, account) for account in ("a", "b") for time_ns in times]
        records.write("core", 1, rows)
        records.thin_equity(before_time_ns=31, step_ns=10)
        for account in ("a", "b"):
            found = records.rows(EquityRow, {"account": account})
            assert [row.time_ns for row in found] == [7, 13, 20, 31, 34]
        records.thin_equity(before_time_ns=0, step_ns=10)
        assert len(records.rows(EquityRow)) == 10

    @pytest.mark.parametrize("limit", [0, 100_001])
    def test_a_question_without_a_sensible_limit_is_refused(self, limit: int) -> None:
        with pytest.raises(AssertionError, match="is not from 1 to 100000"):
            self.new_records().rows(BalanceRow, limit=limit)

    def test_a_question_for_a_field_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(AssertionError, match="has no"):
            self.new_records().rows(BalanceRow, {"1 = 1 --": 1})
