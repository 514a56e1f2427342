"""`tradewind positions`: lists the positions of a running engine."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.live_view import table_lines
from tradewind.cli.output import print_answer
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import PositionsRequest

EXAMPLE = "tradewind positions --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `positions`."""
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the positions of all accounts."""
    rows = ask(home_of(arguments), PositionsRequest())
    if arguments.json:
        print_answer({"positions": rows}, arguments)
    else:
        print("\n".join(table_lines("positions", rows, output_width())) if rows else "no positions")
    return 0
