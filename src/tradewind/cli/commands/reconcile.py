"""`tradewind reconcile`: on what we and a venue differ, and taking the venue's word for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from tradewind.cli.engine import add_engine_options, home_of, output_width, person
from tradewind.cli.output import note, print_answer
from tradewind.cli.table import as_table
from tradewind.model.errors import UserError
from tradewind.runtime.acceptance import halting, seen_of
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import CONFIRMATION, ReconcileRequest, StatusRequest

EXAMPLE = 'tradewind reconcile accept --venue BINANCE --reason "withdrew 500 USDT"'
COLUMNS = {
    "venue": "VENUE",
    "kind": "KIND",
    "subject": "SUBJECT",
    "ours": "WE SAY",
    "theirs": "VENUE SAYS",
    "rule": "RULE",
    "reason": "REASON",
}
DEADLINE_S = 120.0
"""A difference must be seen twice with a pause in between, and the venue may be slow."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `reconcile`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    showing = actions.add_parser("show", help="on what we and the venues differ")
    showing.set_defaults(action=show)
    accepting = actions.add_parser("accept", help="take the venue's word on what halted it")
    accepting.add_argument("--venue", required=True, help="as `show` names it, like BINANCE")
    accepting.add_argument("--reason", required=True, help="what the journal shall say")
    accepting.add_argument(
        "--subject", help="only this one, as `show` names it; without it all that halted the venue"
    )
    accepting.set_defaults(action=accept)
    for action in (showing, accepting):
        add_engine_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0 once it is durable."""
    arguments.action(arguments)
    return 0


def show(arguments: argparse.Namespace) -> None:
    """Print every difference of the last look."""
    rows = ask(home_of(arguments), StatusRequest())["differences"]
    _print(rows, arguments, "nothing differs")


def accept(arguments: argparse.Namespace) -> None:
    """Take the venue's word on what `show` shows now."""
    home = home_of(arguments)
    rows = halting(ask(home, StatusRequest())["differences"], arguments.venue)
    seen = seen_of(row for row in rows if arguments.subject in (None, row["subject"]))
    if not seen:
        what = f" of {arguments.subject}" if arguments.subject else ""
        raise UserError(
            f"no difference{what} halts {arguments.venue}: see `tradewind reconcile show`"
        )
    request = ReconcileRequest(arguments.venue, seen, arguments.reason, person())
    found = ask(home, request, deadline_s=DEADLINE_S)["differences"]
    _print([row for row in found if row["kind"].startswith("accepted_")], arguments, "")
    if not arguments.json:
        note(
            f"trading goes on with: tradewind resume --scope venue:{arguments.venue} "
            f"--confirm {CONFIRMATION}"
        )


def _print(rows: Iterable[dict[str, Any]], arguments: argparse.Namespace, nothing: str) -> None:
    found = list(rows)
    if arguments.json:
        print_answer({"differences": found}, arguments)
    elif not found:
        print(nothing)
    else:
        print("\n".join(as_table(found, COLUMNS, output_width())))
