"""What the commands of guards share: their options, their settings, their log."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping

from tradewind.cli.engine import home_of
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings, load_settings


def add_guard_options(parser: argparse.ArgumentParser) -> None:
    """Give a command `--home` and `--venue`."""
    parser.add_argument("--home", metavar="FOLDER", help="of the run; default: TRADEWIND_HOME")
    parser.add_argument("--venue", metavar="VENUE", help="of the run; default: TRADEWIND_VENUE")


def guard_settings_of(arguments: argparse.Namespace, flags: Mapping[str, str | None]) -> Settings:
    """The settings of the run that is guarded, with what the command line says."""
    given = {catalog.HOME.name: str(home_of(arguments)), catalog.VENUE.name: arguments.venue}
    given |= dict(flags)
    return load_settings({name: text for name, text in given.items() if text is not None})


def log_to_stderr() -> None:
    """Log to the standard error, which a service manager keeps."""
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(format=form, level="INFO")
