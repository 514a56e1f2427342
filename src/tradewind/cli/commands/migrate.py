"""`tradewind migrate`: brings the tables of the databases to the program's layout."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind migrate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `migrate`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--post",
        action="store_true",
        help="also take away what only older programs needed: when none of them runs any more",
    )
    which.add_argument(
        "--to", metavar="LAYOUT", help="go up or back to a layout, like 0004: back loses its tables"
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Bring each database there and say from where it came."""
    settings = load_settings({"home": str(home_of(arguments))})
    # Here and not above: the libraries of databases come with extras.
    from tradewind.adapters.sql.database import BEFORE_POST, HEAD
    from tradewind.wiring.databases import migrate_all

    target = arguments.to or (HEAD if arguments.post else BEFORE_POST)
    answer = {
        place: f"layout {after or 'none'}" + (f", was {before or 'none'}" * (before != after))
        for place, before, after in migrate_all(settings, target)
    }
    print_answer(answer, arguments)
    return EXIT_OK
