"""`tradewind ledger` and `report`: the books of a run, beside what its status says."""

from __future__ import annotations

import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.adapters.files.test_ledger_export import bean_check
from tests.analysis.test_ledger import assert_same
from tests.cli.run_commands import Cli
from tests.cli.test_verify import run_the_platform
from tradewind.adapters.sqlite.journal import open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.run_ledger import ledger_of_journal
from tradewind.runtime.segments import FileSegments


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which something was traded."""
    folder = tmp_path_factory.mktemp("books") / "home"
    for _ in range(9):  # until there is something to tell
        run_the_platform(folder)
        if "fill" in kinds_of(folder):
            break
    return folder


def kinds_of(home: Path) -> set[str]:
    """The kinds of entries in a home's ledger."""
    with closing(read_journal(home / "journal")) as journal:
        return {entry.kind for entry in ledger_of_journal(journal).entries}


def test_the_books_of_a_run_balance_and_hold_what_the_core_holds(cli: Cli, home: Path) -> None:
    answer = cli.json("report", "statement", "--home", home)
    assert answer["sequence"] > 10
    by_currency: dict[str, Decimal] = {}
    for line in answer["trial_balance"]:
        side = Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0)
        by_currency[line["currency"]] = by_currency.get(line["currency"], Decimal(0)) + side
    assert set(by_currency.values()) == {Decimal(0)}
    with (
        closing(read_journal(home / "journal")) as journal,
        closing(Recorder(FileSegments(home / "market"))) as recorder,
    ):
        state = recover(journal, recorder, before=1).state
        assert_same(ledger_of_journal(journal), state)


def test_a_statement_at_a_sequence_knows_nothing_of_later_entries(cli: Cli, home: Path) -> None:
    everything = cli.json("ledger", "--home", home, "--limit", "1000")["postings"]
    middle = everything[0]["sequence"]
    before = cli.json("ledger", "--home", home, "--limit", "1000", "--until", middle)["postings"]
    assert before == [row for row in everything if row["sequence"] <= middle]
    assert len(before) < len(everything)


def test_the_books_are_written_as_beancount_takes_them(
    cli: Cli, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "books.beancount"
    answer = cli.json("ledger", "--home", home, "--output", path)
    assert answer["entries"] > 1
    done = bean_check(path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_books_are_shown_as_tables(cli: Cli, home: Path) -> None:
    code, out, _ = cli.run("report", "statement", "--home", home)
    assert code == 0
    assert "trial balance" in out
    code, out, _ = cli.run("ledger", "--home", home)
    assert code == 0
    assert "capital" in out


def test_the_costs_of_a_run_are_told_for_each_order_and_in_total(cli: Cli, home: Path) -> None:
    answer = cli.json("report", "tca", "--home", home)
    filled = [cost for cost in answer["orders"] if Decimal(cost["filled_quantity"])]
    assert filled
    for cost in filled:
        parts = Decimal(cost["spread_paid"]) + Decimal(cost["timing"])
        assert abs(parts - Decimal(cost["slippage"])) <= Decimal("0.00000002")
        assert cost["tick_to_decision_ns"] >= 0
        assert cost["decision_to_send_ns"] > 0
        ways = cost["tick_to_decision_ns"] + cost["decision_to_send_ns"]
        assert cost["tick_to_send_ns"] == ways
        assert cost["send_to_ack_ns"] > 0
        assert cost["ack_to_fill_ns"] >= 0
    (total,) = answer["totals"]
    fees = sum(Decimal(cost["fees"]) for cost in filled)
    assert Decimal(total["fees"]) == fees > 0
    books = cli.json("report", "statement", "--home", home)["trial_balance"]
    assert [Decimal(line["debit"]) for line in books if line["kind"] == "fees"] == [fees]
    assert {one["part"] for one in answer["latency"]} >= {
        "tick_to_decision",
        "decision_to_send",
        "send_to_ack",
        "ack_to_fill",
    }
    none = cli.json("report", "tca", "--home", home, "--timerange", "20200101-20200102")
    assert none == {"orders": [], "totals": [], "latency": []}
    code, out, _ = cli.run("report", "tca", "--home", home, "--orders", "2")
    assert code == 0
    assert "orders, the last 2" in out


def test_lots_are_told_by_their_method(cli: Cli, home: Path) -> None:
    answer = cli.json("report", "lots", "--method", "hifo", "--home", home)
    assert answer["method"] == "hifo"
    assert all(Decimal(lot["realized"]) is not None for lot in answer["lots"])
    code, out, _ = cli.run("report", "lots", "--home", home)
    assert code == 0
    assert out


def test_what_cannot_be_shown_is_told_in_a_sentence(cli: Cli, home: Path, tmp_path: Path) -> None:
    code, _, err = cli.run("ledger", "--home", tmp_path / "empty")
    assert code == 2
    assert "has no journal yet" in err
    code, _, err = cli.run("ledger", "--home", home, "--until", "-1")
    assert code == 2
    assert "--until -1 is no sequence" in err
    code, _, err = cli.run("report", "statement", "--home", home, "--until", "99999999")
    assert code == 2
    assert "--until 99999999 is not reached yet: the journal ends at " in err


def test_a_pruned_journal_begins_with_the_balances_of_its_snapshot(
    cli: Cli, home: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(home, tmp_path / "pruned")
    whole = cli.json("report", "statement", "--home", copy)
    run_the_platform(copy)
    run_the_platform(copy)
    longer = cli.json("report", "statement", "--home", copy)
    journal = open_journal(copy / "journal")
    journal.prune(journal.last_sequence)
    first = journal.first_sequence
    journal.close()
    assert first > 1
    pruned = cli.json("report", "statement", "--home", copy)
    assert pruned["trial_balance"] == longer["trial_balance"]
    assert pruned["sequence"] == longer["sequence"] > whole["sequence"]
