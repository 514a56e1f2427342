"""`tradewind orders`: lists the orders of a running engine, or cancels one."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.live_view import table_lines
from tradewind.cli.output import print_answer
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import CancelRequest, OpenOrdersRequest, OrdersRequest

EXAMPLE = "tradewind orders --open"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `orders`."""
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--open", action="store_true", help="only orders that still work")
    action.add_argument("--cancel", metavar="ID", help="cancel one order")
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the orders, newest first, or what became of the cancel."""
    home = home_of(arguments)
    if arguments.cancel:
        done = ask(home, CancelRequest(arguments.cancel))
        print_answer({"cancel_requested": arguments.cancel, **done}, arguments)
        return 0
    rows = (
        ask(home, OpenOrdersRequest())["orders"] if arguments.open else ask(home, OrdersRequest())
    )
    if arguments.json:
        print_answer({"orders": rows}, arguments)
    else:
        print("\n".join(table_lines("orders", rows, output_width())) if rows else "no orders")
    return 0
