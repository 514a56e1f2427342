"""`tradewind audit`: who did what through the gateway, whether the trail is whole, its export."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import add_json_option, print_answer
from tradewind.gateway.audit_retention import FOLDER, line_of, retire
from tradewind.model.errors import UserError
from tradewind.ports.audit import first_break
from tradewind.wiring import catalog
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind audit verify"
SHOWN_MAX = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `verify`, `export` and `retire`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the newest entries, newest first")
    listing.add_argument("--limit", type=int, default=50, help="default: 50, at most 1000")
    verifying = actions.add_parser("verify", help="exit code 1 where an entry was changed")
    exporting = actions.add_parser("export", help="every entry as one JSON object a line")
    retiring = actions.add_parser("retire", help="what is older goes to a file and out")
    retiring.add_argument("--days", type=int, help="default: AUDIT_RETENTION_DAYS")
    answers = (
        (listing, list_newest),
        (verifying, verify),
        (exporting, export),
        (retiring, retire_old),
    )
    for action, answer in answers:
        action.set_defaults(action=answer)
        add_json_option(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def list_newest(arguments: argparse.Namespace) -> int:
    """Print the newest entries."""
    limit = min(max(arguments.limit, 1), SHOWN_MAX)
    with security_database(load_settings()) as database:
        entries = SqlAudit(database).newest(before=0, limit=limit)
    rows = {
        str(entry.number): "  ".join(
            (
                datetime.fromtimestamp(entry.time_ns / 1e9, UTC).isoformat(" ", "seconds"),
                entry.actor,
                entry.action,
                entry.target,
                entry.outcome,
                entry.address,
            )
        )
        for entry in entries
    }
    print_answer(rows, arguments)
    return EXIT_OK


def verify(arguments: argparse.Namespace) -> int:
    """Print whether every entry is as it was written."""
    with security_database(load_settings()) as database:
        broken = first_break(SqlAudit(database))
    print_answer({"is_whole": broken == 0, "first_break": broken}, arguments)
    return EXIT_FAILED if broken else EXIT_OK


def export(arguments: argparse.Namespace) -> int:
    """Write every entry to stdout, a line each."""
    with security_database(load_settings()) as database:
        for entry in SqlAudit(database).entries():
            sys.stdout.write(line_of(entry).decode())
    return EXIT_OK


def retire_old(arguments: argparse.Namespace) -> int:
    """Take out what is older than the policy, once it is safe in a file."""
    settings = load_settings()
    days = settings[catalog.AUDIT_DAYS] if arguments.days is None else arguments.days
    if days < 1:
        raise UserError("the policy keeps all: set AUDIT_RETENTION_DAYS or give --days")
    home = settings[catalog.HOME]
    with security_database(settings) as database:
        count = retire(SqlAudit(database), home, days=days, now_ns=time.time_ns())
    print_answer({"retired": count, "folder": str(home / FOLDER)}, arguments)
    return EXIT_OK
