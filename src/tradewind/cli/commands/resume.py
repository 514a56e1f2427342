"""`tradewind resume`: lifts a halt, with a typed confirmation, and removes the HALT file."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of, person
from tradewind.cli.output import print_answer
from tradewind.model.errors import UserError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import CONFIRMATION, ResumeRequest, check_scope

EXAMPLE = f"tradewind resume --confirm {CONFIRMATION}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `resume`."""
    parser.add_argument("--scope", default="all", help="the scope that was halted; default: all")
    parser.add_argument(
        "--confirm", metavar=CONFIRMATION, default="", help="type this word to confirm"
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lift the halt; 0 once that is durable."""
    if arguments.confirm != CONFIRMATION:
        raise UserError(f"add --confirm {CONFIRMATION} to let trading go on")
    request = ResumeRequest(check_scope(arguments.scope), person(), arguments.confirm)
    done = ask(home_of(arguments), request)
    print_answer({"resumed": request.scope, **done}, arguments)
    return 0
