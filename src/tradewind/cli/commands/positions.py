"""`tradewind positions`: lists the positions of a running engine."""

from __future__ import annotations

import argparse
from pathlib import Path

from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.live_view import table_lines
from tradewind.cli.output import note, print_answer
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import PositionsRequest
from tradewind.runtime.read_models import PositionRow
from tradewind.wiring.stored import status_of_home

EXAMPLE = "tradewind positions --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `positions`."""
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the positions of all accounts."""
    rows = _positions(home_of(arguments))
    if arguments.json:
        print_answer({"positions": rows}, arguments)
    else:
        print("\n".join(table_lines("positions", rows, output_width())) if rows else "no positions")
    return 0


def _positions(home: Path) -> list[PositionRow]:
    """Ask the engine; where none runs, the records tell what it left, and a note says so."""
    try:
        rows: list[PositionRow] = ask(home, PositionsRequest())
    except EngineUnreachable as error:
        left = status_of_home(home, str(error))
        if left is None:
            raise
        note(f"{error}; these are the positions at sequence {left['sequence']}")
        return left["positions"]
    return rows
