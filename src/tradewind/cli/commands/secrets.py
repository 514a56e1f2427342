"""`tradewind secrets`: changes this installation's own secrets, and seals everything again."""

from __future__ import annotations

import argparse
import getpass

from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import add_json_option, print_answer
from tradewind.wiring.rotation import PAIRS, rotate, seal_again
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind secrets rotate signing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `rotate` and `seal-again`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    rotating = actions.add_parser("rotate", help="a new secret; the old one stays good beside it")
    rotating.add_argument("which", choices=sorted(PAIRS), help="of tokens, or of what is encrypted")
    sealing = actions.add_parser(
        "seal-again", help="encrypt venue keys and second factors under the present key"
    )
    for action, answer in ((rotating, rotate_one), (sealing, seal)):
        action.set_defaults(action=answer)
        add_json_option(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def rotate_one(arguments: argparse.Namespace) -> int:
    """Make a new secret, and say what is to be done for it to count."""
    path = rotate(load_settings(), arguments.which, _actor())
    then = "kill -USR2 the running tradewind: nobody is logged out"
    if arguments.which == "encryption":
        then = f"run `tradewind secrets seal-again`, then {then}"
    print_answer({"new_secret_in": str(path), "then": then}, arguments)
    return EXIT_OK


def seal(arguments: argparse.Namespace) -> int:
    """Seal everything again, and say how much it was."""
    print_answer(seal_again(load_settings(), _actor()), arguments)
    return EXIT_OK


def _actor() -> str:
    return f"{getpass.getuser()} (command line)"
