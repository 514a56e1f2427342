"""`tradewind ledger`: the double-entry books of a home, shown or written to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tradewind.adapters.files.ledger_export import export_ledger
from tradewind.analysis.ledger import Ledger
from tradewind.analysis.ledger_rows import COLUMNS, posting_rows
from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.output import print_answer
from tradewind.cli.stored_journal import add_until, stored_ledger
from tradewind.cli.table import as_table

EXAMPLE = "tradewind ledger --output books.beancount"
SHOWN_MAX = 1_000
HEADINGS = {
    "sequence": "SEQUENCE",
    "kind": "KIND",
    "ledger_account": "LEDGER",
    "amount": "AMOUNT",
    "currency": "CURRENCY",
    "account": "ACCOUNT",
    "strategy": "STRATEGY",
    "instrument": "INSTRUMENT",
    "quantity": "QUANTITY",
    "price": "PRICE",
    "reference": "REFERENCE",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ledger`."""
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="write all entries to a .csv, .parquet or .beancount file instead of showing them",
    )
    parser.add_argument(
        "--limit", type=int, default=50, metavar="N", help="entries to show; default: 50, the last"
    )
    add_until(parser)
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the last entries, or write all of them."""
    ledger = stored_ledger(home_of(arguments), arguments.until)
    if arguments.output is not None:
        count = export_ledger(ledger, arguments.output)
        print_answer({"file": str(arguments.output), "entries": count}, arguments)
    elif arguments.json:
        print_answer({"sequence": ledger.sequence, "postings": shown(ledger, arguments)}, arguments)
    else:
        rows = shown(ledger, arguments)
        print("\n".join(as_table(rows, HEADINGS, output_width())) if rows else "no entries")
    return 0


def shown(ledger: Ledger, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The postings of the last entries."""
    count = min(max(arguments.limit, 1), SHOWN_MAX)
    rows = posting_rows(ledger.entries[-count:], ledger)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
