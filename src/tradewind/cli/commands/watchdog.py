"""`tradewind watchdog`: pulls the kill switch with a key of its own when the engine hangs."""

from __future__ import annotations

import argparse
import asyncio

from tradewind.cli.guard_options import add_guard_options, guard_settings_of, log_to_stderr
from tradewind.cli.output import note
from tradewind.wiring import guard_settings
from tradewind.wiring.guards import watch_engine

EXAMPLE = "tradewind watchdog --after 10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `watchdog`."""
    add_guard_options(parser)
    parser.add_argument(
        "--after",
        metavar="SECONDS",
        help="how long an engine may stand still; default: WATCHDOG_AFTER_S",
    )


def run(arguments: argparse.Namespace) -> int:
    """Watch until stopped; 0."""
    settings = guard_settings_of(arguments, {guard_settings.WATCHDOG_AFTER.name: arguments.after})
    log_to_stderr()
    after_s = settings[guard_settings.WATCHDOG_AFTER]
    said = f"watching: when the engine stands still for {after_s} s, everything is canceled"
    asyncio.run(watch_engine(settings, on_ready=lambda: note(said)))
    return 0
