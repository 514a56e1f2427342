"""Ledgers in files: exact in CSV and Parquet, and `bean-check` accepts what is Beancount's."""

from __future__ import annotations

import csv
import subprocess
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import tradewind as tw
from tests.sim.test_clearing import GOOG, Want, bars, flat
from tests.venue.judges.judge import foreign_python
from tradewind.adapters.files.ledger_export import export_ledger
from tradewind.analysis.ledger import Ledger
from tradewind.analysis.statement import is_balanced, statement
from tradewind.model import messages as m
from tradewind.model.errors import UserError

BEANCOUNT = "beancount==3.2.3"
"""GPL: a tool in an environment of its own, never imported."""


def busy_ledger() -> Ledger:
    """Fills with fees, a split with cash in lieu, dividends, interest, money in two currencies."""
    clearing = tw.Clearing(
        terms=tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25"),
        charges=[tw.charges.interest(debit="0.05", credit="0.02"), tw.charges.borrow("0.1")],
        actions=[
            tw.actions.split(GOOG.id, "1970-01-03", 3, 2),
            tw.actions.dividend(GOOG.id, "1970-01-04", "0.123456789"),
            m.CashConverted(4 * 86_400 * 10**9, "main", "USD", 110, "EUR", 100, 'a "note"'),
            m.CashDeposited(4 * 86_400 * 10**9, "main", "USD", -5),
            m.CashPosted(4 * 86_400 * 10**9, "main", "BNB", -7, "fee"),
        ],
        rates={"EUR": "1.1"},
    )
    rows = [flat(100), flat(101), flat(67), flat(68), flat(66), (50, 50, 20, 20)]
    result = tw.backtest(
        [Want("7"), Want("-2"), Want("12")],
        data=[bars(GOOG, rows)],
        cash="1000",
        fees=tw.fees.percent("0.001"),
        clearing=clearing,
    )
    kinds = {entry.kind for entry in result.ledger.entries}
    assert kinds >= {"fill", "split", "dividend", "interest", "conversion", "liquidation", "fee"}
    return result.ledger


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(foreign_python(BEANCOUNT)).parent / "bean-check"
    return subprocess.run([program, path], capture_output=True, text=True, check=False)


def test_bean_check_accepts_the_books_and_refuses_changed_ones(tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    assert export_ledger(busy_ledger(), path) > 10
    done = bean_check(path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    lines = path.read_text().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if line.startswith("  Income:Main:Dividend"))
    account, amount, currency = lines[place].split()
    lines[place] = f"  {account}  {Decimal(amount) + 1} {currency}\n"
    path.write_text("".join(lines))
    changed = bean_check(path)
    assert changed.returncode != 0
    assert "does not balance" in changed.stdout + changed.stderr


def test_csv_and_parquet_hold_every_posting_exactly(tmp_path: Path) -> None:
    ledger = busy_ledger()
    export_ledger(ledger, tmp_path / "books.csv")
    export_ledger(ledger, tmp_path / "books.parquet")
    with (tmp_path / "books.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(entry.postings) for entry in ledger.entries)
    totals: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row["ledger_account"], row["currency"])
        totals[key] = totals.get(key, Decimal(0)) + Decimal(row["amount"])
    for (_, kind, currency), money in ledger.balances.items():
        digits = 8 if currency == "BNB" else 6
        assert totals[kind, currency] == Decimal(money).scaleb(-digits)
    path = str(tmp_path / "books.parquet")
    stored = duckdb.execute(
        "SELECT ledger_account, currency, sum(amount) FROM read_parquet(?) GROUP BY ALL", [path]
    ).fetchall()
    assert {(kind, currency): total for kind, currency, total in stored} == totals


def test_a_trial_balance_sums_to_zero_and_results_are_those_of_the_accounts() -> None:
    ledger = busy_ledger()
    assert is_balanced(ledger)
    found = statement(ledger)
    for currency in ("USD", "EUR", "BNB"):
        lines = [line for line in found.trial_balance if line.currency == currency]
        debits = sum(Decimal(line.debit or 0) for line in lines)
        assert debits == sum(Decimal(line.credit or 0) for line in lines) > 0
    made = sum(Decimal(line.amount) for line in found.results if line.currency == "USD")
    assert sum(Decimal(line.quantity) for line in found.positions) == 0  # liquidated, as a whole
    assets = sum(ledger.balance("main", kind, "USD") for kind in ("cash", "positions"))
    assert Decimal(assets).scaleb(-6) == 1000 + made - Decimal("0.000110") - Decimal("0.000005")


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none of the endings .csv, .parquet, .beancount"):
        export_ledger(Ledger(), tmp_path / "books.xls")
    with pytest.raises(UserError, match="name a file in a folder that exists"):
        export_ledger(Ledger(), tmp_path / "nowhere" / "books.csv")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_ledger_is_a_file_without_rows(tmp_path: Path) -> None:
    for name in ("books.csv", "books.parquet", "books.beancount"):
        assert export_ledger(Ledger(), tmp_path / name) == 0
    assert bean_check(tmp_path / "books.beancount").returncode == 0
