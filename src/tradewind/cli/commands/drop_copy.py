"""`tradewind drop-copy`: holds a venue's orders and executions against the journal."""

from __future__ import annotations

import argparse
import asyncio

from tradewind.cli.guard_options import add_guard_options, guard_settings_of, log_to_stderr
from tradewind.cli.output import note
from tradewind.wiring import guard_settings
from tradewind.wiring.guards import compare_with_venue

EXAMPLE = "tradewind drop-copy --interval 10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `drop-copy`."""
    add_guard_options(parser)
    parser.add_argument(
        "--interval", metavar="SECONDS", help="between two looks; default: DROP_COPY_INTERVAL_S"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare until stopped; 0."""
    given = {guard_settings.DROP_COPY_INTERVAL.name: arguments.interval}
    settings = guard_settings_of(arguments, given)
    log_to_stderr()
    interval_s = settings[guard_settings.DROP_COPY_INTERVAL]
    said = f"comparing venue and journal every {interval_s} s; a break halts the venue"
    asyncio.run(compare_with_venue(settings, on_ready=lambda: note(said)))
    return 0
