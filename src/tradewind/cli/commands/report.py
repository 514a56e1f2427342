"""`tradewind report`: what a home's journal tells: statements."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from tradewind.analysis.statement import statement
from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.output import print_answer
from tradewind.cli.stored_journal import add_until, stored_ledger
from tradewind.cli.table import as_table

EXAMPLE = "tradewind report statement --until 12000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the reports."""
    reports = parser.add_subparsers(metavar="REPORT", required=True)
    books = reports.add_parser("statement", help="trial balance, positions, results by strategy")
    add_until(books)
    add_engine_options(books)
    books.set_defaults(report=print_statement)


def run(arguments: argparse.Namespace) -> int:
    """Print the report that was asked for."""
    return int(arguments.report(arguments))


def print_statement(arguments: argparse.Namespace) -> int:
    """Print what the books say at a sequence."""
    found = statement(stored_ledger(home_of(arguments), arguments.until))
    answer: dict[str, Any] = msgspec.to_builtins(found)
    if arguments.json:
        print_answer(answer, arguments)
        return 0
    print(f"at sequence {found.sequence}")
    for name in ("trial_balance", "positions", "results"):
        print("\n".join(["", name.replace("_", " "), *lines_of(answer[name])]))
    return 0


def lines_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Rows as a table, or that there are none."""
    if not rows:
        return ["none"]
    headings = {name: name.replace("_", " ").upper() for name in rows[0]}
    return as_table(rows, headings, output_width())
