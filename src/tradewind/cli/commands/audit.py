"""`tradewind audit`: who did what through the gateway, whether the trail is whole, its export."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import msgspec

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import add_json_option, print_answer
from tradewind.ports.audit import first_break
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind audit verify"
SHOWN_MAX = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `verify` and `export`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the newest entries, newest first")
    listing.add_argument("--limit", type=int, default=50, help="default: 50, at most 1000")
    verifying = actions.add_parser("verify", help="exit code 1 where an entry was changed")
    exporting = actions.add_parser("export", help="every entry as one JSON object a line")
    for action, answer in ((listing, list_newest), (verifying, verify), (exporting, export)):
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
            row = msgspec.structs.asdict(entry) | {"link": entry.link.hex()}
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
    return EXIT_OK
