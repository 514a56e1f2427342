"""`tradewind report`: what a home's journal tells: statements, transaction costs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from tradewind.analysis.ledger_lots import lot_rows, lots_of_ledger
from tradewind.analysis.lots import Method
from tradewind.analysis.statement import statement
from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.output import print_answer
from tradewind.cli.stored_journal import add_until, stored_costs, stored_ledger
from tradewind.cli.table import as_table
from tradewind.model.timeframes import timerange_ns

EXAMPLE = "tradewind report statement --until 12000"

FOR_EVER_NS = 2**62
SHOWN_COSTS = (
    "order_id",
    "side",
    "filled_quantity",
    "instrument",
    "arrival_price",
    "average_price",
    "slippage_bps",
    "vwap_slippage_bps",
    "spread_paid",
    "timing",
    "fees",
    "shortfall_bps",
    "send_to_fill_ns",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the reports."""
    reports = parser.add_subparsers(metavar="REPORT", required=True)
    books = reports.add_parser("statement", help="trial balance, positions, results by strategy")
    add_until(books)
    add_engine_options(books)
    books.set_defaults(report=print_statement)
    lots = reports.add_parser("lots", help="what was realized, lot by lot")
    lots.add_argument(
        "--method",
        choices=[method.value for method in Method],
        default=Method.FIFO.value,
        help="which lot is closed first: first in, last in, highest cost; default: fifo",
    )
    add_until(lots)
    add_engine_options(lots)
    lots.set_defaults(report=print_lots)
    costs = reports.add_parser("tca", help="transaction costs of each order and in total")
    costs.add_argument("--timerange", help="of decisions, like 20240101-20240201; default: all")
    costs.add_argument("--orders", type=int, default=20, metavar="N", help="shown; default: 20")
    add_until(costs)
    add_engine_options(costs)
    costs.set_defaults(report=print_costs)


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


def print_lots(arguments: argparse.Namespace) -> int:
    """Print the closed lots."""
    ledger = stored_ledger(home_of(arguments), arguments.until)
    rows = lot_rows(lots_of_ledger(ledger, Method(arguments.method)))
    if arguments.json:
        print_answer({"method": arguments.method, "lots": rows}, arguments)
    else:
        print("\n".join(lines_of(rows)))
    return 0


def print_costs(arguments: argparse.Namespace) -> int:
    """Print what executing the orders cost."""
    first_ns, last_ns = timerange_ns(arguments.timerange) if arguments.timerange else (None, None)
    home, until = home_of(arguments), arguments.until
    found = stored_costs(home, until, first_ns or 0, last_ns or FOR_EVER_NS)
    answer: dict[str, Any] = msgspec.to_builtins(found)
    if arguments.json:
        print_answer(answer, arguments)
        return 0
    shown = [
        {name: row[name] for name in SHOWN_COSTS} for row in answer["orders"][-arguments.orders :]
    ]
    print("\n".join([f"orders, the last {len(shown)}", *lines_of(shown)]))
    for name in ("totals", "latency"):
        print("\n".join(["", name, *lines_of(answer[name])]))
    return 0


def lines_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Rows as a table, or that there are none."""
    if not rows:
        return ["none"]
    headings = {name: name.replace("_", " ").upper() for name in rows[0]}
    return as_table(rows, headings, output_width())
