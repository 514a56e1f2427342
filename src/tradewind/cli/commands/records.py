"""`tradewind records`: moves all that is stored from this computer's files into PostgreSQL."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import note, print_answer
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind records move --to postgresql://tradewind@127.0.0.1:5432/tradewind"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `move`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    moving = actions.add_parser(
        "move", help="copy journal, records, users and audit trail, and compare both"
    )
    moving.add_argument("--to", required=True, metavar="URL", help="of the PostgreSQL to move to")
    moving.add_argument("--name", default="main", help="of the journal there; default: main")
    moving.set_defaults(action=move)
    add_engine_options(moving)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def move(arguments: argparse.Namespace) -> int:
    """Copy everything, compare it, and say which settings to change."""
    settings = load_settings({"home": str(home_of(arguments))})
    # Here and not above: the libraries of databases come with extras.
    from tradewind.wiring.databases import move_all

    moved = move_all(settings, arguments.to, arguments.name)
    print_answer(moved, arguments)
    note(
        f"now set JOURNAL_URL and DATABASE_URL to that address, JOURNAL_NAME to {arguments.name}; "
        "the files are as they were: put them away when the platform runs"
    )
    return EXIT_OK
