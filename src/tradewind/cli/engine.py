"""How commands reach a running engine: its home, its control socket, who asks."""

from __future__ import annotations

import argparse
import getpass
import shutil
from pathlib import Path

from tradewind.cli.output import add_json_option
from tradewind.wiring.settings import find_home

OUTPUT_WIDTH = 160
"""Of tables that go to a file or a pipe."""


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Give a command the options `--home` and `--json`."""
    parser.add_argument("--home", metavar="FOLDER", help="default: TRADEWIND_HOME")
    add_json_option(parser)


def home_of(arguments: argparse.Namespace) -> Path:
    """Return the home that the command line or the settings name."""
    return find_home({"home": arguments.home} if arguments.home else {})


def person() -> str:
    """Return the name of who typed the command, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def output_width() -> int:
    """Return the width of the terminal."""
    return shutil.get_terminal_size((OUTPUT_WIDTH, 24)).columns
