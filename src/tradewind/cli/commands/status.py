"""`tradewind status`: an engine at a glance; exit code 3 while anything is halted."""

from __future__ import annotations

import argparse
from pathlib import Path

from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.live_view import render
from tradewind.cli.main import EXIT_FAILED, EXIT_HALTED, EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import StatusRequest
from tradewind.runtime.read_models import Status
from tradewind.wiring.stored import status_of_home

EXAMPLE = "tradewind status --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `status`."""
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the status; 0 when all is well, 1 when health is not, 3 when something is halted."""
    status = _status(home_of(arguments))
    if arguments.json:
        print_answer(status, arguments)
    else:
        print(render(status, output_width()))
    if status["halts"]:
        return EXIT_HALTED
    return EXIT_OK if status["health"]["ok"] else EXIT_FAILED


def _status(home: Path) -> Status:
    """Ask the engine; where none runs, the records tell what it left."""
    try:
        status: Status = ask(home, StatusRequest())
    except EngineUnreachable as error:
        left = status_of_home(home, str(error))
        if left is None:
            raise
        return left
    return status
